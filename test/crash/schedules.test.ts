import { describe, expect, it } from 'vitest';
import { violations } from './invariants.ts';
import { playSchedule } from './model.ts';

/**
 * Goal: whatever goes wrong, in whatever order, a job ends right and its events are told. Method: thousands of seeded
 * schedules of the real code on nasty fakes; see `model.ts`. More of them: JOBWATCH_SCHEDULES=50000; one again:
 * JOBWATCH_FIRST_SEED=7 JOBWATCH_SCHEDULES=1.
 */
const COUNT = Number(process.env['JOBWATCH_SCHEDULES'] ?? 2000);
const FIRST = Number(process.env['JOBWATCH_FIRST_SEED'] ?? 1);
const PORTIONS = Math.min(8, COUNT);

async function whatGoesWrong(seed: number): Promise<string | null> {
  const wrong = violations(await playSchedule(seed));
  if (wrong.length === 0) return null;
  const { lines, chaos } = await playSchedule(seed, true);
  const { jobs, actions, ...rates } = chaos;
  const plans = jobs.map((plan) => JSON.stringify(plan));
  return [`Seed ${seed}:`, ...wrong, '', JSON.stringify(rates), ...plans, ...lines].join('\n');
}

describe('thousands of schedules', () => {
  const portion = Math.ceil(COUNT / PORTIONS);
  it.each(Array.from({ length: PORTIONS }, (_, at) => FIRST + at * portion))(
    'from seed %i on, every job ends right and is told',
    async (first) => {
      for (let seed = first; seed < first + portion; seed++) {
        const wrong = await whatGoesWrong(seed);
        if (wrong !== null) expect.fail(wrong);
      }
    },
    600_000,
  );
});
