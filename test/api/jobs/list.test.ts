import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ItemError } from '../../../lib/base/item-error.ts';
import { toIso } from '../../../lib/base/time.ts';
import { aJob, fill } from '../../fakes/api-jobs.ts';
import { makeApiWorld } from '../../fakes/api-world.ts';
import { START_MS } from '../../fakes/clock.ts';

const DAY_MS = 86_400_000;
type World = ReturnType<typeof makeApiWorld>;

/** All pages in turn: the jobs of each, and how many pages it took. */
async function pages(world: World, query: string): Promise<string[][]> {
  const all: string[][] = [];
  let cursor: string | undefined;
  do {
    const response = await world.request('GET', '/v1/jobs', {
      query: cursor === undefined ? query : `${query}&cursor=${cursor}`,
    });
    expect(response.status).toBe(200);
    all.push(response.body.jobs.map(({ jobId }: { jobId: string }) => jobId));
    cursor = response.body.nextCursor;
  } while (cursor !== undefined && all.length < 50);
  return all;
}

test('jobs are listed newest first, over the days, in pages of the size asked for', async () => {
  const world = makeApiWorld();
  const ages = [0, 1, 2, 24, 25, 24 * 40, 24 * 90];
  await fill(world, ...ages.map((hours) => aJob(`h${hours}`, START_MS - hours * 3_600_000)));
  expect(await pages(world, 'limit=3')).toEqual([['h0', 'h1', 'h2'], ['h24', 'h25', 'h960'], ['h2160']]);
  expect(await pages(world, '')).toEqual([['h0', 'h1', 'h2', 'h24', 'h25', 'h960', 'h2160']]);
});

test('a full day behind empty ones is seen to its end before the day before it', async () => {
  const world = makeApiWorld();
  const account = (index: number) => (index < 50 ? 'other' : 'default');
  const full = Array.from({ length: 150 }, (_, index) =>
    aJob(`full-${index}`, START_MS - 5 * DAY_MS - index, { account: account(index) }),
  );
  await fill(world, ...full, aJob('before', START_MS - 6 * DAY_MS));
  const expected = [...full.slice(50).map(({ jobId }) => jobId), 'before'];
  expect((await pages(world, 'account=default&limit=100')).flat()).toEqual(expected);
});

test('jobs of the very time that a list begins with are all in it', async () => {
  const world = makeApiWorld();
  await fill(world, ...['a', 'b', 'c'].map((jobId) => aJob(jobId, START_MS)));
  const found = await pages(world, `limit=1&since=${toIso(START_MS)}`);
  expect(found.flat().sort()).toEqual(['a', 'b', 'c']);
});

test('without jobs the list is empty, in one page', async () => {
  expect(await pages(makeApiWorld(), '')).toEqual([[]]);
});

test('a page costs no more than its budget, and an empty one may have a next', async () => {
  let reads = 0;
  const world = makeApiWorld((ports) => ({
    jobs: {
      ...ports.jobs,
      get: async (id) => {
        reads += 1;
        return ports.jobs.get(id);
      },
    },
  }));
  await fill(world, ...Array.from({ length: 2500 }, (_, index) => aJob(`j-${index}`, START_MS - index * 1000)));
  await fill(world, aJob('wanted', START_MS - DAY_MS, { phase: 'lost' }));
  const first = await world.request('GET', '/v1/jobs', { query: 'phase=lost' });
  expect(first.body.jobs).toEqual([]);
  expect(first.body.nextCursor).toBeDefined();
  expect(reads).toBeLessThanOrEqual(1100);
  expect((await pages(world, 'phase=lost')).flat()).toEqual(['wanted']);
});

function counted() {
  const counts = { queries: 0 };
  const world = makeApiWorld((ports) => ({
    jobs: {
      ...ports.jobs,
      idsOfDay: async (...args) => {
        counts.queries += 1;
        return ports.jobs.idsOfDay(...args);
      },
    },
  }));
  const cost = async (query: string) => {
    counts.queries = 0;
    const found = (await pages(world, query)).flat();
    return { found, queries: counts.queries };
  };
  return { world, cost };
}

