import fc from 'fast-check';
import { describe, expect, it, test, vi } from 'vitest';
import { spanText } from '../../console/data/format.ts';
import { countTicks, secondsTicks, timeTicks } from '../../console/history/axis.ts';
import {
  badPhasesOf,
  cutBuckets,
  endPhasesOf,
  jobsHref,
  pollsOf,
  statesOf,
  sumOf,
} from '../../console/history/series.ts';
import { apiQuery, filtersOf, placeQuery } from '../../console/jobs/filters.ts';
import { START_MS } from '../fakes/clock.ts';
import { isMissing, useConsole, violations } from './harness.ts';

const utc = (hours: number) =>
  `${new Date(START_MS + hours * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

describe('the axes of a chart over time', () => {
  test.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [5, [0, 2, 4, 6]],
    [2000, [0, 500, 1000, 1500, 2000]],
  ])('count up to %s', (highest, ticks) => expect(countTicks(highest)).toEqual(ticks));

  test.each([
    [0, [0, 0.1]],
    [0.35, [0, 0.1, 0.2, 0.3, 0.4]],
    [4.1, [0, 2, 4, 6]],
    [100, [0, 30, 60, 90, 120]],
  ])('measure up to %s s', (highest, ticks) => expect(secondsTicks(highest)).toEqual(ticks));

  test('begin with 0, have two to five ticks at equal distances, and reach the highest value and hardly more', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 600_000, noNaN: true }), (highest) => {
        for (const ticks of [countTicks(highest), secondsTicks(highest)]) {
          expect(ticks[0]).toBe(0);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          expect(ticks.length).toBeLessThanOrEqual(5);
          expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest);
          expect(ticks.at(-2)).toBeLessThanOrEqual(Math.max(highest, 0));
          const steps = ticks.slice(1).map((tick, index) => tick - (ticks[index] ?? 0));
          expect(Math.max(...steps) - Math.min(...steps)).toBeLessThan(1e-6);
        }
      }),
    );
  });

  test('name round hours of a day, as many as there is room for', () => {
    const begins = Array.from({ length: 24 }, (_, hour) => utc(hour));
    const names = (width: number) => timeTicks(begins, 3600, width).map(({ text }) => text);
    expect(names(2000)).toHaveLength(24);
    expect(names(330)).toEqual(['12:00', '16:00', '20:00', '00:00', '04:00', '08:00']);
    expect(names(0)).toHaveLength(1);
  });

  test('name the days of a week where they begin', () => {
    const begins = Array.from({ length: 28 }, (_, index) => utc(index * 6 - 4));
    expect(timeTicks(begins, 21_600, 700)[0]).toEqual({ index: 3, text: '11-21' });
    expect(timeTicks(begins, 21_600, 700)).toHaveLength(7);
    expect(timeTicks(begins, 21_600, 200)).toHaveLength(4);
  });
});

test.each([
  ['2026-11-20 10:00:00 UTC', '2026-11-20 11:00:00 UTC', '2026-11-20 10:00 to 11:00 UTC'],
  ['2026-11-20 18:00:00 UTC', '2026-11-21 00:00:00 UTC', '2026-11-20 18:00 to 2026-11-21 00:00 UTC'],
  ['2026-10-25 01:00:00 +02:00', '2026-10-25 06:00:00 +01:00', '2026-10-25 01:00 +02:00 to 06:00 +01:00'],
  ['2026-11-20 10:00:01 UTC', '2026-11-20 11:00:00 UTC', '2026-11-20 10:00:01 to 11:00 UTC'],
  ['', '2026-11-20 11:00:00 UTC', 'before 2026-11-20 11:00 UTC'],
  ['2026-11-20 11:00:00 UTC', '', 'since 2026-11-20 11:00 UTC'],
])('a span from "%s" to "%s" reads %s', (from, to, text) => expect(spanText(from, to)).toBe(text));

describe('figures', () => {
  const ends = { failed: 1, succeeded: 8, lost: 1, paused: 2 };

  test('come in one order, the good first, words of a newer jobwatch last', () => {
    expect(endPhasesOf({ ends })).toEqual(['succeeded', 'lost', 'failed', 'paused']);
    expect(badPhasesOf({ ends })).toEqual(['lost', 'failed']);
    expect(statesOf({ deliveries: { exhausted: 1, delivered: 2, held: 1 } })).toEqual([
      'delivered',
      'exhausted',
      'held',
    ]);
    expect([sumOf(ends), sumOf(ends, ['lost', 'odd'])]).toEqual([12, 1]);
    expect([pollsOf({ ends, polls: 30 }), pollsOf({ ends: {}, polls: 0 })]).toEqual([2.5, null]);
  });

  test('of a bucket lead to the jobs that are in it, and to nothing else', () => {
    const [from, to] = ['2026-11-20T10:00:00.000Z', '2026-11-20T11:00:00.000Z'];
    const query = new URLSearchParams(jobsHref({ from, to }, ['lost', 'failed']).split('?')[1]);
    const filters = filtersOf(query);
    expect(filters).toMatchObject({ phases: ['failed', 'lost'], endedSince: from, endedUntil: to, since: '' });
    expect(placeQuery(filters)).toMatchObject({ endedSince: from, endedUntil: to });
    expect(Object.fromEntries(new URLSearchParams(apiQuery(filters, START_MS)))).toEqual({
      phase: 'failed,lost',
      endedSince: from,
      endedUntil: to,
    });
    expect(filtersOf(new URLSearchParams('endedSince=soon')).endedSince).toBe('');
  });

  test('are marked where a limit cut off what was created before', () => {
    const buckets = ['10', '11', '12'].map((hour) => ({
      from: `2026-11-20T${hour}:00:00.000Z`,
      to: '',
      ...{ ends: {}, polls: 0, detectionDelay: null, deliveries: {}, deliveryDelay: null },
    }));
    expect(cutBuckets({ buckets }, '2026-11-13T10:00:00.000Z')).toBe(0);
    expect(cutBuckets({ buckets }, '2026-11-20T11:30:00.000Z')).toBe(2);
  });
});

/** Goal: what happened over a day is seen at a glance, and each bucket leads to its jobs. */
describe.skipIf(isMissing)('the page of the history', { timeout: 90_000 }, () => {
  const open = useConsole();
  const WAIT = { timeout: 25_000, interval: 200 };

  it('says that nothing has happened yet', async () => {
    const { goTo, see } = open();
    await goTo('#/history?range=7d');
    await see('No job ended in the last 7 days');
  });

  it('shows ends, failures and deliveries, and leads from a column to the jobs that are in it', async () => {
    const { scene, page, goTo, see } = open();
    const job = { api: 'alibaba.alb', region: 'cn-hangzhou' };
    const ends = { good: 'Succeeded', fine: 'Succeeded', bad: 'Failed' };
    for (const [jobId, status] of Object.entries(ends))
      scene.simulator.addJob({ api: job.api, jobId, steps: [{ status }] });
    await scene.stack.api.post('/jobs', { jobs: Object.keys(ends).map((jobId) => ({ ...job, jobId })) });
    await vi.waitFor(async () => {
      const { jobs } = await scene.stack.api.get<{
        jobs: { endedAt: string | null; seq: number; notifiedSeq: number }[];
      }>('/jobs');
      const path = `/subscriptions/${scene.subscriptions.good}/deliveries?type=jobwatch.job.*&state=delivered`;
      const { deliveries } = await scene.stack.api.get<{ deliveries: unknown[] }>(path);
      const done = jobs.filter(({ endedAt, seq, notifiedSeq }) => endedAt !== null && seq === notifiedSeq);
      expect([done.length, deliveries.length >= 3]).toEqual([3, true]);
    }, WAIT);
    await goTo('#/history');
    const card = (name: string) => page.getByRole('region', { name, exact: true });
    await card('Ends').locator('.legend').waitFor();
    expect(await card('Ends').locator('.legend li').allTextContents()).toEqual(['succeeded 2', 'failed 1']);
    expect(await card('Failures').locator('.legend li').allTextContents()).toEqual(['failed 1']);
    await card('Deliveries').locator('.legend').getByText('delivered').waitFor();
    await card('Failures').locator('svg a').click();
    await page.getByRole('link', { name: 'bad', exact: true }).waitFor();
    expect(new URL(page.url()).hash).toMatch(/^#\/jobs\?phase=failed&endedSince=.+&endedUntil=/);
    await see('1 job');
    await page.getByRole('button', { name: /^Remove the filter ended / }).click();
    await page.waitForURL((url) => !url.hash.includes('ended'));
    await page.goBack();
    await see('Detection delay');
  });

  it('has a table with the same numbers and links', async () => {
    const { page, see } = open();
    await page.getByText('As a table').click();
    expect(await page.locator('.as-table tbody tr').count()).toBe(25);
    const all = page.locator('.as-table tbody tr', { has: page.getByRole('rowheader', { name: 'All', exact: true }) });
    expect((await all.locator('td').allTextContents()).slice(0, 2)).toEqual(['3', '1']);
    await page.locator('.as-table tbody tr').getByRole('link', { name: '1', exact: true }).last().click();
    await see('1 job');
  });

  it('says what is not counted: records that are left, and what lies behind a limit', async () => {
    const { page, goTo, see } = open();
    let unread = 7;
    await page.route('**/v1/history*', async (route) => {
      const response = await route.fetch({ headers: { ...route.request().headers(), 'if-none-match': '' } });
      const body = await response.json();
      const jobs = { isWhole: false, since: body.buckets[3].from, unread };
      await route.fulfill({ status: 200, json: { ...body, jobs } });
    });
    await goTo('#/history?range=24h');
    await see('7 records are left, and not counted yet');
    unread = 0;
    await see('jobs that were created before');
    expect(await page.locator('.not-counted').count()).toBeGreaterThan(0);
    await page.unrouteAll({ behavior: 'wait' });
  });

  it('has nothing serious for axe, at 390 to 1920 px, in light and dark, under the mouse', async () => {
    const { page, goTo, see } = open();
    const found: unknown[] = [];
    await goTo('#/history');
    await see('Detection delay');
    await page.getByText('As a table').click();
    for (const width of [1920, 1280, 390, 360]) {
      await page.setViewportSize({ width, height: 800 });
      const overflow = await page.evaluate('document.scrollingElement.scrollWidth - innerWidth');
      if (Number(overflow) > 0) found.push(`${overflow} px too wide at ${width} px`);
      await page.locator('.over-time a').first().hover();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        found.push(...(await violations(page, colorScheme === 'dark')).map((one) => `${width} ${colorScheme} ${one}`));
      }
    }
    expect(found).toEqual([]);
  });
});
