import { expect, test } from 'vitest';
import { GROUP_KEPT_SECONDS } from '../../lib/base/retention.ts';
import { toIso } from '../../lib/base/time.ts';
import type { Decision, Group, Member } from '../../lib/job/group/group.ts';
import type { GroupList, GroupStore, OpenGroups } from '../../lib/job/group/store.ts';
import { newMember, summarize } from '../../lib/job/group/summary.ts';
import { START_MS } from '../fakes/clock.ts';
import { aMessage } from '../fakes/records.ts';

export type Groups = GroupStore & OpenGroups & GroupList;

const NOW = toIso(START_MS);
const when = { sentMs: START_MS, nowMs: START_MS };

/** What every store of groups keeps to. Tests share a store and use groups of their own; `at` has another clock. */
export function groupsContract(makeStore: (clock?: () => number) => Groups): void {
  const aGroup = (size = 2) => ({ id: `release ${crypto.randomUUID()} ü/1`, size });
  const aMember = (name: string): Omit<Member, 'group' | 'since'> =>
    newMember(aMessage({ jobId: name, labels: { team: 'net' } }), when);
  const read = async (store: Groups, id: string): Promise<Group> => {
    const group = await store.read(id);
    if (group === null) throw new Error('there is no such group');
    return group;
  };
  const ended = (group: string, job: string, seq: number, phase: Member['phase'] = 'succeeded') => ({
    group,
    job,
    phase,
    seq,
    submittedAt: NOW,
    endedAt: NOW,
    error: phase === 'succeeded' ? null : { code: 'E', message: null },
    labels: [],
  });
  const aDecision = (group: Group, job: string): Decision => ({
    by: { job, seq: 1 },
    at: NOW,
    summary: summarize(group, {}, 'failed', NOW),
  });

  test('a group is read back with its members, as they were put', async () => {
    const store = makeStore();
    const group = aGroup();
    const [a, b] = [aMember('a'), aMember('b')];
    expect(await store.read(group.id)).toBeNull();
    expect(await store.join(group, a, NOW)).toEqual({ kind: 'joined' });
    expect(await store.join(group, b, NOW)).toEqual({ kind: 'joined' });
    const { head, members } = await read(store, group.id);
    expect(head).toEqual({
      ...group,
      createdAt: NOW,
      version: 1,
      members: [a.job, b.job].sort(),
      dueAt: a.deadlineAt,
      failing: null,
      end: null,
      expiresAt: null,
    });
    const since = { since: NOW, group: group.id };
    expect(new Set(members)).toEqual(
      new Set([
        { ...a, ...since },
        { ...b, ...since },
      ]),
    );
  });

  test('a place is taken once, and no more of them than the size says', async () => {
    const store = makeStore();
    const group = aGroup();
    await store.join(group, aMember('a'), NOW);
    const results = await Promise.all(['a', 'b', 'c', 'b'].map((name) => store.join(group, aMember(name), NOW)));
    expect(results.map(({ kind }) => kind)).toContain('full');
    expect(results[0]).toEqual({ kind: 'joined' });
    const { head, members } = await read(store, group.id);
    expect(head.members).toHaveLength(2);
    expect(members).toHaveLength(2);
    expect(await store.join(group, aMember('d'), NOW)).toEqual({ kind: 'full' });
  });

  test('many that want to be the first make one group', async () => {
    const store = makeStore();
    const group = aGroup(8);
    const names = Array.from({ length: 8 }, (_, at) => `j${at}`);
    const joined = await Promise.all(names.map((name) => store.join(group, aMember(name), NOW)));
    expect(joined).toEqual(names.map(() => ({ kind: 'joined' })));
    expect((await read(store, group.id)).members).toHaveLength(8);
  });

  test('another size is told of, and changes nothing', async () => {
    const store = makeStore();
    const group = aGroup();
    await store.join(group, aMember('a'), NOW);
    const before = await store.read(group.id);
    expect(await store.join({ ...group, size: 3 }, aMember('b'), NOW)).toEqual({ kind: 'otherSize', size: 2 });
    expect(await store.read(group.id)).toEqual(before);
  });

  test('a member that joins again stays as it is', async () => {
    const store = makeStore();
    const group = aGroup();
    const a = aMember('a');
    await store.join(group, a, NOW);
    expect(await store.setMember(ended(group.id, a.job, 1))).toBe('saved');
    await store.join(group, a, NOW);
    expect((await read(store, group.id)).members[0]).toMatchObject({ phase: 'succeeded', seq: 1, endedAt: NOW });
  });

  test('a member changes with a higher seq only', async () => {
    const store = makeStore();
    const group = aGroup();
    const a = aMember('a');
    await store.join(group, a, NOW);
    expect(await store.setMember(ended(group.id, a.job, 2, 'failed'))).toBe('saved');
    expect(await store.setMember(ended(group.id, a.job, 2))).toBe('conflict');
    expect(await store.setMember(ended(group.id, a.job, 1))).toBe('conflict');
    expect(await store.setMember(ended(group.id, 'job_stranger', 9))).toBe('conflict');
    const { members } = await read(store, group.id);
    expect(members).toEqual([{ ...a, ...ended(group.id, a.job, 2, 'failed'), since: NOW }]);
  });

  test('of two decisions on one reading the second fails, and so does one that an opening came before', async () => {
    const store = makeStore();
    const group = aGroup();
    const a = aMember('a');
    await store.join(group, a, NOW);
    const first = await read(store, group.id);
    const decision = aDecision(first, a.job);
    const both = await Promise.all([
      store.decide(first.head, { failing: decision }),
      store.decide(first.head, { failing: decision }),
    ]);
    expect(both.toSorted()).toEqual(['conflict', 'saved']);
    const second = await read(store, group.id);
    expect(second.head).toEqual({ ...first.head, version: 2, failing: decision });
    expect(await store.touch(group.id)).toBe('saved');
    expect(await store.decide(second.head, { end: decision })).toBe('conflict');
    const third = await read(store, group.id);
    expect(await store.decide(third.head, { end: decision })).toBe('saved');
    expect(await store.touch(group.id)).toBe('conflict');
    expect(await store.touch('release none')).toBe('conflict');
    expect((await read(store, group.id)).head).toMatchObject({ end: decision, failing: decision });
  });

  test('a group is in the index of open groups until it has ended and that was told', async () => {
    const store = makeStore();
    const [quick, kept] = [aGroup(), aGroup()];
    const a = aMember('a');
    for (const group of [quick, kept]) await store.join(group, a, NOW);
    const open = async () => (await store.dueBefore('9999', 10_000)).filter((id) => id === quick.id || id === kept.id);
    expect((await open()).toSorted()).toEqual([quick.id, kept.id].toSorted());
    expect(await store.told(kept.id)).toBe('conflict');
    const decision = aDecision(await read(store, quick.id), a.job);
    await store.decide((await read(store, quick.id)).head, { end: decision });
    await store.decide((await read(store, kept.id)).head, { end: decision });
    expect((await open()).toSorted()).toEqual([quick.id, kept.id].toSorted());
    expect(await store.told(quick.id)).toBe('saved');
    expect(await open()).toEqual([kept.id]);
    expect(await store.dueBefore(toIso(START_MS + 1), 10_000)).toContain(kept.id);
    expect(await store.told(kept.id)).toBe('saved');
    expect(await open()).toEqual([]);
  });

  test('a group is looked at when it is due, and may be put off', async () => {
    const store = makeStore();
    const group = aGroup();
    await store.join(group, aMember('a'), NOW);
    const { head } = await read(store, group.id);
    expect(await store.dueBefore(head.dueAt, 10_000)).not.toContain(group.id);
    const later = toIso(START_MS + 200_000_000);
    expect(await store.postpone(head, later)).toBe('saved');
    expect(await store.dueBefore(later, 10_000)).not.toContain(group.id);
    expect((await read(store, group.id)).head).toEqual({ ...head, dueAt: later });
    await store.touch(group.id);
    expect(await store.postpone(head, NOW)).toBe('conflict');
  });

  test('90 days after its end an id is free again, and members of then do not count', async () => {
    const store = makeStore();
    const group = aGroup(1);
    const a = aMember('a');
    await store.join(group, a, NOW);
    await store.setMember(ended(group.id, a.job, 1));
    const { head } = await read(store, group.id);
    await store.decide(head, { end: aDecision(await read(store, group.id), a.job) });
    const laterMs = START_MS + GROUP_KEPT_SECONDS * 1000;
    const before = makeStore(() => laterMs - 1000);
    expect(await before.read(group.id)).not.toBeNull();
    expect(await before.join(group, aMember('b'), toIso(laterMs))).toEqual({ kind: 'full' });
    const later = makeStore(() => laterMs);
    expect(await later.read(group.id)).toBeNull();
    expect(await later.join({ ...group, size: 3 }, aMember('b'), toIso(laterMs))).toEqual({ kind: 'joined' });
    expect(await later.join({ ...group, size: 3 }, a, toIso(laterMs))).toEqual({ kind: 'joined' });
    const second = await read(later, group.id);
    expect(second.head).toMatchObject({ size: 3, createdAt: toIso(laterMs), end: null, failing: null });
    expect(second.members.map(({ seq, endedAt }) => [seq, endedAt])).toEqual([
      [0, null],
      [0, null],
    ]);
  });

  test('groups are listed, the newest first', async () => {
    const store = makeStore();
    const groups = [aGroup(), aGroup(), aGroup()];
    for (const [at, group] of groups.entries()) await store.join(group, aMember('a'), toIso(START_MS + 9e9 + at));
    const first = await store.listHeads(2, null);
    const newest = groups.toReversed().map(({ id }) => id);
    expect(first.heads.map(({ id }) => id)).toEqual(newest.slice(0, 2));
    expect((await store.listHeads(1, first.next)).heads.map(({ id }) => id)).toEqual(newest.slice(2));
  });
}
