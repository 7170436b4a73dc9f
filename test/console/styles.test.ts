import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../console/styles');
const SHEETS = readdirSync(FOLDER).map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }));
const NOTE = readFileSync(join(import.meta.dirname, '../../docs/console-design.md'), 'utf8');

/** The declarations of these properties, over all sheets. */
function declared(property: RegExp): readonly { readonly at: string; readonly value: string }[] {
  const pattern = new RegExp(`(?<=[\\s{;])${property.source}:\\s*([^;]+);`, 'g');
  return SHEETS.flatMap(({ name, text }) =>
    [...text.matchAll(pattern)].map(([all, value = '']) => ({ at: `${name}: ${all}`, value })),
  );
}

test('text has the sizes of the design note', () => {
  const sizes = declared(/font-size/);
  expect(sizes.length).toBeGreaterThan(20);
  const ownRule = /^(var\(--(text-(small|body|large|title|figure)|mono-scale)\)|12px|[\d.]+%)$/;
  expect(sizes.filter(({ value }) => !ownRule.test(value)).map(({ at }) => at)).toEqual([]);
});

test('space has the steps of the design note', () => {
  const listed = /Steps of ([\d., and]+) rem/.exec(NOTE)?.[1] ?? '';
  const steps = new Set([...listed.matchAll(/\d+(?:\.\d+)?/g)].map(([step]) => Number(step)));
  expect(steps.size).toBeGreaterThan(5);
  const spaces = declared(/(?:(?:row-|column-)?gap|(?:margin|padding)(?:-\w+)?)/);
  expect(spaces.length).toBeGreaterThan(100);
  const odd = spaces.filter(({ value }) =>
    [...value.matchAll(/(\d*\.?\d+)rem/g)].some(([, step]) => Number(step) !== 0 && !steps.has(Number(step))),
  );
  expect(odd.map(({ at }) => at)).toEqual([]);
});

test('colors are named once, by what they mean', () => {
  const literal = /#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(/i;
  const others = SHEETS.filter(({ name }) => name !== 'tokens.css');
  const found = others.flatMap(({ name, text }) =>
    text.split('\n').flatMap((line) => (literal.test(line) ? [`${name}: ${line.trim()}`] : [])),
  );
  expect(found).toEqual(['parts.css: background: rgb(0 0 0 / 45%);']);
});
