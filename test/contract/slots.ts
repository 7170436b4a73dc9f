import { expect, test } from 'vitest';
import type { SlotStore } from '../../lib/deliver/slots.ts';

/** What every store of slots keeps to. Tests share a store and use keys of their own. */
export function slotsContract(makeStore: () => SlotStore): void {
  const aKey = () => `robot#${crypto.randomUUID().slice(0, 8)}`;

  test('the first slot is now, the next ones follow at their distance', async () => {
    const [store, key] = [makeStore(), aKey()];
    const taken: number[] = [];
    for (const nowMs of [1000, 1001, 2000, 100_000, 100_001]) taken.push(await store.take(key, 4000, nowMs));
    expect(taken).toEqual([1000, 5000, 9000, 100_000, 104_000]);
  });

  test('taken at the same moment by many workers, no slot is taken twice', async () => {
    const [store, key] = [makeStore(), aKey()];
    const taken = await Promise.all(Array.from({ length: 20 }, () => store.take(key, 4000, 1000)));
    const wanted = Array.from({ length: 20 }, (_, at) => 1000 + at * 4000);
    expect([...taken].sort((a, b) => a - b)).toEqual(wanted);
  });

  test('one place does not slow another', async () => {
    const store = makeStore();
    expect(await store.take(aKey(), 4000, 1000)).toBe(1000);
    expect(await store.take(aKey(), 4000, 1000)).toBe(1000);
  });
}
