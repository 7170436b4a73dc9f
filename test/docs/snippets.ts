import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runs } from './where.ts';

/** What documents show as code, and what of it is a command. */

export const ROOT = join(import.meta.dirname, '../..');

export interface Snippet {
  /** `docs/cli.md:12`. */
  readonly place: string;
  /** As the fence says, or as its first line shows. */
  readonly language: string;
  readonly text: string;
}

export interface Command {
  readonly place: string;
  readonly text: string;
  /** In a `$` session, whose next lines show what it printed. */
  readonly isSession: boolean;
}

export const DOCUMENTS: readonly string[] = [
  ...['README.md', 'CONTRIBUTING.md', 'action/README.md', 'examples/README.md'],
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.startsWith('adr'))
    .map((name) => `docs/${name}`),
];

const FIRST_WORD =
  /^(?:[A-Z_]+=\S+ )*(?:jobwatch|npm|npx|node|python3|go|curl|aws|aliyun|hcloud|tccli|doctl|export|source|terraform|cd|git|alias|job=|post\(\)|\.\/)/;

export function snippetsOf(path: string): readonly Snippet[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  return [...text.matchAll(/^( *)```(.*)\n([\s\S]*?)^\1```/gm)].map(({ 2: given = '', 3: inner = '', index }) => ({
    place: `${path}:${text.slice(0, index).split('\n').length}`,
    language: given === '' ? languageOf(inner) : given,
    text: inner,
  }));
}

function languageOf(text: string): string {
  if (text.startsWith('$ ')) return 'console';
  if (/^(?:GET|POST|PATCH|DELETE) \/v1/.test(text)) return 'http';
  return FIRST_WORD.test(text) ? 'sh' : 'text';
}

/** The commands of a document in their order, each with its continuation lines. */
export function commandsOf(path: string): readonly Command[] {
  return snippetsOf(path).flatMap(({ place, language, text }): readonly Command[] => {
    if (language === 'console')
      return [...text.matchAll(/^\$ (.*(?:\\\n.*)*)$/gm)].map(([, line = '']) => ({
        place,
        text: line,
        isSession: true,
      }));
    if (language !== 'sh') return [];
    return joined(text).map((line) => ({ place, text: line, isSession: false }));
  });
}

/** A command goes on behind `\` at the end of a line. Comments of their own lines are none. */
function joined(text: string): readonly string[] {
  return (text.match(/(?:.*\\\n)*.*\n/g) ?? [])
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
}

/** Those that the local system can play, and the others by the reason why it can't. */
export function sorted(commands: readonly Command[]): {
  readonly played: readonly Command[];
  readonly others: ReadonlyMap<string, readonly Command[]>;
} {
  const groups = Map.groupBy(commands, ({ text }) => runs(text) ?? 'played');
  const played = groups.get('played') ?? [];
  groups.delete('played');
  return { played, others: groups };
}
