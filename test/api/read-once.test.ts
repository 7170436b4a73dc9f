import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeReadOnce } from '../../lib/api/read-once.ts';

/** Records that are final at a version of 2; an odd one can't be read. */
function aWorld(readsMax: number, keptMax = 1000) {
  const versions = new Map<string, number>();
  const reads: string[][] = [];
  const odd = new Set<string>();
  const reader = makeReadOnce<number>({
    read: async (ids) => {
      reads.push([...ids]);
      return new Map(ids.filter((id) => !odd.has(id)).map((id) => [id, versions.get(id) ?? null]));
    },
    isFinal: (version) => version >= 2,
    readsMax,
    keptMax,
  });
  return { versions, reads, odd, reader };
}

test('what is final is read once, what may change each time, and what is gone is left out', async () => {
  const { versions, reads, reader } = aWorld(10);
  versions.set('a', 2).set('b', 1);
  expect(await reader.of(['a', 'b', 'none', 'a'])).toEqual({
    facts: new Map([
      ['a', 2],
      ['b', 1],
    ]),
    unread: 0,
    stale: 0,
  });
  versions.set('b', 2);
  expect((await reader.of(['a', 'b'])).facts.get('b')).toBe(2);
  await reader.of(['a', 'b']);
  expect(reads).toEqual([['a', 'b', 'none'], ['b'], []]);
});

test('too many are read in the order of the ids, call by call; then those that were read longest ago', async () => {
  const { versions, reads, reader } = aWorld(2);
  for (const id of ['a', 'b', 'c']) versions.set(id, 1);
  expect(await reader.of(['a', 'b', 'c'])).toMatchObject({ unread: 1 });
  expect(await reader.of(['a', 'b', 'c'])).toMatchObject({ unread: 0, stale: 1, facts: { size: 3 } });
  await reader.of(['a', 'b', 'c']);
  expect(reads).toEqual([
    ['a', 'b'],
    ['c', 'a'],
    ['b', 'a'],
  ]);
});

test('what could not be read is left over, and keeps the fact that was known', async () => {
  const { versions, odd, reader } = aWorld(10);
  versions.set('a', 1).set('b', 2);
  await reader.of(['a']);
  odd.add('a').add('b');
  expect(await reader.of(['a', 'b'])).toEqual({ facts: new Map([['a', 1]]), unread: 1, stale: 1 });
});

test('what is forgotten is read anew, and what nobody asks for any more is not kept above the limit', async () => {
  const { versions, reads, reader } = aWorld(10, 2);
  for (const id of ['a', 'b', 'c']) versions.set(id, 2);
  await reader.of(['a']);
  reader.forget(['a', 'none']);
  await reader.of(['a', 'b']);
  await reader.of(['c']);
  await reader.of(['a']);
  expect(reads).toEqual([['a'], ['a', 'b'], ['c'], ['a']]);
});

test('whatever changes in between, each call reads no more than it may, and the last ones know all', async () => {
  const ids = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { minLength: 1 });
  const steps = fc.array(fc.record({ ids, raised: ids }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (all, readsMax) => {
      const { versions, reads, reader } = aWorld(readsMax);
      for (const id of 'abcdefgh') versions.set(id, 0);
      for (const step of all) {
        for (const id of step.raised) versions.set(id, Math.min(2, (versions.get(id) ?? 0) + 1));
        await reader.of(step.ids);
      }
      for (const id of versions.keys()) versions.set(id, 2);
      const calls = Math.ceil(8 / readsMax) + 1;
      for (let call = 0; call < calls; call += 1) await reader.of([...'abcdefgh']);
      expect(await reader.of([...'abcdefgh'])).toEqual({ facts: versions, unread: 0, stale: 0 });
      expect(Math.max(...reads.map(({ length }) => length))).toBeLessThanOrEqual(readsMax);
      expect(reads.at(-1)).toEqual([]);
    }),
  );
});