test('empty days are looked at once, and never again by anybody', async () => {
  const { world, cost } = counted();
  await fill(world, aJob('new', START_MS), aJob('old', START_MS - 90 * DAY_MS));
  const first = await cost('');
  expect([first.found, first.queries > 100, first.queries <= 125]).toEqual([['new', 'old'], true, true]);
  const second = await cost('');
  expect([second.found, second.queries <= 6]).toEqual([['new', 'old'], true]);
  expect((await cost('limit=1')).found).toEqual(['new', 'old']);
});

test('a day is not taken for empty before it is over', async () => {
  const { world, cost } = counted();
  const midnightMs = Date.UTC(2026, 10, 21);
  await cost('');
  world.clock.advance(midnightMs - START_MS + 60_000);
  await cost('');
  await fill(world, aJob('late', midnightMs - 1), aJob('today', midnightMs + 1));
  expect((await cost('')).found).toEqual(['today', 'late']);
});

test('a list does without what is known of empty days where it can not be read or kept', async () => {
  const fail = async () => {
    throw new Error('throttled');
  };
  const world = makeApiWorld(() => ({ emptyDays: { load: fail, save: fail } }));
  await fill(world, aJob('a', START_MS - DAY_MS));
  expect(await pages(world, '')).toEqual([['a']]);
  expect(world.lines.filter(({ message }) => message === 'api.empty_days').map(({ fields }) => fields['step'])).toEqual(
    ['load', 'save'],
  );
});

test('large records make short pages', async () => {
  const world = makeApiWorld();
  const heavy = { unknownWords: ['x'.repeat(1_500_000)] };
  await fill(world, ...[1, 2, 3, 4, 5].map((index) => aJob(`j-${index}`, START_MS - index, heavy)));
  expect((await pages(world, 'account=default')).map((page) => page.length)).toEqual([3, 2]);
});

test.each([
  ['phase=running', ['b']],
  ['api=alibaba.nlb', ['a', 'c']],
  ['account=other', ['c']],
  ['jobId=b', ['b']],
  ['label.team=x', ['a', 'b']],
  ['label.team=x&label.env=prod', ['b']],
  ['label.team=y', []],
  ['label.toString=x', []],
  [`since=${toIso(START_MS - 90_000)}`, ['a', 'b']],
  [`since=${encodeURIComponent('2026-11-20T11:58:30+02:00')}`, ['a', 'b']],
  [`since=${toIso(START_MS - 60_000)}`, ['a', 'b']],
  ['phase=running&api=alibaba.nlb', []],
])('the filter %s finds %j', async (query, found) => {
  const world = makeApiWorld();
  await fill(
    world,
    aJob('a', START_MS, { labels: { team: 'x' } }),
    aJob('b', START_MS - 60_000, { phase: 'running', api: 'huawei.elb.v3', labels: { team: 'x', env: 'prod' } }),
    aJob('c', START_MS - 120_000, { account: 'other' }),
  );
  expect((await pages(world, query)).flat()).toEqual(found);
});

