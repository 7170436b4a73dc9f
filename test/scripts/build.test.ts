import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { build } from '../../scripts/build.ts';
import { withLock } from '../../scripts/lock.ts';
import { isFresh, type StampFacts, writeStamp } from '../../scripts/stamp.ts';

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'jobwatch-build-'));
  for (const folder of ['functions/a', 'lib', 'node_modules']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'lib/greet.ts'), 'export const greet = (name: string): string => name.toUpperCase();\n');
  writeFileSync(
    join(root, 'functions/a/index.ts'),
    "import { greet } from '../../lib/greet.ts';\nexport const handler = async () => greet('a');\n",
  );
});

afterEach(() => rmSync(root, { recursive: true }));

test('the package knows every style sheet that went into it', () => {
  const checkout = join(import.meta.dirname, '../..');
  const stamp = JSON.parse(readFileSync(join(checkout, '.serverless/jobwatch-package.json'), 'utf8'));
  const sheets = readdirSync(join(checkout, 'console/styles')).map((name) => `console/styles/${name}`);
  expect(Object.keys(stamp.inputs)).toEqual(expect.arrayContaining(sheets));
  expect(sheets.length).toBeGreaterThan(3);
});

describe('a build', () => {
  test('makes a bundle that runs of each function, and names what went in', async () => {
    const { bundles, inputs } = await build(root);
    expect(bundles).toEqual([{ name: 'a', path: '.build/a/index.cjs', bytes: expect.any(Number) }]);
    expect(inputs).toEqual(['functions/a/index.ts', 'lib/greet.ts']);
    const { handler } = createRequire(import.meta.url)(join(root, '.build/a/index.cjs'));
    expect(await handler()).toBe('A');
  });

  test('of the same sources gives the same bytes', async () => {
    await build(root);
    const first = readFileSync(join(root, '.build/a/index.cjs'));
    await build(root);
    expect(readFileSync(join(root, '.build/a/index.cjs'))).toEqual(first);
  });

  test('of a source that does not compile fails with its name', async () => {
    writeFileSync(
      join(root, 'functions/a/index.ts'),
      "import { nobody } from './nowhere.ts';\nexport const handler = nobody;\n",
    );
    await expect(build(root)).rejects.toThrow('functions/a/index.ts');
  });
});

describe('a stamp', () => {
  const facts: StampFacts = {
    args: ['--stage', 'x'],
    inputs: ['lib/greet.ts'],
    outputs: ['out.zip'],
    startedAtMs: Number.MAX_SAFE_INTEGER,
  };

  beforeEach(() => {
    writeFileSync(join(root, 'out.zip'), 'zip');
    writeStamp(root, 'stamp.json', facts);
  });

  test('fits as long as nothing changes', () => {
    expect(isFresh(root, 'stamp.json', facts)).toBe(true);
  });

  test.each<[string, () => void, Partial<StampFacts>]>([
    [
      'an input changes, be it to the same length',
      () =>
        writeFileSync(
          join(root, 'lib/greet.ts'),
          'export const greet = (name: string): string => name.toLowerCase();\n',
        ),
      {},
    ],
    ['an input goes', () => rmSync(join(root, 'lib/greet.ts')), {}],
    ['an output changes', () => writeFileSync(join(root, 'out.zip'), 'zap'), {}],
    ['an output goes', () => rmSync(join(root, 'out.zip')), {}],
    ['the stamp goes', () => rmSync(join(root, 'stamp.json')), {}],
    ['the arguments are others', () => undefined, { args: [] }],
    ['there is a new input', () => undefined, { inputs: ['lib/greet.ts', 'functions/a/index.ts'] }],
    ['there is a new output', () => undefined, { outputs: ['out.zip', 'other.zip'] }],
  ])('does not fit when %s', (_, change, others) => {
    change();
    expect(isFresh(root, 'stamp.json', { ...facts, ...others })).toBe(false);
  });

  test('does not fit when an input was written while it was made', () => {
    utimesSync(join(root, 'lib/greet.ts'), 2000, 2000);
    writeStamp(root, 'stamp.json', { ...facts, startedAtMs: 1_999_000 });
    expect(isFresh(root, 'stamp.json', facts)).toBe(false);
    writeStamp(root, 'stamp.json', { ...facts, startedAtMs: 2_001_000 });
    expect(isFresh(root, 'stamp.json', facts)).toBe(true);
  });
});

describe('a lock', () => {
  test('lets one at a time work, whatever becomes of the work', async () => {
    const steps: string[] = [];
    let fail: (reason: Error) => void = () => undefined;
    const first = withLock(root, () => {
      steps.push('first');
      return new Promise((_, reject) => {
        fail = reject;
      });
    });
    const second = withLock(root, async () => void steps.push('second'));
    expect(steps).toEqual(['first']);
    fail(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    await second;
    expect(steps).toEqual(['first', 'second']);
  });

  test('of a process that has died is taken over', async () => {
    // No process has this number: Linux gives none above 4194304.
    writeFileSync(join(root, 'node_modules/.jobwatch-build.lock'), '99999999');
    expect(await withLock(root, async () => 'done')).toBe('done');
  });
});
