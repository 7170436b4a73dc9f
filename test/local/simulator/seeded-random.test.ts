import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeFaultBook, makeSeededRandom } from '../../../local/simulator/faults.ts';

test('chance with a seed gives the same faults again, in about the wished share', () => {
  fc.assert(
    fc.property(fc.nat(), fc.constantFrom(0.1, 0.5, 0.9), (seed, probability) => {
      const strikesOf = (): boolean[] => {
        const book = makeFaultBook(makeSeededRandom(seed));
        book.set({ kind: 'empty', afterSeconds: 0, probability }, 0);
        const target = { api: 'alibaba.nlb', action: 'GetJobStatus', key: '', jobIds: [] };
        return Array.from({ length: 400 }, () => book.pick(target, 0).replacement !== null);
      };
      const strikes = strikesOf();
      expect(strikesOf()).toEqual(strikes);
      expect(Math.abs(strikes.filter(Boolean).length / 400 - probability)).toBeLessThan(0.15);
    }),
    { numRuns: 30 },
  );
});
