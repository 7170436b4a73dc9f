import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DOC_COLUMNS, wrapProse } from '../../scripts/docs/wrap.ts';

const LONG = 'Words that fill a line of prose and go on. '.repeat(5).trim();

test('a paragraph with an overlong line is filled again, and the others stay as they are', () => {
  const text = `# ${LONG}\n\n${LONG}\nand one more\n\nshort\nlines\n`;
  const [heading, , first = '', ...others] = wrapProse(text).split('\n');
  expect(heading).toBe(`# ${LONG}`);
  expect(first.length).toBeGreaterThan(DOC_COLUMNS - 12);
  expect(others.slice(-4)).toEqual(['', 'short', 'lines', '']);
  expect(others.join(' ')).toContain('and go on. and one more');
});

test('an item of a list goes on below its first word', () => {
  const lines = wrapProse(`- ${LONG}\n- short`).split('\n');
  expect(lines.map((line) => line.slice(0, 3))).toEqual(['- W', '  a', '- s']);
});

test.each([
  ['a fence', '```\n', '\n```'],
  ['a table', '| ', ' |'],
  ['a link definition', '[a]: ', ''],
  ['generated text', '<!-- table -->\n', '\n<!-- /table -->'],
])('%s is left alone', (_, before, after) => {
  expect(wrapProse(before + LONG + after)).toBe(before + LONG + after);
});

test('code is not broken, and nothing becomes markup at the beginning of a line', () => {
  const word = fc.constantFrom('word', 'longer-words', '`code with spaces`', '-', '+', '1.', '2)', '#', '>', '[a](b)');
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 60 }), (words) => {
      const wrapped = wrapProse(`Begins ${words.join(' ')}`);
      expect(wrapped.replaceAll('\n', ' ')).toBe(`Begins ${words.join(' ')}`);
      const rest = wrapped.split('\n').slice(1);
      expect(rest.filter((line) => /^(?:[-+#>]|\d+[.)])(?: |$)/.test(line) || /^[^`]*`[^`]*$/.test(line))).toEqual([]);
      expect(wrapProse(wrapped)).toBe(wrapped);
    }),
  );
});
