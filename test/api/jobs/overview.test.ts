import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { ApiPorts } from '../../../lib/api/ports.ts';
import * as responses from '../../../lib/api/responses.ts';
import { toIso } from '../../../lib/base/time.ts';
import type { Job } from '../../../lib/job/job.ts';
import type { Phase } from '../../../lib/job/phase.ts';
import { aJob, fill } from '../../fakes/api-jobs.ts';
import { makeApiWorld } from '../../fakes/api-world.ts';
import { START_MS } from '../../fakes/clock.ts';

const HOUR_MS = 3_600_000;

/** A world that counts how often a record is read. */
async function aWorld(...jobs: readonly Job[]) {
  const reads: string[] = [];
  const world = makeApiWorld((ports) => ({
    jobs: {
      ...ports.jobs,
      get: async (id) => {
        reads.push(id);
        if (id === odd?.id) throw new Error('odd');
        return ports.jobs.get(id);
      },
    },
  }));
  const odd = jobs.find(({ jobId }) => jobId === 'odd');
  await fill(world, ...jobs);
  const ask = async () => {
    const { status, body } = await world.request('GET', '/v1/overview');
    expect([status, v.safeParse(responses.overview, body).issues]).toEqual([200, undefined]);
    return v.parse(responses.overview, body);
  };
  return { ...world, ask, reads };
}

const ended = (jobId: string, phase: Phase, agoMs: number): Job =>
  aJob(jobId, START_MS - agoMs, { phase, endedAt: toIso(START_MS - agoMs + 1000) });

/** Failures first, then so many good ones: what a list of the newest jobs would not show. */
const BURST = [
  ...Array.from({ length: 6 }, (_, index) => ended(`bad-${index}`, 'failed', 2 * HOUR_MS - index)),
  ended('late', 'timed_out', 3 * HOUR_MS),
  ...Array.from({ length: 1700 }, (_, index) => ended(`good-${index}`, 'succeeded', HOUR_MS - index)),
  ...Array.from({ length: 293 }, (_, index) => aJob(`open-${index}`, START_MS - 1000 - index)),
];

test('of 2,000 jobs every one is counted, and the failures below the newest are shown', async () => {
  const overview = await (await aWorld(...BURST)).ask();
  expect(overview.open).toEqual({ counts: [{ api: 'alibaba.nlb', phase: 'pending', count: 293 }], isWhole: true });
  expect(overview.recent).toEqual({
    counts: [
      { api: 'alibaba.nlb', phase: 'failed', count: 6 },
      { api: 'alibaba.nlb', phase: 'pending', count: 293 },
      { api: 'alibaba.nlb', phase: 'succeeded', count: 1700 },
      { api: 'alibaba.nlb', phase: 'timed_out', count: 1 },
    ],
    isWhole: true,
  });
  expect(overview.endedBadly.map(({ jobId }) => jobId)).toEqual([
    ...['bad-5', 'bad-4', 'bad-3', 'bad-2', 'bad-1', 'bad-0', 'late'],
  ]);
});

test('a record that has ended is read once: open ones, own ends and what is shown are read again', async () => {
  const { ask, reads, clock } = await aWorld(...BURST);
  await ask();
  expect(reads).toHaveLength(2000 + 7);
  await ask();
  expect(reads).toHaveLength(2007);
  clock.advance(10_000);
  await ask();
  expect(reads.length - 2007).toBe(293 + 1 + 7);
});

test('an open job of last week is counted as open, a failure of the day before yesterday nowhere', async () => {
  const { ask } = await aWorld(aJob('old', START_MS - 6 * 24 * HOUR_MS), ended('gone', 'failed', 47 * HOUR_MS));
  const overview = await ask();
  expect(overview.open.counts).toEqual([{ api: 'alibaba.nlb', phase: 'pending', count: 1 }]);
  expect([overview.recent.counts, overview.endedBadly]).toEqual([[], []]);
});

test('what was submitted more than 24 hours ago on the same day is not counted as recent', async () => {
  const { ask } = await aWorld(ended('before', 'failed', 25 * HOUR_MS), ended('within', 'failed', 23 * HOUR_MS));
  expect((await ask()).recent.counts).toEqual([{ api: 'alibaba.nlb', phase: 'failed', count: 1 }]);
});

