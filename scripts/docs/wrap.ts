import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Columns of prose in documents: the same as in code. */
export const DOC_COLUMNS = 120;

/** Neither the README, whose lines are counted, nor lists of one line an entry, decision records, or generated pages. */
const GENERATED = new Set(['docs/events.md']);
const FILES = ['CONTRIBUTING.md', 'SECURITY.md', 'action/README.md', 'examples/README.md', 'docs/*.md'];

/** Headings, tables, pictures, comments, link definitions and rules stay on their own lines. */
const NOT_PROSE = /^\s*(?:$|#|\||!\[|<|---|\[[^\]]+\]: )/;
const FENCE = /^ *```/;
/** Generated text lies between `<!-- name -->` and `<!-- /name -->`. */
const GENERATED_PART = /^<!-- (\/?)\w+ -->$/;
const ITEM = /^\s*(?:[-*]|\d+\.) /;
/** Would be markup at the beginning of a line. */
const MARKUP = /^(?:[-+*>|#]|\d+[.)]$|<!--|---)/;

/** `text` with each paragraph that has an overlong line filled again; the others stay as they are. */
export function wrapProse(text: string, columns = DOC_COLUMNS): string {
  return paragraphsOf(text)
    .flatMap(({ lines, isProse }) =>
      isProse && lines.some((line) => line.length > columns) ? filled(lines, columns) : lines,
    )
    .join('\n');
}

interface Paragraph {
  readonly lines: string[];
  readonly isProse: boolean;
}

function paragraphsOf(text: string): readonly Paragraph[] {
  const found: Paragraph[] = [];
  let isFenced = false;
  let isGenerated = false;
  for (const line of text.split('\n')) {
    const isProse = !isFenced && !isGenerated && !FENCE.test(line) && !NOT_PROSE.test(line);
    if (FENCE.test(line)) isFenced = !isFenced;
    const mark = GENERATED_PART.exec(line);
    if (mark !== null) isGenerated = mark[1] === '';
    const last = found.at(-1);
    if (isProse && last?.isProse && !ITEM.test(line)) last.lines.push(line);
    else found.push({ lines: [line], isProse });
  }
  return found;
}

function filled(lines: readonly string[], columns: number): readonly string[] {
  const [first = ''] = lines;
  const indent = (ITEM.exec(first)?.[0] ?? /^\s*/.exec(first)?.[0] ?? '').replace(/\S/g, ' ');
  const [start = '', ...words] = wordsOf(lines.map((line, index) => (index === 0 ? line : line.trim())).join(' '));
  const result = [start];
  for (const word of words) {
    const line = result.at(-1) ?? '';
    if (line.length + 1 + word.length <= columns || MARKUP.test(word)) result[result.length - 1] = `${line} ${word}`;
    else result.push(indent + word);
  }
  return result;
}

/** Code in backticks is one word, since its spaces count; so is the marker of a list with its first word. */
function wordsOf(text: string): readonly string[] {
  const marker = ITEM.exec(text)?.[0] ?? /^\s*/.exec(text)?.[0] ?? '';
  const [first = '', ...others] = text.slice(marker.length).match(/(?:`[^`]*`|\S)+/g) ?? [];
  return [marker + first, ...others];
}

/** Wraps all documents below `root`. */
export function wrapDocs(root: string): void {
  for (const path of FILES.flatMap((pattern) => globSync(pattern, { cwd: root }))) {
    if (GENERATED.has(path)) continue;
    const text = readFileSync(join(root, path), 'utf8');
    const wrapped = wrapProse(text);
    if (wrapped !== text) writeFileSync(join(root, path), wrapped);
  }
}
