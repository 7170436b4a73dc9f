import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { DOCUMENTS, ROOT } from './snippets.ts';

/** Goal: no link inside the project leads nowhere, and every page can be found. Method: files, and headings as GitHub makes anchors of them. */
const MORE = ['CHANGELOG.md', 'SECURITY.md', 'THIRD_PARTY.md', 'bench/RESULTS.md'];

interface Link {
  readonly from: string;
  readonly target: string;
}

function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8').replace(/^( *)```.*\n[\s\S]*?^\1```/gm, '');
}

function linksOf(from: string): readonly Link[] {
  const text = textOf(from).replace(/`[^`\n]*`/g, '');
  const found = [
    ...text.matchAll(/\]\(([^)\s]+)\)/g),
    ...text.matchAll(/^\[[^\]]+\]: (\S+)$/gm),
    ...text.matchAll(/(?:src|srcset|href)="([^"]+)"/g),
  ];
  return found.map(([, target = '']) => ({ from, target }));
}

/** https://github.com/gjtorikian/html-pipeline: lower case, no punctuation, spaces as `-`; a second one gets `-1`. */
function anchorsOf(path: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = [...textOf(path).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
    const plain = heading.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return new Set(anchors);
}

/** A page of GitHub beside the files (`../../actions/…`) is none of ours. */
function isInside({ target }: Link): boolean {
  return !/^(?:https?:|mailto:|\.\.\/\.\.\/actions\/)/.test(target);
}

function faultOf({ from, target }: Link): string | null {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : relative(ROOT, join(ROOT, dirname(from), path));
  if (!existsSync(join(ROOT, file))) return `${from}: ${target}: there is no such file`;
  if (anchor === undefined || statSync(join(ROOT, file)).isDirectory() || !file.endsWith('.md')) return null;
  return anchorsOf(file).has(anchor) ? null : `${from}: ${target}: there is no such heading`;
}

const links = [...DOCUMENTS, ...MORE].flatMap(linksOf);
const own = links.filter(isInside);

test(`${own.length} links inside the project lead to a file and a heading`, () => {
  expect(own.flatMap((link) => faultOf(link) ?? [])).toEqual([]);
  expect(own.length).toBeGreaterThan(150);
});

test('every reference in brackets is defined', () => {
  const undefinedOnes = DOCUMENTS.flatMap((path) => {
    const text = textOf(path).replace(/`[^`\n]*`/g, '');
    const defined = new Set([...text.matchAll(/^\[([^\]]+)\]:/gm)].map(([, name = '']) => name));
    const used = [...text.matchAll(/\]\[([\w-]+)\]/g)].map(([, name = '']) => name);
    return [...used.filter((name) => !defined.has(name)), ...[...defined].filter((name) => !used.includes(name))].map(
      (name) => `${path}: [${name}]`,
    );
  });
  expect(undefinedOnes).toEqual([]);
});

/** A group of the index, by the first words of its heading, as each of its pages names it below the title. */
const GROUPS = new Map([
  ['Learn', 'Tutorial'],
  ['Do', 'How-to guide'],
  ['Look up', 'Reference'],
  ['Understand', 'Explanation'],
]);

/** The pages of the index, as `<page>: <group>`. */
function grouped(): readonly string[] {
  const [, ...sections] = textOf('docs/README.md').split(/^## /m);
  return sections.flatMap((section) => {
    const group = GROUPS.get(section.slice(0, section.indexOf(':'))) ?? 'none';
    return [...section.matchAll(/^\| \[[^\]]+\]\(([\w-]+\.md)\)/gm)].map(([, page = '']) => `docs/${page}: ${group}`);
  });
}

test('every page is in the index once, and names its group and the index below its title', () => {
  const pages = DOCUMENTS.filter((path) => path.startsWith('docs/') && path !== 'docs/README.md');
  const named = pages.map((path) => {
    const [, group] = /^# .+\n\n\*([\w -]+) · \[all documentation\]\(README\.md\)\*\n\n/.exec(textOf(path)) ?? [];
    return `${path}: ${group}`;
  });
  expect(named.toSorted()).toEqual(grouped().toSorted());
});

test('the first screen is short', () => {
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n').length).toBeLessThan(120);
});
