import { createWaitStrategy } from '@aws/durable-execution-sdk-js';
import { playBack, pollAsAzure, pollAsSmithy, recordAsks } from './recorded.ts';
import { fixedInterval, type Strategy } from './strategy.ts';

/** A way of waiting that is in use elsewhere. */
export interface Peer {
  /** For the labels of a plot. */
  readonly short: string;
  readonly strategy: Strategy;
  /** Schedules to draw: 1 where nothing is left to chance. */
  readonly schedules: number;
  /** Its waits grow by a factor. */
  readonly isExponential: boolean;
}

const DRAWN = 400;

/** Every peer; what is on npm runs as it is there, up to jobs of the given length. */
export async function makePeers(random: () => number, horizonSeconds: number): Promise<Peer[]> {
  const smithy: number[][] = [];
  for (let draw = 0; draw < DRAWN; draw++) smithy.push(await recordAsks(pollAsSmithy, random, horizonSeconds));
  const azure = await recordAsks(pollAsAzure, random, horizonSeconds);
  return [
    { short: 'AWS SDK waiter', strategy: playBack('`@smithy/util-waiter` (2 s to 120 s)', smithy), ...drawn(true) },
    { short: 'durable SDK', strategy: durable(), ...drawn(true) },
    { short: 'Terraform', strategy: terraform('Terraform `StateChangeConf` (0.1 s, doubling to 10 s)'), ...sure(true) },
    {
      short: 'alicloud provider',
      strategy: terraform('Terraform alicloud (5 s, then 3 s to 10 s)', { delaySeconds: 5, leastSeconds: 3 }),
      ...sure(true),
    },
    { short: 'Azure LRO', strategy: playBack('`@azure/core-lro` (2 s)', [azure]), ...sure(false) },
    { short: 'every 3 s', strategy: fixedInterval("Alibaba's Kubernetes controller (3 s)", 3), ...sure(false) },
    { short: 'every 5 s', strategy: fixedInterval('fixed 5 s', 5), ...sure(false) },
    { short: 'every 60 s', strategy: fixedInterval('fixed 60 s', 60), ...sure(false) },
  ];
}

function drawn(isExponential: boolean) {
  return { schedules: DRAWN, isExponential };
}

function sure(isExponential: boolean) {
  return { schedules: 1, isExponential };
}

/**
 * `waitForCondition` with the default wait strategy: the check runs at once, then after waits of 5 s × 1.5 up to 300 s,
 * each drawn between nothing and that ("full jitter"). Its bound of 60 attempts is lifted.
 */
export function durable(): Strategy {
  return {
    name: '`@aws/durable-execution-sdk-js` (5 s × 1.5 to 300 s, full jitter)',
    begin(random) {
      const decide = createWaitStrategy({ shouldContinuePolling: () => true, maxAttempts: Number.POSITIVE_INFINITY });
      let attempts = 0;
      return () => {
        if (attempts++ === 0) return 0;
        const decision = withRandom(random, () => decide(undefined, attempts - 1));
        return 'delay' in decision ? (decision.delay.seconds ?? 0) : 0;
      };
    },
  };
}

/** The strategy takes its chance from `Math.random`. */
function withRandom<Result>(random: () => number, work: () => Result): Result {
  const original = Math.random;
  Math.random = random;
  try {
    return work();
  } finally {
    Math.random = original;
  }
}

/**
 * The rule of `WaitForStateContext`: after the first poll the wait is 0.2 s, it doubles with each poll, and is held
 * between `MinTimeout` and 10 s. https://github.com/hashicorp/terraform-plugin-sdk/blob/main/helper/retry/state.go The
 * provider of Alibaba Cloud sets MinTimeout to 3 s and, for NLB and ALB jobs, waits 5 s first:
 * https://github.com/aliyun/terraform-provider-alicloud/blob/master/alicloud/common.go
 */
export function terraform(name: string, conf = { delaySeconds: 0, leastSeconds: 0 }): Strategy {
  return {
    name,
    begin() {
      let waitSeconds = 0;
      let polls = 0;
      return () => {
        if (polls++ === 0) return conf.delaySeconds;
        if (waitSeconds === 0) waitSeconds = 0.1;
        waitSeconds = Math.min(Math.max(waitSeconds * 2, conf.leastSeconds), 10);
        return waitSeconds;
      };
    },
  };
}
