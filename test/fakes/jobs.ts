import { bareRecord } from '../../lib/job/history.ts';
import type { Job } from '../../lib/job/job.ts';
import type { JobList, JobStore, OpenJobs, SaveResult } from '../../lib/job/store.ts';

export interface FakeJobs extends JobStore, JobList, OpenJobs {
  all(): Job[];
  /** Ids that the open index shows, or should show. */
  open(): string[];
  /** Ids that the open index shows. */
  indexed(): string[];
  /** From now on, records larger than this are refused as invalid. */
  refuseAbove(bytes: number): void;
}

/** The open index has parts: pages come from one after the other, and what is due first may be in the last. */
const PARTS = [0, 1, 2, 3];

/** The table `jobs` in memory, with its conditions. */
export function fakeJobs(clock: () => number): FakeJobs {
  const items = new Map<string, { job: Job; open: boolean }>();
  let maxBytes = 400_000;

  const partOf = (id: string) => id.charCodeAt(id.length - 1) % PARTS.length;
  const open = () =>
    [...items.values()]
      .filter((item) => item.open)
      .map(({ job }) => job)
      .sort((a, b) => a.checkBy.localeCompare(b.checkBy));

  function save(job: Job): SaveResult {
    const stored = items.get(job.id)?.job;
    if (stored?.version !== job.version) return { kind: 'conflict' };
    if (JSON.stringify(job).length > maxBytes) return { kind: 'refused' };
    const next = { ...job, version: job.version + 1, expiresAt: null };
    items.set(job.id, { job: { ...next, notifiedSeq: stored.notifiedSeq }, open: true });
    return { kind: 'saved', job: next };
  }

  return {
    async get(id) {
      const job = items.get(id)?.job ?? null;
      return job !== null && job.expiresAt !== null && job.expiresAt <= clock() / 1000 ? null : job;
    },
    async create(job) {
      const expiresAt = items.get(job.id)?.job.expiresAt;
      if (items.has(job.id) && (expiresAt == null || expiresAt > clock() / 1000)) return 'conflict';
      items.set(job.id, { job, open: true });
      return 'saved';
    },
    async save(job) {
      const whole = save(job);
      return whole.kind === 'refused' ? save(bareRecord(job, items.get(job.id)?.job.seq ?? 0)) : whole;
    },
    async saveCallbacks({ id, version, callbacks }) {
      const item = items.get(id);
      if (item?.job.version !== version) return 'conflict';
      items.set(id, { ...item, job: { ...item.job, callbacks, version: version + 1 } });
      return 'saved';
    },
    async confirmOtherOwner(job, messageId) {
      const stored = items.get(job.id)?.job;
      return stored?.version === job.version && stored.owner !== messageId ? 'saved' : 'conflict';
    },
    async published(id, seq, finish) {
      const item = items.get(id);
      if (item === undefined || item.job.notifiedSeq >= seq) return 'conflict';
      if (finish !== null && item.job.seq !== seq) return 'conflict';
      const job = { ...item.job, notifiedSeq: seq, expiresAt: finish?.expiresAt ?? item.job.expiresAt };
      items.set(id, { job, open: item.open && finish === null });
      return 'saved';
    },
    async idsOfDay(day, limit, after) {
      const ofDay = [...items.values()]
        .map(({ job }) => job)
        .filter((job) => job.createdAt.startsWith(day))
        .sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id));
      const start =
        after === null ? 0 : ofDay.findIndex((job) => job.createdAt === after.createdAt && job.id === after.id) + 1;
      const page = ofDay.slice(start, start + limit);
      const last = page.at(-1);
      const more = last !== undefined && start + limit < ofDay.length;
      return { ids: page.map(({ id }) => id), next: more ? { id: last.id, createdAt: last.createdAt } : null };
    },
    async *dueBefore(before, pageMax) {
      for (const part of PARTS) {
        const due = open().filter(({ id, checkBy }) => partOf(id) === part && checkBy < before);
        yield due.slice(0, pageMax).map(({ id }) => id);
      }
    },
    openCount: async () => open().length,
    oldestDue: async () => open()[0]?.checkBy ?? null,
    async clearOwner(job, now) {
      const item = items.get(job.id);
      if (item === undefined || !item.open || item.job.version !== job.version) return 'conflict';
      items.set(job.id, {
        ...item,
        job: { ...item.job, owner: null, nextPollAt: now, checkBy: now, version: item.job.version + 1 },
      });
      return 'saved';
    },
    all: () => [...items.values()].map(({ job }) => job),
    open: () => [...items.values()].filter(({ open }) => open).map(({ job }) => job.id),
    indexed: () => [...items.values()].filter(({ open }) => open).map(({ job }) => job.id),
    refuseAbove(bytes) {
      maxBytes = bytes;
    },
  };
}
