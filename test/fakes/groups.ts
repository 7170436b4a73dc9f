import { GROUP_KEPT_SECONDS } from '../../lib/base/retention.ts';
import { toIso, toMs } from '../../lib/base/time.ts';
import type { GroupHead, Member } from '../../lib/job/group/group.ts';
import type { GroupList, GroupStore, OpenGroups } from '../../lib/job/group/store.ts';
import { groupDeadlineMs } from '../../lib/job/group/summary.ts';

export interface FakeGroups extends GroupStore, OpenGroups, GroupList {
  heads(): GroupHead[];
  /** Ids that the index of open groups shows. */
  open(): string[];
  members(id: string): Member[];
}

/** The table `groups` in memory, with its conditions. */
export function fakeGroups(clock: () => number): FakeGroups {
  const heads = new Map<string, { head: GroupHead; isOpen: boolean }>();
  const rows = new Map<string, Map<string, Member>>();

  const isAlive = ({ expiresAt }: GroupHead) => expiresAt === null || expiresAt > Math.floor(clock() / 1000);
  const alive = (id: string) => {
    const item = heads.get(id);
    return item !== undefined && isAlive(item.head) ? item : undefined;
  };
  const rowsOf = (id: string) => {
    const known = rows.get(id) ?? new Map<string, Member>();
    rows.set(id, known);
    return known;
  };
  const change = (id: string, fields: Partial<GroupHead>, isOpen: boolean) => {
    const item = heads.get(id);
    if (item !== undefined) heads.set(id, { head: { ...item.head, ...fields }, isOpen });
  };
  const newest = (a: GroupHead, b: GroupHead) => (`${b.createdAt} ${b.id}` < `${a.createdAt} ${a.id}` ? -1 : 1);

  return {
    async join({ id, size }, member, now) {
      const known = alive(id)?.head;
      if (known !== undefined && known.size !== size) return { kind: 'otherSize', size: known.size };
      const places = known?.members ?? [];
      if (!places.includes(member.job) && places.length >= size) return { kind: 'full' };
      const members = [...new Set([...places, member.job])].sort();
      if (known === undefined) {
        const dueAt = toIso(groupDeadlineMs(now, [member.deadlineAt]));
        const none = { failing: null, end: null, expiresAt: null };
        heads.set(id, { head: { id, size, createdAt: now, version: 1, members, dueAt, ...none }, isOpen: true });
      } else change(id, { members }, heads.get(id)?.isOpen ?? false);
      const since = known?.createdAt ?? now;
      if (rowsOf(id).get(member.job)?.since !== since) rowsOf(id).set(member.job, { ...member, group: id, since });
      return { kind: 'joined' };
    },
    async setMember(changed) {
      const stored = rowsOf(changed.group).get(changed.job);
      if (stored === undefined || stored.seq >= changed.seq) return 'conflict';
      rowsOf(changed.group).set(changed.job, { ...stored, ...changed });
      return 'saved';
    },
    async read(id) {
      const head = alive(id)?.head;
      if (head === undefined) return null;
      const members = [...rowsOf(id).values()].filter(({ since }) => since === head.createdAt);
      return { head, members: members.sort((a, b) => (a.job < b.job ? -1 : 1)) };
    },
    async decide({ id, version }, { failing, end }) {
      const item = heads.get(id);
      if (item?.head.version !== version || item.head.end !== null) return 'conflict';
      const expiresAt = end === undefined ? null : Math.floor(toMs(end.at) / 1000) + GROUP_KEPT_SECONDS;
      const decided = {
        ...(failing === undefined ? {} : { failing }),
        ...(end === undefined ? {} : { end, dueAt: end.at }),
      };
      change(id, { ...decided, expiresAt, version: version + 1 }, item.isOpen);
      return 'saved';
    },
    async touch(id) {
      const item = heads.get(id);
      if (item === undefined || item.head.end !== null) return 'conflict';
      change(id, { version: item.head.version + 1 }, item.isOpen);
      return 'saved';
    },
    async dueBefore(before, limit) {
      const due = [...heads.values()].filter(({ head, isOpen }) => isOpen && head.dueAt < before);
      return due
        .sort((a, b) => (a.head.dueAt < b.head.dueAt ? -1 : 1))
        .slice(0, limit)
        .map(({ head }) => head.id);
    },
    async postpone({ id, version }, dueAt) {
      const item = heads.get(id);
      if (item?.head.version !== version || item.head.end !== null) return 'conflict';
      change(id, { dueAt }, item.isOpen);
      return 'saved';
    },
    async told(id) {
      const item = heads.get(id);
      if (item === undefined || item.head.end === null) return 'conflict';
      change(id, {}, false);
      return 'saved';
    },
    async listHeads(limit, after) {
      const all = [...heads.values()].map(({ head }) => head).sort(newest);
      const from = after === null ? 0 : all.findIndex(({ id }) => id === after.id) + 1;
      const page = all.slice(from, from + limit);
      const last = page.at(-1);
      const isMore = from + limit < all.length;
      return { heads: page.filter(isAlive), next: isMore && last !== undefined ? last : null };
    },
    heads: () => [...heads.values()].map(({ head }) => head),
    open: () => [...heads.values()].filter(({ isOpen }) => isOpen).map(({ head }) => head.id),
    members: (id) => [...rowsOf(id).values()],
  };
}