test('more records than one response reads are read by the next; until then the counts say so', async () => {
  const { ask, clock } = await aWorld(
    ...Array.from({ length: 5200 }, (_, index) => ended(`j-${index}`, 'succeeded', HOUR_MS - index)),
  );
  expect((await ask()).recent).toMatchObject({ counts: [{ count: 5000 }], isWhole: false });
  clock.advance(10_000);
  expect((await ask()).recent).toMatchObject({ counts: [{ count: 5200 }], isWhole: true });
});

test('a record that can not be read hides no other', async () => {
  const { ask, lines } = await aWorld(aJob('odd', START_MS), aJob('fine', START_MS));
  expect((await ask()).open).toEqual({ counts: [{ api: 'alibaba.nlb', phase: 'pending', count: 1 }], isWhole: false });
  expect(lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'api.overview' }));
});

const REFUSED = { what: 'key', scope: null, since: toIso(START_MS - HOUR_MS), reason: 'no such key' } as const;

/** A world where `denied` answers what is denied, or throws. */
async function deniedWorld(deniedAccounts: ApiPorts['health']['deniedAccounts'], ...jobs: readonly Job[]) {
  const world = makeApiWorld((ports) => ({ health: { ...ports.health, deniedAccounts } }));
  await fill(world, ...jobs);
  return v.parse(responses.overview, (await world.request('GET', '/v1/overview')).body);
}

const waits = (jobId: string, account: string, denied?: true): Job =>
  aJob(jobId, START_MS - 1000, {
    account,
    waiting: { reason: 'x', until: toIso(START_MS), ...(denied && { denied }) },
  });

test('denied accounts come with why, since when, and how many open jobs wait for each', async () => {
  const denials = [{ ...REFUSED, nextTryAt: toIso(START_MS + 1000) }];
  const scopes = Array.from({ length: 12 }, (_, index) => ({
    ...REFUSED,
    what: 'scope' as const,
    scope: `alibaba.nlb/b/r-${index}`,
    nextTryAt: toIso(START_MS),
  }));
  const { deniedAccounts, deniedAccountsTotal } = await deniedWorld(
    async () => [
      { account: 'a', since: toIso(START_MS - 2000), denials },
      { account: 'b', since: toIso(START_MS - HOUR_MS), denials: scopes },
    ],
    waits('1', 'a', true),
    waits('2', 'a', true),
    // Waits for its turn, of an account that is denied elsewhere; and one whose account is good.
    waits('3', 'a'),
    waits('4', 'other', true),
    aJob('5', START_MS - 1000, { account: 'b' }),
    { ...waits('6', 'a', true), phase: 'stopped', endedAt: toIso(START_MS) },
  );
  expect(deniedAccountsTotal).toBe(2);
  expect(deniedAccounts).toEqual([
    {
      account: 'b',
      since: toIso(START_MS - HOUR_MS),
      jobsWaiting: 0,
      denials: scopes.slice(0, 10),
      denialsTotal: 12,
    },
    { account: 'a', since: toIso(START_MS - 2000), jobsWaiting: 2, denials, denialsTotal: 1 },
  ]);
});

test('a hundred denied accounts are shown, those denied longest; the others are counted', async () => {
  const many = Array.from({ length: 130 }, (_, at) => ({
    account: `a${at}`,
    since: toIso(START_MS - at * 1000),
    denials: [],
  }));
  const { deniedAccounts, deniedAccountsTotal } = await deniedWorld(async () => many);
  expect([deniedAccounts?.length, deniedAccounts?.[0]?.account, deniedAccountsTotal]).toEqual([100, 'a129', 130]);
});

test('where denied accounts can not be read the counts are there', async () => {
  const overview = await deniedWorld(
    async () => {
      throw new Error('throttled');
    },
    aJob('1', START_MS - 1000),
  );
  expect([overview.deniedAccounts, overview.deniedAccountsTotal]).toEqual([null, null]);
  expect(overview.open.counts).toEqual([{ api: 'alibaba.nlb', phase: 'pending', count: 1 }]);
});