test('pages give every job once, in order, whatever the size, and what is added meanwhile moves nothing', async () => {
  const ages = fc.uniqueArray(fc.integer({ min: 0, max: 100 * 24 * 60 }), { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(ages, fc.integer({ min: 1, max: 7 }), fc.boolean(), async (minutes, limit, filtered) => {
      const world = makeApiWorld();
      await fill(world, ...minutes.map((age) => aJob(`m${age}`, START_MS - age * 60_000)));
      const seen: string[] = [];
      let cursor = '';
      for (let turn = 0; turn < 200; turn += 1) {
        const query = `limit=${limit}${filtered ? '&account=default' : ''}${cursor}`;
        const { body } = await world.request('GET', '/v1/jobs', { query });
        expect(body.jobs.length).toBeLessThanOrEqual(limit);
        seen.push(...body.jobs.map(({ jobId }: { jobId: string }) => jobId));
        await fill(world, aJob(`new-${turn}`, START_MS + turn));
        if (body.nextCursor === undefined) break;
        cursor = `&cursor=${body.nextCursor}`;
      }
      expect(seen).toEqual([...minutes].sort((a, b) => a - b).map((age) => `m${age}`));
    }),
    { numRuns: 60 },
  );
});

test.each([
  ['phase=done', 'phase'],
  ['limit=0', 'limit'],
  ['limit=101', 'limit'],
  ['limit=1e1', 'limit'],
  ['limit=', 'limit'],
  ['since=yesterday', 'since'],
  ['since=2026-02-30T00:00:00Z', 'since'],
  ['api=', 'api'],
  ['pahse=running', 'pahse'],
  ['phase=lost&phase=failed', 'phase'],
  ['label.team=a&label.team=b', 'label.team'],
  [`label.team=${'a'.repeat(257)}`, 'label'],
  ['label.__proto__=a', 'label'],
  ['label.=a', 'label'],
  ['label=a', 'label'],
  ['label=a&label.team=b', 'label'],
  ['__proto__=a', '__proto__'],
  ['constructor=a', 'constructor'],
  ['cursor=abc', 'cursor'],
  ['cursor=', 'cursor'],
])('the query %s is refused, naming %s', async (query, field) => {
  const response = await makeApiWorld().request('GET', '/v1/jobs', { query });
  expect(response.status).toBe(400);
  expect(response.body.errors.map((error: { field: string }) => error.field)).toEqual([field]);
});

test('a cursor belongs to its list and its filters, not to the size of its page', async () => {
  const world = makeApiWorld();
  await fill(world, ...[1, 2, 3].map((index) => aJob(`j-${index}`, START_MS - index)));
  const { body } = await world.request('GET', '/v1/jobs', { query: 'limit=1&phase=pending' });
  const next = (query: string) => world.request('GET', '/v1/jobs', { query: `${query}&cursor=${body.nextCursor}` });
  expect((await next('limit=2&phase=pending')).status).toBe(200);
  expect((await next('limit=1')).status).toBe(400);
  body.nextCursor += '=';
  expect((await next('phase=pending')).status).toBe(400);
  body.nextCursor = body.nextCursor.slice(0, -1);
  expect((await next('phase=running')).status).toBe(400);
});

test('a cursor that nobody made is a 400 and never a fault', async () => {
  const world = makeApiWorld();
  await fill(world, aJob('a', START_MS), aJob('b', START_MS - 1));
  const { body } = await world.request('GET', '/v1/jobs', { query: 'limit=1' });
  const good: string = body.nextCursor;
  const mangled = fc
    .tuple(fc.nat(good.length - 1), fc.constantFrom(...'aZ09-_='))
    .map(([at, put]) => good.slice(0, at) + put + good.slice(at + 1));
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.base64String(), mangled), async (cursor) => {
      const response = await world.request('GET', '/v1/jobs', {
        query: new URLSearchParams({ limit: '1', cursor }).toString(),
      });
      expect([200, 400]).toContain(response.status);
    }),
  );
});

test('a record that can not be understood is left out of its page, and a store that fails is no empty page', async () => {
  const broken = (error: Error) =>
    makeApiWorld((ports) => ({
      jobs: { ...ports.jobs, get: (id) => (id.endsWith('a') ? Promise.reject(error) : ports.jobs.get(id)) },
    }));
  const records = [1, 2, 3].map((minute) => aJob(`j${minute}`, START_MS - minute * 60_000));
  const odd = { ...aJob('odd', START_MS - 90_000), id: `job_${'a'.repeat(26)}` };
  const world = broken(new ItemError('phase: odd'));
  await fill(world, ...records.map((job) => ({ ...job, id: `${job.id.slice(0, -1)}b` })), odd);
  const { status, body } = await world.request('GET', '/v1/jobs');
  expect([status, (body as { jobs: object[] }).jobs.length]).toEqual([200, 3]);
  const down = broken(new Error('throttled'));
  await fill(down, odd);
  expect((await down.request('GET', '/v1/jobs')).status).toBe(500);
});

