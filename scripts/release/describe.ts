import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Tables whose rows say what a setting does: the first cell names it, the last one tells. */
const TABLES = ['docs/settings.md', 'docs/aws.md'];

/** What the documents at `root` say of a setting, or of its variable, as plain text. */
export function readDescriptions(root: string): (name: string) => string | null {
  const rows = TABLES.flatMap((path) => readFileSync(join(root, path), 'utf8').split('\n'))
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.replace(/^\| | \|$/g, '').split(' | '));
  return (name) => {
    const row = rows.find(([first = '']) => first.includes(`\`${name}\``));
    return row === undefined ? null : plain(row.at(-1) ?? '');
  };
}

function plain(markdown: string): string {
  const text = markdown.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/\.\.$/, '.');
}
