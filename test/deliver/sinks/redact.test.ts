import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redact } from '../../../lib/deliver/sinks/redact.ts';

/** Goal: what an endpoint repeats of a secret is found, however its library writes texts. */
const SECRET = 'Bearer ab/cd+ef&gh="ij\'==';
const hexOf = (character: string) => character.charCodeAt(0).toString(16).padStart(2, '0');
const all = (form: (character: string) => string) => (text: string) => [...text].map(form).join('');
const LIBRARIES: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'JSON of JavaScript': (text) => JSON.stringify({ text }),
  'JSON of PHP, which escapes slashes': (text) => JSON.stringify({ text }).replaceAll('/', '\\/'),
  'JSON of .NET, which escapes + and quotes': (text) =>
    JSON.stringify({ text }).replace(/[+&'=]|\\"/g, (one) => `\\u00${hexOf(one.slice(-1)).toUpperCase()}`),
  'JSON of Go, which escapes &': (text) => JSON.stringify({ text }).replaceAll('&', '\\u0026'),
  'a query': (text) => encodeURIComponent(text),
  'a query in lower case': (text) => encodeURIComponent(text).replace(/%../g, (one) => one.toLowerCase()),
  'a query in a query': (text) => encodeURIComponent(encodeURIComponent(text)),
  HTML: (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  'XML in hexadecimal': all((character) => `&#x${hexOf(character)};`),
  'XML in decimal': all((character) => `&#${String(character.charCodeAt(0))};`),
};

describe('a secret', () => {
  test.each(Object.keys(LIBRARIES))('in %s is taken out', (name) => {
    const said = `you sent "${LIBRARIES[name]?.(SECRET)}", twice: ${LIBRARIES[name]?.(SECRET)}.`;
    expect(redact(said, [SECRET])).toMatch(/^you sent "[{}"tex:]*…["}]*", twice: [{}"tex:]*…["}]*\.$/);
  });

  test('that is a part of a URL is found plain and encoded', () => {
    expect(redact('a%2Fbcd a%2fbcd a/bcd a\\/bcd', ['a%2Fbcd'])).toBe('… … … …');
  });

  test('of letters is found in any form, and what stands beside it stays to the letter', () => {
    const plain = fc.string({ unit: fc.constantFrom('x', ' ', 'é', '界', '\\', '%', '&', '"', '…'), maxLength: 20 });
    const secret = fc.string({ unit: fc.constantFrom('S', 'T', '1', '/', '+'), minLength: 4, maxLength: 12 });
    const form = fc.constantFrom(...Object.values(LIBRARIES).slice(5));
    fc.assert(
      fc.property(plain, plain, secret, form, (before, after, token, write) => {
        expect(redact(`${before}x${write(token)}x${after}`, [token])).toBe(`${before}x…x${after}`);
      }),
    );
  });
});
