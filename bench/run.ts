import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { coldStartSection } from './cold-start/section.ts';
import { overheadSection } from './cost/overhead.ts';
import { costSection } from './cost/section.ts';
import { changesSection } from './delay/changes.ts';
import { delaySection } from './delay/section.ts';
import { CONFIGURATIONS } from './latency/configurations.ts';
import { latencySection } from './latency/section.ts';
import { recoverySection } from './recovery/section.ts';
import { readSections, writeSections } from './results.ts';
import { scriptSection } from './script-section.ts';
import type { BenchSection } from './section.ts';
import { throughputSection } from './throughput/section.ts';
import { sizesSection } from './throughput/sizes.ts';
import { vendorCallsSection } from './vendor-calls/section.ts';
import { wakeSection } from './wake/section.ts';
import { workersBench } from './workers.ts';

/**
 * `npm run bench` runs every bench that takes seconds, prints its tables and puts them into `bench/RESULTS.md`;
 * `npm run bench -- delay isolation` runs those alone. The other sections stay as they are.
 * `npm run bench -- sizes --sizes 1000,2000` takes other numbers of jobs than the bench does by itself; `throughput` takes
 * the first of them;
 * `npm run bench -- latency --only idle-5s-learned --samples 12 --stacks 4` runs some of its configurations, smaller;
 * `--param Alarms=few` has the stack with other parameters than by itself.
 */
const SECTIONS: readonly BenchSection[] = [
  delaySection,
  changesSection,
  latencySection,
  vendorCallsSection,
  wakeSection,
  throughputSection,
  sizesSection,
  overheadSection,
  costSection,
  coldStartSection,
  scriptSection('calls', 'Requests for one poll', 'bench/calls.ts'),
  workersBench,
  scriptSection('isolation', 'A scope whose vendor hangs', 'bench/isolation.ts'),
  recoverySection,
  scriptSection('webhooks', 'An endpoint that hangs', 'bench/webhooks.ts'),
  scriptSection('sick-endpoints', 'Endpoints that are slow or hang', 'bench/sick-endpoints.ts'),
  scriptSection('console', 'The list of 2,000 jobs in the console', 'bench/console.ts'),
  scriptSection('startup', 'Start of the command line', 'bench/startup.ts'),
];
const FILE = join(import.meta.dirname, 'RESULTS.md');

const { values, positionals: names } = parseArgs({
  options: {
    sizes: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    samples: { type: 'string' },
    stacks: { type: 'string' },
    param: { type: 'string', multiple: true, default: [] },
  },
  allowPositionals: true,
});
const options = {
  sizes: listOf(values.sizes).map((size) => wholeNumber('sizes', size)),
  only: listOf(values.only),
  parameters: Object.fromEntries(values.param.map(parameterOf)),
  ...(values.samples === undefined ? {} : { samples: wholeNumber('samples', values.samples) }),
  ...(values.stacks === undefined ? {} : { stacks: wholeNumber('stacks', values.stacks) }),
};
const strange = options.only.filter((name) => CONFIGURATIONS.every((one) => one.name !== name));
if (strange.length > 0) {
  refuse(`--only ${strange.join(',')}: expected some of ${CONFIGURATIONS.map(({ name }) => name).join(', ')}.`);
}
const unknown = names.filter((name) => SECTIONS.every((section) => section.name !== name));
if (unknown.length > 0) {
  const known = SECTIONS.map(({ name }) => name).join(', ');
  refuse(`There is no bench "${unknown.join('", "')}". There are: ${known}.`);
}
const wanted = SECTIONS.filter(({ name, byNameOnly }) => (names.length > 0 ? names.includes(name) : !byNameOnly));

for (const { name, title, run } of wanted) {
  const beganMs = performance.now();
  console.log(`\n## ${title}\n`);
  const text = await run(options);
  const tookSeconds = (performance.now() - beganMs) / 1000;
  const body = `${text}\n\n${conditions(name, tookSeconds)}`;
  console.log(body);
  const kept = existsSync(FILE) ? readSections(readFileSync(FILE, 'utf8')) : new Map<string, string>();
  kept.set(title, body);
  writeFileSync(
    FILE,
    writeSections(
      SECTIONS.map((section) => section.title),
      kept,
    ),
  );
}

function listOf(value: string): string[] {
  return value.split(',').filter(Boolean);
}

function wholeNumber(option: string, value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  return refuse(`--${option} ${value}: expected whole numbers above 0.`);
}

function parameterOf(text: string): [name: string, value: string] {
  const [name = '', ...value] = text.split('=');
  return value.length > 0 ? [name, value.join('=')] : refuse(`--param ${text}: expected name=value.`);
}

function refuse(reason: string): never {
  console.error(reason);
  process.exit(2);
}

/** Under what a section's figures were measured. */
function conditions(name: string, tookSeconds: number): string {
  const date = new Date().toISOString().slice(0, 10);
  const [cpu] = cpus();
  const machine = `${process.platform} ${process.arch}, ${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}`;
  return (
    `\`npm run bench -- ${name}\`, ${date}; Node ${process.version}, ${machine}; ` +
    `it took ${tookSeconds.toFixed(0)} s.`
  );
}
