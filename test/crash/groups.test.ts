import { describe, expect, it } from 'vitest';
import { type Chaos, drawChaos, type JobPlan } from './chaos.ts';
import { groupViolations } from './group-invariants.ts';
import { violations } from './invariants.ts';
import { playSchedule } from './model.ts';

/**
 * Goal: a group is told once, after its last member's end is written, and never not at all. Method: the seeded schedules
 * of `model.ts`, with all jobs in groups. More of them: JOBWATCH_SCHEDULES=1500; one again: JOBWATCH_FIRST_SEED=7 JOBWATCH_SCHEDULES=1.
 */
const COUNT = Number(process.env['JOBWATCH_SCHEDULES'] ?? 300);
const FIRST = Number(process.env['JOBWATCH_FIRST_SEED'] ?? 1);
const PORTIONS = Math.min(6, COUNT);

/** One group, or two; of a few jobs, or of one; at times of a job that never comes, so that it ends at its deadline. */
function drawGroups(random: () => number): Chaos {
  const pick = <T>(...choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const count = pick(1, 2, 3, 4, 6);
  const second = random() < 0.3 ? Math.floor(random() * count) : count;
  const isShort = random() < 0.3;
  const extra = isShort && random() < 0.7 ? 1 : 0;
  const plan = (job: JobPlan, at: number): JobPlan => {
    const group = at < second ? { id: 'one', size: second + extra } : { id: 'other/2', size: count - second };
    return { ...job, group, timeoutSeconds: isShort ? Math.min(job.timeoutSeconds, 900) : job.timeoutSeconds };
  };
  return drawChaos(random, { count, plan });
}

async function whatGoesWrong(seed: number): Promise<string | null> {
  const played = await playSchedule(seed, false, drawGroups);
  const wrong = [...violations(played), ...groupViolations(played)];
  if (wrong.length === 0) return null;
  const { lines, chaos } = await playSchedule(seed, true, drawGroups);
  const { jobs, actions, ...rates } = chaos;
  const plans = jobs.map((plan) => JSON.stringify(plan));
  return [`Seed ${seed}:`, ...wrong, '', JSON.stringify(rates), ...plans, ...lines].join('\n');
}

describe('schedules of jobs in groups', () => {
  // Two copies of a message: one worker decided and was cut off, the other, which saw less, noted the end as published.
  it.each([702_670])('seed %i, in which a group was not told once', async (seed) => {
    expect(await whatGoesWrong(seed)).toBeNull();
  });

  const portion = Math.ceil(COUNT / PORTIONS);
  it.each(Array.from({ length: PORTIONS }, (_, at) => FIRST + at * portion))(
    'from seed %i on, every group ends once and right',
    async (first) => {
      for (let seed = first; seed < first + portion; seed++) {
        const wrong = await whatGoesWrong(seed);
        if (wrong !== null) expect.fail(wrong);
      }
    },
    600_000,
  );
});
