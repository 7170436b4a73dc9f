import { toIso } from '../../lib/base/time.ts';
import { checkByAfter, withNextPoll } from '../../lib/job/check-by.ts';
import type { Kind } from '../delay/laws.ts';
import { learnFrom } from '../delay/learn.ts';
import type { Strategy } from '../delay/strategy.ts';

const KNOWN_JOBS = 200;
const OWN_CALL_SECONDS = 0.5;
const SEED = 7;
/** Of the durations of a law, sorted, every so many-th one. */
const STEP = 40;

/** How often a job is polled, and how many of its polls only write that time has passed, on average. */
export interface Saves {
  readonly polls: number;
  readonly saved: number;
}

/** Of jobs of this kind, of which 200 are known: alone in their scope, waits as the cadence asks for them. */
export function savesOf(kind: Kind): Saves {
  const strategy = learnFrom(kind, KNOWN_JOBS, { callSeconds: OWN_CALL_SECONDS, evidence: 'polled', seed: SEED });
  const jobs = kind.at(0).durations.filter((_, place) => place % STEP === 0);
  const played = [...jobs].map((seconds) => play(strategy, seconds));
  const mean = (of: (saves: Saves) => number) => played.reduce((sum, one) => sum + of(one), 0) / played.length;
  return { polls: mean(({ polls }) => polls), saved: mean(({ saved }) => saved) };
}

function play(strategy: Strategy, lastsSeconds: number): Saves {
  const waitSeconds = strategy.begin(() => 0.5);
  const at = (seconds: number) => seconds * 1000;
  let age = waitSeconds(0);
  const created = { phase: 'pending', nextPollAt: toIso(0), checkBy: checkByAfter(0, 0) } as const;
  let record = withNextPoll<{ phase: 'pending'; nextPollAt: string; checkBy: string }>(created, at(age), 0);
  let [polls, saved] = [1, 0];
  for (; age < lastsSeconds; polls += 1) {
    const wait = waitSeconds(age);
    const next = withNextPoll(record, at(age + wait), at(age));
    // The first poll writes in any case: the job has begun.
    if (polls > 1 && next.checkBy !== record.checkBy) saved += 1;
    record = next;
    age += wait;
  }
  return { polls, saved };
}