test('several phases, a region, an operation and the beginning of an id are filters', async () => {
  const world = makeApiWorld();
  const detail = { ...aJob('x', START_MS).detail, operation: 'UPGRADE' };
  await fill(
    world,
    aJob('f20c-1', START_MS - 1, { phase: 'failed', region: 'eu-de', detail }),
    aJob('f20c-2', START_MS - 2, { phase: 'lost' }),
    aJob('a-3', START_MS - 3, { phase: 'succeeded' }),
  );
  const of = async (query: string) => (await pages(world, query)).flat();
  expect(await of('phase=failed,lost')).toEqual(['f20c-1', 'f20c-2']);
  expect(await of('phase=succeeded')).toEqual(['a-3']);
  expect(await of('region=eu-de')).toEqual(['f20c-1']);
  expect(await of('operation=UPGRADE&phase=failed,lost')).toEqual(['f20c-1']);
  expect(await of('idPrefix=f20c')).toEqual(['f20c-1', 'f20c-2']);
  expect(await of('phase=lost&idPrefix=job_')).toEqual(['f20c-2']);
  for (const query of ['phase=failed,', 'phase=open', 'idPrefix=']) {
    const response = await world.request('GET', '/v1/jobs', { query });
    expect([query, response.status]).toEqual([query, 400]);
  }
});

const endedAt = (jobId: string, createdDaysAgo: number, endedMs: number | null) =>
  aJob(jobId, START_MS - createdDaysAgo * DAY_MS, {
    ...(endedMs === null ? {} : { phase: 'failed', endedAt: toIso(endedMs) }),
  });

test.each([
  [`endedSince=${toIso(START_MS)}`, ['last', 'first']],
  [`endedUntil=${toIso(START_MS + 1000)}`, ['first', 'long']],
  [`endedSince=${toIso(START_MS)}&endedUntil=${toIso(START_MS + 1000)}`, ['first']],
  [`endedSince=${toIso(START_MS)}&phase=pending`, []],
])('jobs are filtered by when they ended: %s', async (query, expected) => {
  const world = makeApiWorld();
  await fill(
    world,
    endedAt('open', 0, null),
    endedAt('last', 0, START_MS + 1000),
    endedAt('first', 1, START_MS),
    endedAt('long', 6, START_MS - 1),
  );
  expect((await pages(world, query)).flat()).toEqual(expected);
});

test('a list of ends looks at the days on which such jobs can have been created, and at no others', async () => {
  const days: string[] = [];
  const world = makeApiWorld((ports) => ({
    jobs: {
      ...ports.jobs,
      idsOfDay: async (day, limit, after) => {
        days.push(day);
        return ports.jobs.idsOfDay(day, limit, after);
      },
    },
  }));
  const [since, until] = [START_MS - 20 * DAY_MS, START_MS - 19 * DAY_MS];
  await fill(world, endedAt('a', 26, since), endedAt('b', 20, until), endedAt('later', 1, START_MS));
  const found = await pages(world, `endedSince=${toIso(since)}&endedUntil=${toIso(until)}`);
  expect(found.flat()).toEqual(['a']);
  expect([days.toSorted()[0], days.toSorted().at(-1)]).toEqual([
    toIso(since - 7 * DAY_MS - 300_000).slice(0, 10),
    toIso(until + 300_000).slice(0, 10),
  ]);
});

test('a cursor belongs to the times of the ends as well', async () => {
  const world = makeApiWorld();
  await fill(world, endedAt('a', 0, START_MS), endedAt('b', 0, START_MS));
  const at = toIso(START_MS);
  const first = await world.request('GET', '/v1/jobs', { query: `endedSince=${at}&limit=1` });
  const other = await world.request('GET', '/v1/jobs', { query: `endedUntil=${at}&cursor=${first.body.nextCursor}` });
  expect([first.status, other.status]).toEqual([200, 400]);
});
