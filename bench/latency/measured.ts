import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';

const FILE = join(import.meta.dirname, 'measured.json');

const spread = v.object({ mean: v.number(), p50: v.number(), p95: v.number(), p99: v.number(), most: v.number() });

const row = v.object({
  configuration: v.string(),
  /** What was packaged: "watch 50 s", "watch 57 s, wake". */
  build: v.string(),
  date: v.string(),
  /** Of the machine, when the run began. */
  load: v.number(),
  jobs: v.number(),
  whole: spread,
  untilPolled: spread,
  untilRecorded: spread,
  untilReceived: spread,
  callsPerJob: v.number(),
  pollsPerJob: v.number(),
  sqsRequestsPerPoll: v.nullable(v.number()),
  lambdaSecondsPerPoll: v.nullish(v.number()),
  lambdaSecondsPerBatch: v.nullish(v.number()),
  peers: v.array(v.object({ name: v.string(), callsPerJob: v.number(), whole: spread })),
});

/** What a run of one configuration on one build showed; seconds. */
export type Measured = v.InferOutput<typeof row>;

/** All that was measured so far: the latest run of each configuration and build. */
export function readMeasured(): readonly Measured[] {
  return existsSync(FILE) ? v.parse(v.array(row), JSON.parse(readFileSync(FILE, 'utf8'))) : [];
}

export function writeMeasured(rows: readonly Measured[]): void {
  const rounded = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(5)) : value);
  writeFileSync(FILE, `${JSON.stringify(rows, rounded, 2)}\n`);
}

/** The new ones take the place of those of the same configuration and build. */
export function withNew(rows: readonly Measured[], fresh: readonly Measured[]): readonly Measured[] {
  const isSame = (a: Measured) => (b: Measured) => a.configuration === b.configuration && a.build === b.build;
  return [...rows.filter((row) => !fresh.some(isSame(row))), ...fresh];
}
