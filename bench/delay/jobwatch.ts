import type { Law } from './laws.ts';
import type { Strategy } from './strategy.ts';

/** STAND-IN: replaced by lib/cadence.ts and lib/durations.ts. */
interface Curve {
  hazard(ageSeconds: number): number;
}
export const SETTINGS = { pollMinMs: 2000, pollMaxMs: 300_000 };

function nextAskInMs(
  curve: Curve,
  { ageMs, callSeconds }: { ageMs: number; callSeconds: number },
  settings: { pollMinMs: number; pollMaxMs: number },
): number {
  const age = ageMs / 1000;
  let wait = 0;
  let sum = 0;
  const step = Math.max(0.05, age / 400);
  while (sum < 1 && wait < settings.pollMaxMs / 1000) {
    sum += Math.sqrt(curve.hazard(age + wait + step / 2) / (2 * callSeconds)) * step;
    wait += step;
  }
  return Math.max(settings.pollMinMs, Math.min(settings.pollMaxMs, wait * 1000));
}

/** When the vendor ended a job, as far as its watcher knows: after the one age, and by the other. */
export interface Observed {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** jobwatch's waiting for one kind of jobs, from what has been observed of that kind. */
export interface Learner {
  observe(interval: Observed): void;
  strategy(): Strategy;
}

export const OWN_CALL_SECONDS = 2;

export function makeLearner(callSeconds: number): Learner {
  const seen: number[] = [];
  return {
    observe: ({ fromSeconds, toSeconds }) => void seen.push(Math.log((fromSeconds + toSeconds) / 2 + 0.01)),
    strategy() {
      if (seen.length === 0) return strategyOf({ hazard: (age) => 1 / (age + 10) }, callSeconds);
      const mean = seen.reduce((a, b) => a + b, 0) / seen.length;
      const sd = Math.sqrt(seen.reduce((a, b) => a + (b - mean) ** 2, 0.1) / seen.length) + 0.02;
      return strategyOf(
        {
          hazard: (age) => {
            const z = (Math.log(age + 1e-9) - mean) / sd;
            return Math.exp(z) / (1 + Math.exp(z)) / sd / (age + 1e-9);
          },
        },
        callSeconds,
      );
    },
  };
}

/** The same rule for a law that is known: what remains to the optimum is the rule's own, not the learning's. */
export function knowing(law: Law, callSeconds: number): Strategy {
  const hazard = (age: number) => {
    const left = 1 - law.cdf(age);
    return left > 1e-6 ? law.density(age) / left : 1;
  };
  return strategyOf({ hazard }, callSeconds);
}

function strategyOf(curve: Curve, callSeconds: number): Strategy {
  const begin = () => (ageSeconds: number) =>
    nextAskInMs(curve, { ageMs: ageSeconds * 1000, callSeconds }, SETTINGS) / 1000;
  return { name: 'jobwatch', begin };
}
