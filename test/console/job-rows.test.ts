import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  compareJobs,
  leavesGap,
  stretchInSight,
  withNewestPage,
  withOlderPage,
  withRecord,
} from '../../console/jobs/rows.ts';
import { aListedJob } from './jobs.ts';

const rows = (from: number, end: number) => Array.from({ length: end - from }, (_, index) => aListedJob(from + index));
const numbers = (list: readonly { jobId: string }[]) => list.map(({ jobId }) => Number(jobId.slice('vendor-'.length)));

test('the newest page goes on top, and what is below it stays', () => {
  expect(numbers(withNewestPage(rows(3, 9), { jobs: rows(0, 5), isLast: false }))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test('what is missing in the stretch of the newest page has left the filter', () => {
  const jobs = [aListedJob(0), aListedJob(4)];
  expect(numbers(withNewestPage(rows(0, 7), { jobs, isLast: false }))).toEqual([0, 4, 5, 6]);
  expect(numbers(withNewestPage(rows(0, 7), { jobs, isLast: true }))).toEqual([0, 4]);
  expect(withNewestPage(rows(0, 7), { jobs: [], isLast: true })).toEqual([]);
  expect(numbers(withNewestPage(rows(0, 2), { jobs: [], isLast: false }))).toEqual([0, 1]);
});

test('a page that knows no row may have left out jobs between', () => {
  expect(leavesGap(rows(5, 9), { jobs: rows(0, 5), isLast: false })).toBe(true);
  expect(leavesGap(rows(4, 9), { jobs: rows(0, 5), isLast: false })).toBe(false);
  expect(leavesGap([], { jobs: rows(0, 5), isLast: false })).toBe(false);
});

test('an older page goes below, each job once', () => {
  expect(numbers(withOlderPage(rows(0, 3), rows(2, 5)))).toEqual([0, 1, 2, 3, 4]);
});

test('a renewed record takes its place, or leaves with its phase', () => {
  const ended = aListedJob(1, 'vendor-1', { phase: 'failed' });
  expect(withRecord(rows(0, 3), ended, [])[1]?.phase).toBe('failed');
  expect(numbers(withRecord(rows(0, 3), ended, ['running']))).toEqual([0, 2]);
});

test('jobs are ordered as the API lists them: by creation and id, newest first', () => {
  const twin = { ...aListedJob(1), id: 'job_zz' };
  expect([aListedJob(2), aListedJob(1), twin, aListedJob(0)].sort(compareJobs).map(({ id }) => id)).toEqual(
    [aListedJob(0), twin, aListedJob(1), aListedJob(2)].map(({ id }) => id),
  );
});

test('however long the list and wherever the eye, the rows in sight are drawn and few others', () => {
  const view = fc.record({
    scrollTop: fc.integer({ min: -500, max: 500_000 }),
    height: fc.integer({ min: 0, max: 3000 }),
    rowHeight: fc.integer({ min: 20, max: 90 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000 }), view, (count, seen) => {
      const { first, end } = stretchInSight(count, seen);
      expect(0 <= first && first <= end && end <= count).toBe(true);
      expect(end - first).toBeLessThanOrEqual(Math.ceil(seen.height / seen.rowHeight) + 18);
      const top = Math.max(0, seen.scrollTop);
      const inSight = Math.min(count, Math.ceil((top + seen.height) / seen.rowHeight));
      if (top / seen.rowHeight < count && seen.scrollTop >= 0) expect(end).toBeGreaterThanOrEqual(inSight);
      if (inSight > 0 && top / seen.rowHeight < count)
        expect(first).toBeLessThanOrEqual(Math.floor(top / seen.rowHeight));
    }),
  );
});
