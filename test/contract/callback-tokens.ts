import { expect, test } from 'vitest';
import { CALLBACK_TOKEN_KEPT_SECONDS } from '../../lib/base/retention.ts';
import { type CallbackRequest, callbackHash } from '../../lib/job/callbacks.ts';

interface CallbackTokens {
  keep(requests: readonly CallbackRequest[]): Promise<void>;
  read(hash: string): Promise<string | null>;
}

/** What every store of callbacks' tokens keeps to. */
export function callbackTokensContract(makeStore: (clock: () => number) => CallbackTokens): void {
  const aTask = (): CallbackRequest => ({ kind: 'stepfunctions', token: crypto.randomUUID() });

  test('a token is found by its hash, again and again, until its time is over', async () => {
    let nowMs = 1_800_000_000_000;
    const store = makeStore(() => nowMs);
    const task = aTask();
    const callback = { kind: 'durable', id: crypto.randomUUID().replaceAll('-', '/') } as const;
    expect(await store.read(callbackHash(task))).toBeNull();
    await store.keep([task, callback]);
    await store.keep([task]);
    expect(await store.read(callbackHash(task))).toBe(task.kind === 'stepfunctions' ? task.token : '');
    expect(await store.read(callbackHash(callback))).toBe(callback.id);
    nowMs += CALLBACK_TOKEN_KEPT_SECONDS * 1000;
    expect(await store.read(callbackHash(task))).toBeNull();
  });
}
