import { describe, expect, it } from 'vitest';
import { toIso, toMs } from '../../lib/base/time.ts';
import { deadlineMs, LONGEST_WATCH_MS, merge, newJob } from '../../lib/job/job.ts';
import { mergeLabels } from '../../lib/job/labels.ts';
import { endUnpollable, reopen } from '../../lib/job/transition.ts';
import { START_MS } from '../fakes/clock.ts';
import { aJob, aMessage } from '../fakes/records.ts';

const DAY = 24 * 3_600_000;
const made = (overrides: Parameters<typeof aMessage>[0]) =>
  newJob(aMessage(overrides), { sentMs: START_MS, nowMs: START_MS, owner: null });

describe('a new job', () => {
  it.each([
    ['seven days before the sending', START_MS - 30 * DAY, START_MS - 7 * DAY],
    ['five minutes after the sending', START_MS + DAY, START_MS + 5 * 60_000],
    ['what is said', START_MS - 3600_000, START_MS - 3600_000],
  ])('takes as submission %s', (_, claimed, taken) => {
    expect(made({ submittedAt: toIso(claimed) }).submittedAt).toBe(toIso(taken));
  });

  it('has its deadline counted from the sending', () => {
    expect(made({ timeoutSeconds: 60, submittedAt: toIso(START_MS - DAY) }).deadlineAt).toBe(toIso(START_MS + 60_000));
  });
});

describe('a second message', () => {
  it('brings the earlier submission and the later deadline, never one past seven days', () => {
    const job = made({ timeoutSeconds: 60 });
    const merged = merge(
      job,
      aMessage({ timeoutSeconds: 604_800, submittedAt: toIso(START_MS - 1000) }),
      START_MS + DAY,
    );
    expect(merged.submittedAt).toBe(toIso(START_MS - 1000));
    expect(toMs(merged.deadlineAt)).toBe(START_MS + LONGEST_WATCH_MS);
    expect(merge(merged, aMessage({ timeoutSeconds: 60 }), START_MS)).toEqual(merged);
  });

  it('can not push the deadline for ever, however often it is sent', () => {
    let job = made({});
    for (let day = 1; day < 30; day++) job = merge(job, aMessage({}), START_MS + day * DAY);
    expect(toMs(job.deadlineAt)).toBe(deadlineMs(aMessage({ timeoutSeconds: 604_800 }), START_MS + DAY, START_MS));
  });
});

describe('a message of a watch that is over', () => {
  it.each([
    ['before', -1, false],
    ['with', 0, false],
    ['after', 1, true],
  ])('sent %s the end adds to the watch that follows only what is its own', (_, sentAfterMs, adds) => {
    const endedMs = START_MS + 60_000;
    const ended = endUnpollable(made({ timeoutSeconds: 60 }), 'gone', endedMs + 10 * 60_000);
    const message = aMessage({ timeoutSeconds: 60 });
    const endMs = endedMs + 10 * 60_000;
    const again = reopen(ended, message, { sentMs: endMs + 5, nowMs: endMs + 5, owner: 'next' });
    const late = aMessage({ timeoutSeconds: 604_800, labels: { late: 'yes' } });
    expect(merge(again, late, endMs + sentAfterMs) === again).toBe(!adds);
  });
});

describe('labels', () => {
  it('are at most ten, and the newest win', () => {
    const old = Object.fromEntries('abcdefghij'.split('').map((key) => [key, 'old']));
    expect(mergeLabels(old, { a: 'new', k: 'new' })).toEqual({
      ...Object.fromEntries('cdefghij'.split('').map((key) => [key, 'old'])),
      a: 'new',
      k: 'new',
    });
  });

  it('stay at most ten when a job is opened again and again', () => {
    let job = aJob({ phase: 'timed_out' });
    for (let time = 0; time < 70; time++) {
      const labels = Object.fromEntries(Array.from({ length: 10 }, (_, key) => [`k${time}-${key}`, 'v']));
      job = {
        ...reopen(job, aMessage({ labels }), { sentMs: START_MS, nowMs: START_MS, owner: null }),
        phase: 'timed_out',
      };
    }
    expect(Object.keys(job.labels)).toHaveLength(10);
  });
});
