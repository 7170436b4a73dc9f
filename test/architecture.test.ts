import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/**
 * The doors: which rooms a room may import, itself apart. A room is the longest of these folders that a file lies in; a
 * file of `lib`, `functions`, `local`, `client`, `cli`, `console`, `scripts` or `bench` that lies in none is an error.
 */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  'lib/base': [],
  'lib/job': ['lib/base'],
  'lib/events': ['lib/job', 'lib/base'],
  'lib/cadence': ['lib/job', 'lib/base'],
  'lib/vendors': ['lib/job', 'lib/base'],
  'lib/admission': ['lib/vendors', 'lib/job', 'lib/base'],
  'lib/deliver': ['lib/events', 'lib/base'],
  'lib/watch': ['lib/admission', 'lib/cadence', 'lib/events', 'lib/vendors', 'lib/job', 'lib/base'],
  'lib/api': ['lib/deliver', 'lib/events', 'lib/cadence', 'lib/job', 'lib/base'],
  'lib/metrics': ['lib/watch', 'lib/admission', 'lib/deliver', 'lib/vendors', 'lib/events', 'lib/job', 'lib/base'],
  'lib/adapters': [
    'lib/metrics',
    'lib/api',
    'lib/watch',
    'lib/deliver',
    'lib/admission',
    'lib/cadence',
    'lib/vendors',
    'lib/events',
    'lib/job',
    'lib/base',
  ],
  functions: ['lib'],
  local: ['lib', 'functions'],
  client: ['lib/api', 'lib/job', 'lib/base'],
  cli: ['lib', 'client'],
  console: ['client', 'lib/base', 'lib/job'],
  scripts: ['lib', 'functions', 'local', 'cli'],
  bench: ['lib', 'functions', 'local', 'cli', 'scripts'],
};

const FOLDERS = ['lib', 'functions', 'local', 'client', 'cli', 'console', 'scripts', 'bench'];

interface Source {
  readonly name: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources: readonly Source[] = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
)
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => {
    const text = readFileSync(join(ROOT, name), 'utf8');
    return { name, text, imports: importsOf(name, text) };
  });

/** The project's own files that a file imports, its types included. */
function importsOf(name: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
  return specifiers.map((specifier) => relative(ROOT, join(ROOT, dirname(name), specifier)));
}

function roomOf(path: string): string {
  const rooms = Object.keys(DOORS).filter((room) => path.startsWith(`${room}/`));
  return rooms.toSorted((a, b) => b.length - a.length)[0] ?? '';
}

function isOpen(from: string, to: string): boolean {
  return from === to || (DOORS[from] ?? []).some((door) => to === door || to.startsWith(`${door}/`));
}

describe('the rooms', () => {
  it('hold every file', () => {
    expect(sources.filter(({ name }) => roomOf(name) === '').map(({ name }) => name)).toEqual([]);
    for (const room of Object.keys(DOORS))
      expect(sources.filter(({ name }) => roomOf(name) === room).length, room).toBeGreaterThan(0);
    expect(sources.flatMap(({ imports }) => imports).length).toBeGreaterThan(1000);
  });

  it('import through their doors only', () => {
    const wrong = sources.flatMap(({ name, imports }) =>
      imports
        .filter((target) => FOLDERS.includes(target.split('/')[0] ?? '') && !isOpen(roomOf(name), roomOf(target)))
        .map((target) => `${name} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('have no import circle, not even of types', () => {
    expect(circles(sources)).toEqual([]);
  });

  it('let no cloud know another', () => {
    const cloudOf = (path: string) => /^(?:lib\/vendors|local\/simulator)\/([^/]+)\//.exec(path)?.[1] ?? '';
    const known = new Set(
      sources.map(({ name }) => cloudOf(name)).filter((folder) => folder !== '' && folder !== 'kit'),
    );
    expect([...known].sort()).toEqual(expect.arrayContaining(['alibaba', 'huawei']));
    const mixed = sources.flatMap(({ name, imports }) =>
      imports
        .filter((target) => known.has(cloudOf(name)) && known.has(cloudOf(target)) && cloudOf(name) !== cloudOf(target))
        .map((target) => `${name} → ${target}`),
    );
    expect(mixed).toEqual([]);
  });
});

/**
 * The import circles that a walk over all files runs into, each as the files it goes through; none if there is none.
 */
function circles(files: readonly Source[]): string[] {
  const importsBy = new Map(files.map(({ name, imports }) => [name, imports]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) {
      found.push([...path.slice(path.indexOf(name)), name].join(' → '));
      return;
    }
    if (done.has(name)) return;
    for (const next of importsBy.get(name) ?? []) walk(next, [...path, name]);
    done.add(name);
  };
  for (const { name } of files) walk(name, []);
  return found;
}

describe('the core', () => {
  const FORBIDDEN =
    /\bMath\.random\b|\bDate\.now\b|\bnew Date\b|\bDate\(|\bperformance\b|\bprocess\b(?!:)|\bfetch\(|\bset(?:Timeout|Interval|Immediate)\b|\bimport \{[^}]*\brandom[^}]*\} from|\bcrypto\.|node:(?!crypto\b)|@aws-sdk|@smithy/;

  it('has no clock, chance, environment or network outside its adapters', () => {
    const wrong = sources.filter(({ name, text }) => isCore(name) && FORBIDDEN.test(codeOf(text)));
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  it('has no branch on where it runs', () => {
    const shipped = sources.filter(({ name }) => !name.startsWith('local/'));
    expect(shipped.filter(({ text }) => /IS_LOCAL|IS_OFFLINE|isLocal/.test(text)).map(({ name }) => name)).toEqual([]);
  });

  function isCore(name: string): boolean {
    return name.startsWith('lib/') && !name.startsWith('lib/adapters/') && name !== 'lib/base/time.ts';
  }

  /** Without comments and without what stands in quotes: a sentence may say "process". */
  function codeOf(text: string): string {
    const uncommented = text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*/g, '');
    const quoted = uncommented.replace(/(from |import )'([^']*)'/g, '$1"$2"');
    return quoted.replace(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g, "''");
  }
});

describe('functions', () => {
  it('are wiring: an index of a few lines without a branch', () => {
    const entries = sources.filter(({ name }) => /^functions\/[^/]+\/index\.ts$/.test(name));
    expect(entries.map(({ name }) => name).toSorted()).toEqual([
      'functions/api/index.ts',
      'functions/deliver/index.ts',
      'functions/reconcile/index.ts',
      'functions/watch/index.ts',
    ]);
    for (const { name, text } of entries) {
      expect(text.split('\n').length, name).toBeLessThanOrEqual(35);
      expect(text, name).not.toMatch(/\bif \(/);
      expect(text, name).toContain('export const handler = middy(');
    }
  });
});
