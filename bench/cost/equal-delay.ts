import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { callsAtDelay, fixedIntervals } from '../delay/equal-calls.ts';
import { OWN_CALL_SECONDS } from '../delay/jobwatch.ts';
import { KINDS } from '../delay/laws.ts';
import { learnFrom } from '../delay/learn.ts';
import { makeJobs, mean, scoreStrategy } from '../delay/score.ts';

const FILE = join(import.meta.dirname, 'equal-delay.json');
const COMPARED = ['tight', 'createELB', 'wide', 'UPGRADE'];
const KNOWN = 200;
const HISTORIES = 4;
const SEED = 20_261_121;

const rows = v.array(
  v.object({
    kind: v.string(),
    about: v.string(),
    delaySeconds: v.number(),
    polls: v.number(),
    /** Of the fixed interval with the fewest that is no later on average. */
    fixedPolls: v.number(),
  }),
);

/** How often jobs are polled on an ideal clock, and how often by a fixed interval that finds them as soon. */
export type EqualDelay = v.InferOutput<typeof rows>[number];

/** Throws if the bench has never run. */
export function readEqualDelay(): readonly EqualDelay[] {
  if (!existsSync(FILE)) throw new Error(`${FILE} is not there: npm run bench -- cost computes it first.`);
  return v.parse(rows, JSON.parse(readFileSync(FILE, 'utf8')));
}

/** Takes half a minute; the result stays in a file. */
export function computeEqualDelay(): void {
  const computed = KINDS.filter(({ name }) => COMPARED.includes(name)).map((kind): EqualDelay => {
    const { about, durations } = kind.at(0);
    const jobs = makeJobs(durations);
    const scores = Array.from({ length: HISTORIES }, (_, at) => {
      const history = { callSeconds: OWN_CALL_SECONDS, evidence: 'polled' as const, seed: SEED + at };
      return scoreStrategy(jobs, learnFrom(kind, KNOWN, history), () => 0.5, 1);
    });
    const { calls, delaySeconds } = mean(scores);
    const fixed = fixedIntervals(jobs).map((one) => ({ ...one, callSeconds: one.intervalSeconds }));
    return {
      kind: kind.name,
      about,
      delaySeconds,
      polls: calls,
      fixedPolls: callsAtDelay(fixed, delaySeconds) ?? calls,
    };
  });
  const rounded = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value);
  writeFileSync(FILE, `${JSON.stringify(computed, rounded, 2)}\n`);
}
