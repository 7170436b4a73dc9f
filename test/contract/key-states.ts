import { expect, test } from 'vitest';
import { opened } from '../../lib/admission/key-outcome.ts';
import { unknownKeyState } from '../../lib/admission/key-state.ts';
import type { KeyStateStore } from '../../lib/admission/key-state-store.ts';
import { START_MS } from '../fakes/clock.ts';

/** What every store of refusals keeps to. */
export function keyStatesContract(makeStore: () => KeyStateStore): void {
  test('the state of a key is unknown until it is written, and then read back', async () => {
    const store = makeStore();
    const id = `key#${crypto.randomUUID()}`;
    expect(await store.get(id)).toEqual(unknownKeyState(id));
    const refusal = { account: 'default', accountVersion: null, reason: 'bad signature', refusals: 2 };
    const denied = opened(unknownKeyState(id), refusal, START_MS);
    expect(await store.put(denied)).toBe('saved');
    expect(await store.get(id)).toEqual({ ...denied, version: 1 });
  });

  test('of two writes of one version the second fails', async () => {
    const store = makeStore();
    const fresh = unknownKeyState(`key#${crypto.randomUUID()}`);
    expect([await store.put(fresh), await store.put(fresh)]).toEqual(['saved', 'conflict']);
    expect(await store.put({ ...fresh, version: 1 })).toBe('saved');
  });
}
