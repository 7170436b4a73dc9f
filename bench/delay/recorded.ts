import { mock } from 'node:test';
import { setImmediate as settled } from 'node:timers/promises';
import { createHttpPoller } from '@azure/core-lro';
import { createWaiter, WaiterState } from '@smithy/util-waiter';
import type { Strategy } from './strategy.ts';

/** Runs until it is stopped by an error, and calls `polled` whenever it would poll the vendor. */
type Poll = (polled: () => void) => Promise<unknown>;

/**
 * The ages at which real client code polls a job that never ends, up to a horizon: the code runs on a virtual
 * clock, with chance from `random`, and every time-out is over as soon as nothing else is left to do.
 */
export async function recordAsks(poll: Poll, random: () => number, horizonSeconds: number): Promise<number[]> {
  const ages: number[] = [];
  const chance = mock.method(Math, 'random', random);
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
  try {
    const running = poll(() => {
      const age = Date.now() / 1000;
      ages.push(age);
      if (age > horizonSeconds) throw new Enough();
    });
    const failures: unknown[] = [];
    let isOver = false;
    const watched = running
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        isOver = true;
      });
    for (;;) {
      await settled();
      if (isOver) break;
      mock.timers.runAll();
    }
    await watched;
    const [failure] = failures;
    if (failure !== undefined && !(failure instanceof Enough)) throw failure;
    return ages;
  } finally {
    mock.timers.reset();
    chance.mock.restore();
  }
}

class Enough extends Error {
  override readonly name = 'Enough';
}

/** Plays one of the recorded schedules, drawn by lot; after its last poll it polls no more. */
export function playBack(name: string, schedules: readonly (readonly number[])[]): Strategy {
  return {
    name,
    begin(random) {
      const ages = schedules[Math.floor(random() * schedules.length)] ?? [];
      let next = 0;
      return (age) => {
        const at = ages[next];
        next += 1;
        if (at === undefined) throw new Error(`${name}: nothing was recorded after ${age} s.`);
        return at - age;
      };
    },
  };
}

/** `createWaiter` of the AWS SDK with the defaults of every client: 2 s to 120 s. */
export const pollAsSmithy: Poll = (polled) =>
  createWaiter({ client: {}, maxWaitTime: WEEK_SECONDS, minDelay: 2, maxDelay: 120 }, {}, async () => {
    polled();
    return { state: WaiterState.RETRY };
  });

/** `createHttpPoller` with its default interval; the service sends no `Retry-After`. */
export const pollAsAzure: Poll = (polled) => {
  const request = { method: 'PUT', url: '/job' };
  const answer = (statusCode: number, status: string) => {
    const headers = { 'operation-location': '/operations/job' };
    return { flatResponse: {}, rawResponse: { statusCode, request, headers, body: { status } } };
  };
  const poller = createHttpPoller({
    sendInitialRequest: async () => answer(202, 'Running'),
    sendPollRequest: async () => {
      polled();
      return answer(200, 'Running');
    },
  });
  return poller.pollUntilDone();
};

const WEEK_SECONDS = 7 * 86_400;
