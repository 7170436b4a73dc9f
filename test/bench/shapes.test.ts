import { describe, expect, it } from 'vitest';
import { OTHER_SHAPES, SHAPES } from '../../bench/delay/laws.ts';
import { costWithoutHistory, geometricMean } from '../../bench/delay/shapes.ts';

/** Goal: what the rule costs where nothing is known, against the fixed interval that hindsight would choose. */
describe('nothing known', () => {
  it.each([
    ['the twelve shapes', SHAPES, 1.1, 1.46],
    ['twelve others', OTHER_SHAPES, 1.28, 1.75],
  ] as const)('costs little more on %s than the best fixed interval', (_name, shapes, meanMost, worstMost) => {
    expect(shapes).toHaveLength(12);
    const ratios = shapes.map((kind) => costWithoutHistory(kind));
    expect(geometricMean(ratios)).toBeLessThan(meanMost);
    expect(Math.max(...ratios)).toBeLessThan(worstMost);
  });
});
