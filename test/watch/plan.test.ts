import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scopeKey } from '../../lib/job/identity.ts';
import type { Vendor } from '../../lib/vendors/vendor.ts';
import { type DueJob, planCalls } from '../../lib/watch/plan.ts';

const GROUPINGS: Record<string, Vendor['grouping']> = {
  nlb: { batchMax: 20, listPageMax: 0 },
  alb: { batchMax: 20, listPageMax: 0 },
  v1: { batchMax: 0, listPageMax: 0 },
  v3: { batchMax: 0, listPageMax: 200 },
};
const vendorOf = (api: string) => ({ grouping: GROUPINGS[api] ?? { batchMax: 0, listPageMax: 0 } });
const never = () => undefined;
const HOUR = 3_600_000;

function due(api: string, count: number, overrides: Partial<DueJob> = {}): DueJob[] {
  const scope = { api, account: 'default', region: 'r', projectId: null };
  return Array.from({ length: count }, (_, index) => ({
    scope,
    jobId: `j${index}`,
    dueMs: index,
    submittedMs: index,
    missedLast: false,
    ...overrides,
  }));
}

describe('the plan', () => {
  it.each([
    ['alb', 1, 1],
    ['alb', 20, 1],
    ['alb', 45, 3],
    ['alb', 200, 10],
    ['alb', 2000, 100],
    ['nlb', 1, 1],
    ['nlb', 20, 1],
    ['nlb', 45, 3],
    ['nlb', 200, 10],
    ['nlb', 2000, 100],
    ['v1', 1, 1],
    ['v1', 20, 20],
    ['v1', 45, 45],
    ['v1', 200, 200],
    ['v3', 1, 1],
    ['v3', 4, 4],
    ['v3', 5, 1],
    ['v3', 45, 1],
    ['v3', 2000, 1],
  ])('%s: %i due jobs need %i calls', (api, jobs, calls) => {
    expect(planCalls(due(api, jobs), vendorOf, never)).toHaveLength(calls);
  });

  it.each([
    [1, 2, 'single'],
    [1, 3, 'list'],
    [3, 4, 'single'],
    [3, 5, 'list'],
    [40, 41, 'single'],
    [40, 42, 'list'],
  ])('reads the list of %i pages for %i jobs: %s', (pages, jobs, shape) => {
    expect(new Set(planCalls(due('v3', jobs), vendorOf, () => pages).map(({ call }) => call.shape))).toEqual(
      new Set([shape]),
    );
  });

  it('begins a list a day before the oldest due submission: the vendor names no zone', () => {
    const jobs = due('v3', 6).map((job, index) => ({ ...job, submittedMs: (100 - index) * HOUR }));
    expect(planCalls(jobs, vendorOf, never)[0]?.call.beganAfterMs).toBe((95 - 24) * HOUR);
  });

  it('polls ids alone that were missing last time, and a last one left over by the single call', () => {
    const jobs = due('nlb', 21).map((job, index) => ({ ...job, missedLast: index === 3 }));
    expect(planCalls(jobs, vendorOf, never).map(({ call: { shape, jobIds } }) => [shape, jobIds.length])).toEqual([
      ['batch', 20],
      ['single', 1],
    ]);
    expect(planCalls(due('nlb', 1), vendorOf, never).map(({ call }) => call.shape)).toEqual(['single']);
  });

  it('takes the longest due first, whenever they were submitted', () => {
    const jobs = due('nlb', 45).map((job, index) => ({ ...job, dueMs: 100 - index, submittedMs: index }));
    const [first, second, last] = planCalls(jobs, vendorOf, never).map(({ call }) => call.jobIds);
    expect([first?.[0], first?.length, second?.[0], last?.at(-1)]).toEqual(['j44', 20, 'j24', 'j0']);
  });

  it('takes an id that was missing in its turn, not before all others', () => {
    const jobs = due('nlb', 40).map((job, index) => ({ ...job, missedLast: index === 39 }));
    expect(planCalls(jobs, vendorOf, never).map(({ call }) => call.shape)).toEqual(['batch', 'batch', 'single']);
  });

  it('polls every due id exactly once, mixes no scopes, and passes no limit', () => {
    const job = fc.record({
      scope: fc.record({
        api: fc.constantFrom('nlb', 'alb', 'v1', 'v3'),
        account: fc.constantFrom('a', 'b'),
        region: fc.constantFrom('r', 's'),
        projectId: fc.constantFrom(null, 'p'),
      }),
      jobId: fc.constantFrom(...Array.from({ length: 60 }, (_, index) => `j${index}`)),
      dueMs: fc.integer({ min: 0, max: 1e9 }),
      submittedMs: fc.integer({ min: 0, max: 1e9 }),
      missedLast: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(job, { maxLength: 150 }),
        fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
        (jobs, pages) => {
          const planned = planCalls(jobs, vendorOf, () => pages);
          const calls = planned.map(({ call }) => call);
          // Whoever is due stands with its call, and with no other.
          expect(planned.flatMap(({ due: members }) => members)).toHaveLength(jobs.length);
          for (const { call, due: members } of planned)
            for (const { scope, jobId } of members)
              expect([scopeKey(scope), call.jobIds.includes(jobId)]).toEqual([scopeKey(call.scope), true]);
          const wanted = [...new Set(jobs.map(({ scope, jobId }) => `${scopeKey(scope)}|${jobId}`))].sort();
          const asked = calls
            .flatMap(({ scope, jobIds }) => jobIds.map((jobId) => `${scopeKey(scope)}|${jobId}`))
            .sort();
          expect(asked).toEqual(wanted);
          for (const { scope, shape, jobIds } of calls) {
            if (shape === 'single') expect(jobIds).toHaveLength(1);
            if (shape === 'batch') expect(jobIds.length).toBeLessThanOrEqual(vendorOf(scope.api).grouping.batchMax);
            if (shape === 'list') expect(vendorOf(scope.api).grouping.listPageMax).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
