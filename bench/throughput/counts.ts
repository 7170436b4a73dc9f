import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { KINDS, type Kind } from './crowd.ts';
import type { Measured } from './watched.ts';

const FILE = join(import.meta.dirname, 'counts.json');

const kindCounts = v.object({
  /** Requests of one poll by kind. */
  requests: v.record(v.string(), v.number()),
  recordBytes: v.number(),
  /** CPU of the function's process for one poll. */
  cpuMs: v.number(),
});

const countsSchema = v.object({
  date: v.string(),
  /** Of the stack that was counted: its ticks work alone. */
  wake: v.literal('off'),
  kinds: v.object({ first: kindCounts, unchanged: kindCounts, saved: kindCounts, ended: kindCounts }),
});

export type KindCounts = v.InferOutput<typeof kindCounts>;

/** What the latest run of the bench counted: the bench of cost goes on from here. */
export interface Counts {
  readonly date: string;
  readonly wake: 'off';
  readonly kinds: Readonly<Record<Kind['name'], KindCounts>>;
}

export function writeCounts(measured: readonly (readonly [Kind, Measured])[]): void {
  const kinds = Object.fromEntries(
    measured.map(([{ name }, { watch }]) => [
      name,
      {
        requests: Object.fromEntries(
          Object.entries(watch.requests).map(([kind, one]) => [kind, Number(one.toFixed(6))]),
        ),
        recordBytes: watch.recordBytes,
        cpuMs: Number((watch.cpuMs / watch.polls).toFixed(4)),
      },
    ]),
  );
  writeFileSync(
    FILE,
    `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), wake: 'off', kinds }, null, 2)}\n`,
  );
}

/** Throws if the bench of throughput has never run. */
export function readCounts(): Counts {
  if (!existsSync(FILE))
    throw new Error(`${FILE} is not there: npm run bench -- throughput counts ${KINDS.length} kinds of polls first.`);
  return v.parse(countsSchema, JSON.parse(readFileSync(FILE, 'utf8')));
}
