import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import { BAD_ENDS_MAX, type Group, type Member } from '../../lib/job/group/group.ts';
import {
  endedCount,
  groupDeadlineMs,
  memberChange,
  newMember,
  outcomeOf,
  summarize,
  turnOf,
} from '../../lib/job/group/summary.ts';
import { LONGEST_WATCH_MS, merge } from '../../lib/job/job.ts';
import { PHASES, type Phase } from '../../lib/job/phase.ts';
import { reopen, stopJob } from '../../lib/job/transition.ts';
import { START_MS } from '../fakes/clock.ts';
import { aJob, aMessage } from '../fakes/records.ts';

const NOW = toIso(START_MS);
const ENDS = ['succeeded', 'failed', 'canceled', 'lost'] as const;

function aMember(at: number, end: Phase | null, labels: Readonly<Record<string, string>> = {}): Member {
  const member = newMember(aMessage({ jobId: `j${at}`, labels }), { sentMs: START_MS + at, nowMs: START_MS + at });
  const whole = { ...member, group: 'g', since: NOW };
  return end === null ? whole : { ...whole, phase: end, seq: 1, endedAt: toIso(START_MS + 1000 - at) };
}

function aGroup(members: readonly Member[], size = members.length): Group {
  const head = { id: 'g', size, createdAt: NOW, version: 1, members: members.map(({ job }) => job), dueAt: NOW };
  return { head: { ...head, failing: null, end: null, expiresAt: null }, members };
}

const ends = fc.array(fc.option(fc.constantFrom(...ENDS)), { minLength: 1, maxLength: 60 });

describe('what the ends of members come to', () => {
  it('counts those that have ended, and has succeeded only if all did', () => {
    fc.assert(
      fc.property(ends, (phases) => {
        const group = aGroup(phases.map((phase, at) => aMember(at, phase)));
        const ended = phases.filter((phase) => phase !== null);
        const outcome = ended.length === phases.length ? outcomeOf(group) : null;
        const { phases: counts, badEnds, endedAt, submittedAt } = summarize(group, {}, outcome);
        const sum = Object.values(counts).reduce((total, count) => total + count, 0);
        expect([sum, endedCount(group)]).toEqual([ended.length, ended.length]);
        expect(outcome === 'succeeded').toBe(phases.every((phase) => phase === 'succeeded'));
        expect(badEnds).toHaveLength(Math.min(BAD_ENDS_MAX, ended.filter((phase) => phase !== 'succeeded').length));
        const times = badEnds.map((bad) => bad.endedAt);
        expect(times).toEqual(times.toSorted());
        expect(submittedAt).toBe(NOW);
        expect(endedAt === null).toBe(outcome === null);
      }),
    );
  });

  it('shares the labels that every member has, with the same value', () => {
    const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'));
    fc.assert(
      fc.property(fc.array(labels, { minLength: 1, maxLength: 6 }), (all) => {
        const group = aGroup(all.map((own, at) => aMember(at, 'succeeded', own)));
        const shared = Object.entries(all[0] ?? {}).filter(([key, value]) => all.every((own) => own[key] === value));
        for (const own of all) expect(summarize(group, own, 'succeeded').labels).toEqual(Object.fromEntries(shared));
      }),
    );
  });

  it('names the apis and accounts of the members once each', () => {
    const other = { ...aMember(1, null), api: 'b.api', account: 'b' };
    expect(summarize(aGroup([aMember(0, null), other, other]), {}, null)).toMatchObject({
      apis: ['b.api', 'test.api'],
      accounts: ['b', 'default'],
    });
  });
});

describe('a member', () => {
  it('ends with its watch and is open again with the next one; nothing else turns it', () => {
    const job = aJob({ phase: 'running' });
    const stopped = stopJob(job, START_MS + 1000);
    const opened = reopen(stopped, aMessage({ group: { id: 'g', size: 1 } }), {
      sentMs: START_MS + 2000,
      nowMs: START_MS + 2000,
      owner: null,
    });
    expect(opened.history.map(turnOf)).toEqual(['ended', 'opened']);
    expect(opened.group).toEqual({ id: 'g', size: 1 });
    const [end, opening] = opened.history;
    if (end === undefined || opening === undefined) throw new Error('the history is short');
    expect(memberChange('g', opened, end)).toMatchObject({ phase: 'stopped', seq: 1, endedAt: end.at });
    expect(memberChange('g', opened, opening)).toMatchObject({ phase: 'pending', seq: 2, endedAt: null, error: null });
    for (const kind of ['unknown_status', 'overdue'] as const) expect(turnOf({ ...end, kind })).toBeNull();
    for (const phase of PHASES) expect(turnOf({ ...end, phase, previousPhase: phase })).toBeNull();
  });

  it('keeps little of a long error', () => {
    const end = stopJob(aJob(), START_MS).history[0];
    if (end === undefined) throw new Error('there is no end');
    const error = { code: 'c'.repeat(300), message: 'm'.repeat(3000) };
    const change = memberChange('g', aJob(), { ...end, phase: 'failed', error });
    expect([change.error?.code?.length, change.error?.message?.length]).toEqual([64, 256]);
    expect(memberChange('g', aJob(), { ...end, phase: 'succeeded', error }).error).toBeNull();
  });

  it('is in one group for ever', () => {
    const group = { id: 'g', size: 2 };
    const other = { id: 'h', size: 2 };
    const when = { sentMs: START_MS + 1, nowMs: START_MS + 1, owner: null };
    const later = merge(aJob(), aMessage({ group }), START_MS + 1);
    expect(later.group).toEqual(group);
    expect(merge(later, aMessage({ group: other }), START_MS + 2).group).toEqual(group);
    expect(merge(later, aMessage(), START_MS + 2).group).toEqual(group);
    expect(reopen(stopJob(later, START_MS), aMessage({ group: other }), when).group).toEqual(group);
  });

  it('of a watch that is over gets a group by an old message, and nothing else', () => {
    const job = stopJob(aJob(), START_MS + 1000);
    const message = aMessage({ group: { id: 'g', size: 2 }, labels: { a: 'b' } });
    expect(merge(job, message, START_MS)).toEqual({ ...job, group: { id: 'g', size: 2 } });
  });
});

describe('the deadline of a group', () => {
  it('is the latest of its members, and seven days at most', () => {
    const at = (ms: number) => toIso(START_MS + ms);
    expect(groupDeadlineMs(NOW, [at(5000), at(9000), at(1)])).toBe(START_MS + 9000);
    expect(groupDeadlineMs(NOW, [at(LONGEST_WATCH_MS * 2)])).toBe(START_MS + LONGEST_WATCH_MS);
  });
});
