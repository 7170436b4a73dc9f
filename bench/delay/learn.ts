import type { Weights } from '../../lib/cadence/counts.ts';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { makeLearner, type Observed } from './jobwatch.ts';
import type { Kind } from './laws.ts';
import type { Strategy } from './strategy.ts';

/** `polled`: a job ended between two polls of its own watch. `told`: the vendor told when. */
export type Evidence = 'polled' | 'told';

/**
 * jobwatch as it waits after so many jobs of a kind, each of which it watched itself with what it knew by then; it
 * goes over what it knows again whenever that has grown by half. The same seed draws the same jobs, whatever a call
 * costs. `onLearned` hears what each of them adds to what is known.
 */
export function learnFrom(
  kind: Kind,
  jobs: number,
  options: { callSeconds: number; evidence: Evidence; seed: number; onLearned?: (job: Weights) => void },
): Strategy {
  const learner = makeLearner(options.callSeconds);
  const random = seeded(options.seed);
  let strategy = learner.strategy();
  let lookedAt = 0;
  for (let seen = 0; seen < jobs; seen++) {
    const { durations } = kind.at(seen - jobs);
    const duration = durations[Math.floor(random() * durations.length)] ?? 0;
    const learned = learner.observe(options.evidence === 'told' ? exactly(duration) : watch(strategy, duration));
    options.onLearned?.(learned);
    if (seen + 1 < lookedAt * GROWN || options.evidence === 'told') continue;
    lookedAt = seen + 1;
    strategy = learner.strategy();
  }
  return learner.strategy();
}

const GROWN = 1.5;

function exactly(duration: number): Observed {
  return { fromSeconds: duration, toSeconds: duration };
}

/** The two polls between which the job ended. */
function watch(strategy: Strategy, duration: number): Observed {
  const wait = strategy.begin(() => 0.5);
  let fromSeconds = 0;
  let toSeconds = wait(0);
  while (toSeconds < duration) {
    fromSeconds = toSeconds;
    toSeconds += wait(toSeconds);
  }
  return { fromSeconds, toSeconds };
}
