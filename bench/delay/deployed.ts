import type { FullScore } from './score.ts';
import type { Strategy } from './strategy.ts';

/**
 * What lies between "the job is due" and "the vendor is polled" in a deployment. Age counts from the job's submission,
 * which comes at a random moment of a tick.
 */
export interface Deployment {
  /** A tick begins so often (resources/schedules.yml). */
  readonly tickSeconds: number;
  /** It works for so long: WATCH_SECONDS. */
  readonly watchSeconds: number;
  /** SQS counts visibility in whole seconds; jobwatch rounds up, never down. */
  readonly grainSeconds: number;
  /** While it works, one receive follows the other; so far apart when little is due. */
  readonly receiveSeconds: number;
  /** Chance that a receive returns a message that is visible. */
  readonly foundShare: number;
  /** From the receive to the vendor's answer: reading the record, the call. */
  readonly askSeconds: number;
}

/**
 * The last three are assumptions, on the slow side: a short poll asks a subset of SQS's servers and may miss a message,
 * a long poll asks all of them
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html); no
 * figure is published for how often.
 */
export const DEPLOYMENT: Deployment = {
  tickSeconds: 60,
  watchSeconds: 50,
  grainSeconds: 1,
  receiveSeconds: 1,
  foundShare: 0.7,
  askSeconds: 0.2,
};

/**
 * The age at which a job that is to be polled at `dueAge` really is; `phase` is the submission's moment within its
 * tick.
 */
export function askedAge(
  { tickSeconds, watchSeconds, grainSeconds, receiveSeconds, foundShare, askSeconds }: Deployment,
  from: { ageSeconds: number; waitSeconds: number; phaseSeconds: number },
  random: () => number,
): number {
  const hidden = Math.ceil(from.waitSeconds / grainSeconds - 1e-9) * grainSeconds;
  let at = from.phaseSeconds + from.ageSeconds + hidden + random() * receiveSeconds;
  for (;;) {
    const intoTick = at % tickSeconds;
    if (intoTick >= watchSeconds) at += tickSeconds - intoTick;
    if (random() < foundShare) return at + askSeconds - from.phaseSeconds;
    at += receiveSeconds;
  }
}

/** One watch of each duration, at a random moment of a tick; its delay contains all that the model knows. */
export function scoreDeployed(
  durations: readonly number[],
  strategy: Strategy,
  deployment: Deployment,
  random: () => number,
): FullScore {
  const delays: number[] = [];
  let calls = 0;
  for (const duration of durations) {
    const wait = strategy.begin(random);
    const phaseSeconds = random() * deployment.tickSeconds;
    let ageSeconds = 0;
    do {
      ageSeconds = askedAge(deployment, { ageSeconds, waitSeconds: wait(ageSeconds), phaseSeconds }, random);
      calls += 1;
    } while (ageSeconds < duration);
    delays.push(ageSeconds - duration);
  }
  delays.sort((a, b) => a - b);
  return {
    calls: calls / durations.length,
    delaySeconds: delays.reduce((sum, delay) => sum + delay, 0) / delays.length,
    p95Seconds: delays[Math.floor(delays.length * 0.95)] ?? Number.NaN,
  };
}
