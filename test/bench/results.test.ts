import { describe, expect, it } from 'vitest';
import { placeBeside, stack } from '../../bench/delay/labels.ts';
import { readSections, writeSections } from '../../bench/results.ts';

describe('the file of results', () => {
  it('keeps the sections that a run leaves out', () => {
    const sections = new Map([
      ['A', 'one\n\n### inner\n\ntwo'],
      ['B', '| x |'],
    ]);
    const text = writeSections(['A', 'B'], sections);
    const read = readSections(text);
    expect(read).toEqual(sections);
    read.set('B', 'new');
    expect(writeSections(['A', 'B'], read)).toBe(text.replace('| x |', 'new'));
  });

  it('puts sections in the order of the benches and leaves out those that are no more', () => {
    const text = writeSections(
      ['B', 'A'],
      new Map([
        ['A', 'a'],
        ['gone', 'g'],
        ['B', 'b'],
      ]),
    );
    expect([...readSections(text).keys()]).toEqual(['B', 'A']);
  });
});

describe('the labels of a plot', () => {
  it('cover neither each other nor a point', () => {
    const points = [0, 4, 8, 12].map((y, index) => ({ name: `label ${index}`, x: 100 + index, y }));
    const tops = placeBeside(points).map(({ x, y, dx, dy, textAnchor }) => ({
      side: textAnchor,
      x: x + dx,
      at: y + dy,
    }));
    for (const [index, one] of tops.entries())
      for (const other of tops.slice(index + 1))
        expect(one.side !== other.side || Math.abs(one.at - other.at) >= 15).toBe(true);
  });

  it('stand one below the other within the frame', () => {
    const heights = stack(
      [5, 6, 7, 98].map((y) => ({ name: '', x: 0, y })),
      100,
    ).map(({ at }) => at);
    const sorted = heights.toSorted((a, b) => a - b);
    for (const [index, at] of sorted.slice(1).entries()) expect(at - (sorted[index] ?? 0)).toBeGreaterThanOrEqual(15);
    expect(sorted[0]).toBe(5);
    expect(sorted.at(-1)).toBeLessThanOrEqual(100);
  });
});
