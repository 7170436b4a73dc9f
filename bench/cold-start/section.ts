import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUDGETS } from '../../scripts/budgets.ts';
import { BUILD_DIR, functionNames } from '../../scripts/build.ts';
import { packageStack } from '../../scripts/package.ts';
import { markdown } from '../delay/tables.ts';
import type { BenchSection } from '../section.ts';

const TURNS = 20;
const ROOT = join(import.meta.dirname, '../..');

export const coldStartSection: BenchSection = {
  name: 'cold-start',
  title: 'Cold start',
  async run() {
    await packageStack(ROOT);
    const folder = mkdtempSync(join(tmpdir(), 'jobwatch-load-'));
    try {
      const empty = join(folder, 'empty.cjs');
      writeFileSync(empty, 'exports.handler = async () => null;');
      const names = functionNames(ROOT);
      const files = new Map(names.map((name) => [name, join(ROOT, BUILD_DIR, name, 'index.cjs')]));
      const times = loadTimes(new Map([['an empty handler', empty], ...files]));
      const bare = median(times.get('an empty handler') ?? []);
      const rows = [...times].map(([name, list]) => {
        const file = files.get(name);
        const bytes = file === undefined ? null : statSync(file).size;
        const budget = BUDGETS[name]?.bundle;
        return [
          name,
          bytes === null ? '–' : String(bytes),
          String(budget ?? '–'),
          median(list).toFixed(1),
          (median(list) - bare).toFixed(1),
        ];
      });
      const head = ['', 'bytes, minified', 'budget', 'to load it, ms', 'over an empty handler, ms'];
      return `${explanation()}\n\n${markdown(head, rows)}`;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/**
 * Each in turn, so that all meet the same moments of the machine; the first turn warms up the file cache and is not
 * counted.
 */
function loadTimes(files: ReadonlyMap<string, string>): Map<string, number[]> {
  const times = new Map([...files.keys()].map((name) => [name, [] as number[]]));
  for (let turn = 0; turn <= TURNS; turn += 1)
    for (const [name, file] of files) {
      const ms = loadMs(file, name);
      if (turn > 0) times.get(name)?.push(ms);
    }
  return times;
}

const LOADER = `const beganAt = performance.now();
const { handler } = require(process.argv[1]);
if (typeof handler !== 'function') throw new Error('There is no handler.');
process.stdout.write(String(performance.now() - beganAt));
process.exit(0);`;

function loadMs(file: string, name: string): number {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', LOADER, file], {
    env: environmentOf(name),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${name} could not be loaded: ${stderr}`);
  return Number(stdout);
}

/** What the function checks when it is loaded: URLs where it wants URLs, names where it wants names. */
function environmentOf(name: string): Record<string, string> {
  const credentials = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' };
  if (!functionNames(ROOT).includes(name)) return credentials;
  const variables = ['PENDING', 'REJECTED', 'DELIVERIES', 'DEAD_DELIVERIES'].map((queue) => [
    `${queue}_QUEUE_URL`,
    'http://127.0.0.1/1/queue',
  ]);
  const tables = ['JOBS', 'SUBSCRIPTIONS', 'SECRETS', 'DELIVERIES', 'DURATIONS', 'STATE'].map((table) => [
    `${table}_TABLE`,
    'table',
  ]);
  return { ...credentials, STAGE: 'bench', ...Object.fromEntries([...variables, ...tables]) };
}

function median(list: readonly number[]): number {
  const sorted = list.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

function explanation(): string {
  return `Time of \`require\` in a fresh Node process with the environment that the function checks, by turns, median of
${TURNS}. The start of
Node and the first connections are not in it. Budgets are those of \`scripts/budgets.ts\`, which \`npm run check\`
holds.`;
}
