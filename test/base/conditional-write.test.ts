import { expect, test } from 'vitest';
import { readChangeWrite } from '../../lib/base/conditional-write.ts';

/** A store in which others write before each of the first writes. */
function aStore(conflicts: number) {
  let stored = 0;
  let left = conflicts;
  return {
    read: async () => stored,
    write: async (read: number) => {
      if (left > 0) {
        left -= 1;
        stored += 10;
      }
      if (read !== stored) return 'conflict';
      stored = read + 1;
      return stored;
    },
  };
}

test.each([
  [0, 1],
  [2, 21],
])('after %i conflicts what is written goes on from what is stored then', async (conflicts, result) => {
  const { read, write } = aStore(conflicts);
  expect(await readChangeWrite(3, read, write)).toBe(result);
});

test('it gives up after so many tries, and says which try it is', async () => {
  const attempts: number[] = [];
  const write = async (_: number, attempt: number) => {
    attempts.push(attempt);
    return 'conflict' as const;
  };
  expect(await readChangeWrite(3, aStore(0).read, write)).toBe('conflict');
  expect(attempts).toEqual([1, 2, 3]);
});

test('what is decided without a write is an answer, and null is one too', async () => {
  expect(await readChangeWrite(3, aStore(0).read, async () => null)).toBeNull();
});
