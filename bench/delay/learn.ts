import { type Learner, makeLearner } from './jobwatch.ts';
import type { Kind } from './laws.ts';
import { seeded } from './random.ts';
import type { Strategy } from './strategy.ts';

/** `asked`: a job ended between two asks of its own watch. `told`: the vendor told when. */
export type Evidence = 'asked' | 'told';

/**
 * jobwatch as it waits after so many jobs of a kind, each of which it watched itself with what it knew by then. The same
 * seed draws the same jobs, whatever a call costs.
 */
export function learnFrom(
  kind: Kind,
  jobs: number,
  options: { callSeconds: number; evidence: Evidence; seed: number },
): Strategy {
  const learner = makeLearner(options.callSeconds);
  const random = seeded(options.seed);
  for (let before = jobs; before > 0; before--) {
    const { durations } = kind.at(-before);
    const duration = durations[Math.floor(random() * durations.length)] ?? 0;
    observe(learner, duration, options.evidence);
  }
  return learner.strategy();
}

function observe(learner: Learner, duration: number, evidence: Evidence): void {
  if (evidence === 'told') {
    learner.observe({ fromSeconds: duration, toSeconds: duration });
    return;
  }
  const wait = learner.strategy().begin(() => 0.5);
  let fromSeconds = 0;
  let toSeconds = wait(0);
  while (toSeconds < duration) {
    fromSeconds = toSeconds;
    toSeconds += wait(toSeconds);
  }
  learner.observe({ fromSeconds, toSeconds });
}
