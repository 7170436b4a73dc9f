import { describe, expect, it } from 'vitest';
import { type Crowd, watchCrowd } from '../../bench/vendor-calls/crowd.ts';

/** A crowd in batches is some seconds of work, and more where other tests are at work. */
const TIMEOUT_MS = 90_000;

/** Goal: a scope uses its pace, and everybody has a turn, whatever its api; one worker that works all the time. */
describe('a crowd that one call a job has to poll', () => {
  const crowds: readonly [string, Crowd, readonly number[]][] = [
    ['200 jobs of one scope', { api: 'huawei.elb.v1', jobs: 200, scopes: 1 }, [50, 50, 50]],
    ['the same in one long tick', { api: 'huawei.elb.v1', jobs: 200, scopes: 1 }, [150]],
    ['400 jobs in two scopes of one key', { api: 'huawei.elb.v1', jobs: 400, scopes: 2 }, [50, 50, 50]],
    [
      'a project whose list is refused',
      { api: 'huawei.elb.v3', jobs: 200, scopes: 1, listIsRefused: true },
      [50, 50, 50],
    ],
  ];

  it.each(crowds)(
    '%s: every scope has its pace, everybody a turn',
    async (_, crowd, ticks) => {
      const watched = await watchCrowd(crowd, ticks);
      expect(watched.callsPerSecond / crowd.scopes).toBeGreaterThanOrEqual(4.5);
      expect(watched.callsPerSecond / crowd.scopes).toBeLessThanOrEqual(5.1);
      expect(watched.allPolledAfterSeconds).toBeLessThanOrEqual(45);
      expect(watched.mostPollsAhead).toBeLessThan(3);
      expect(watched.sqsRequestsPerCall).toBeLessThanOrEqual(0.6);
    },
    TIMEOUT_MS,
  );
});

it(
  'a crowd in batches: everybody has a turn, also who had to go back for want of room',
  async () => {
    const watched = await watchCrowd({ api: 'alibaba.nlb', jobs: 1500, scopes: 1 }, [50, 50, 50]);
    expect(watched.callsPerSecond).toBeGreaterThanOrEqual(4.5);
    expect(watched.allPolledAfterSeconds).toBeLessThanOrEqual(45);
    expect(watched.mostPollsAhead).toBeLessThan(3);
  },
  TIMEOUT_MS,
);

it(
  'a scope that hangs takes nothing from another one of its key',
  async () => {
    const alone = await watchCrowd({ api: 'huawei.elb.v1', jobs: 200, scopes: 1 }, [50, 50, 50]);
    const beside = await watchCrowd({ api: 'huawei.elb.v1', jobs: 400, scopes: 2, firstHangs: true }, [50, 50, 50]);
    expect(beside.allPolledAfterSeconds).toBeLessThanOrEqual(alone.allPolledAfterSeconds + 1);
    expect(Math.min(...(beside.polls[1] ?? []))).toBe(Math.min(...(alone.polls[0] ?? [])));
  },
  TIMEOUT_MS,
);

it(
  'a scope that would take five minutes for a turn gives everybody one',
  async () => {
    const watched = await watchCrowd({ api: 'huawei.elb.v1', jobs: 1500, scopes: 1 }, [400]);
    expect(watched.allPolledAfterSeconds).toBeLessThanOrEqual(310);
    expect(watched.mostPollsAhead).toBeLessThan(3);
  },
  TIMEOUT_MS,
);
