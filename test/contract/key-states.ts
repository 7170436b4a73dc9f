import { expect, test } from 'vitest';
import { closed, opened } from '../../lib/admission/key-outcome.ts';
import { claimProbe } from '../../lib/admission/key-retry.ts';
import { unknownKeyState } from '../../lib/admission/key-state.ts';
import type { KeyStateStore } from '../../lib/admission/key-state-store.ts';
import { HUAWEI } from '../../lib/vendors/huawei/cloud.ts';
import { START_MS } from '../fakes/clock.ts';

const LEFT = { worker: { calls: 2, untilMs: START_MS + 10_000 } };

/** What every store of refusals keeps to. */
export function keyStatesContract(makeStore: () => KeyStateStore): void {
  test('the state of a key is unknown until it is written, and then read back', async () => {
    const store = makeStore();
    const id = `key#${crypto.randomUUID()}`;
    expect(await store.get(id)).toEqual(unknownKeyState(id));
    const use = { id, account: 'default', accountVersion: '1', lockRule: HUAWEI.key.lockRule, scope: 'here' };
    const key = { ...use, inFlightMax: 4, workers: 1 };
    const claim = claimProbe(unknownKeyState(id), key, START_MS, 13_000);
    const claimed = claim.kind === 'claim' ? claim.claimed : unknownKeyState(id);
    expect(claimed.doubts).toHaveLength(1);
    expect(await store.put(claimed)).toBe('saved');
    expect(await store.get(id)).toEqual({ ...claimed, version: 1 });
    const good = { markMs: null, refusals: 2, goodScopes: ['here', 'there'] };
    const proven = { ...closed({ ...claimed, version: 1 }, key, good, START_MS), leftUnderWay: LEFT };
    expect(proven.proven).toEqual({ default: '1' });
    expect(await store.put(proven)).toBe('saved');
    expect(await store.get(id)).toEqual({ ...proven, version: 2 });
    const refusal = { markMs: null, reason: 'bad signature', refusals: 2, goodScopes: ['there'] };
    const denied = opened({ ...proven, version: 2 }, key, refusal, START_MS);
    expect(await store.put(denied)).toBe('saved');
    expect(await store.get(id)).toEqual({ ...denied, version: 3 });
  });

  test('of two writes of one version the second fails', async () => {
    const store = makeStore();
    const fresh = unknownKeyState(`key#${crypto.randomUUID()}`);
    expect([await store.put(fresh), await store.put(fresh)]).toEqual(['saved', 'conflict']);
    expect(await store.put({ ...fresh, version: 1 })).toBe('saved');
  });
}
