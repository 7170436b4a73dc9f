import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['lib', 'functions', 'client', 'cli', 'console', 'local', 'bench', 'scripts', 'test', 'docs', 'events'];

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
);
const code = files
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => readFileSync(join(ROOT, name), 'utf8'))
  .join('\n');
const docs = ['README.md', 'CONTRIBUTING.md', ...files.filter((name) => /^docs\/[^/]+\.md$/.test(name))].map(
  (name) => ({
    name,
    text: readFileSync(join(ROOT, name), 'utf8'),
  }),
);

/** Everything in a document that stands in backticks, on one line. */
function quoted({ text }: { text: string }): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
}

describe('the documents', () => {
  test('name no file that is not there', () => {
    const isPath = new RegExp(`^(?:${FOLDERS.join('|')})/[\\w./-]+\\.\\w+$`);
    const wrong = docs.flatMap((doc) =>
      quoted(doc)
        .filter((path) => isPath.test(path) && !files.includes(path))
        .map((path) => `${doc.name}: ${path}`),
    );
    expect(wrong).toEqual([]);
    expect(docs.flatMap(quoted).filter((path) => isPath.test(path)).length).toBeGreaterThan(60);
  });

  test("give a script's options after `--`, without which npm keeps them to itself", () => {
    const swallowed = /\bnpm (?:start|test|run [\w:-]+) (?!-- )--?\w\S*/g;
    expect(
      docs.flatMap(({ name, text }) => [...text.matchAll(swallowed)].map(([found]) => `${name}: ${found}`)),
    ).toEqual([]);
  });

  test('name no function and no test of the rules of reliability that is not there', () => {
    const reliability = docs.find(({ name }) => name === 'docs/reliability.md') ?? { name: '', text: '' };
    const functions = quoted(reliability).filter((name) => /^[a-z]+[A-Z]\w*$/.test(name));
    const titles = [...reliability.text.replace(/\s+/g, ' ').matchAll(/"([^"`]{15,160})"/g)].map(
      (match) => match[1]?.replace(/ …$/, '') ?? '',
    );
    const isThere = (text: string) => code.includes(text) || code.includes(text.replaceAll("'", "\\'"));
    expect([...functions, ...titles].filter((text) => !isThere(text))).toEqual([]);
    expect([functions.length, titles.length].every((count) => count > 10)).toBe(true);
  });
});
