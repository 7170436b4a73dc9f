import type { JobList, JobPageKey, OpenJobs } from '../../lib/adapters/dynamodb/jobs-indexes.ts';
import type { Job } from '../../lib/job/job.ts';
import type { JobStore } from '../../lib/job/store.ts';

export interface FakeJobs extends JobStore, JobList, OpenJobs {
  all(): Job[];
  /** Ids that the open index shows, or should show. */
  open(): string[];
  /** Ids that the open index shows. */
  indexed(): string[];
  /** From now on, records larger than this are refused as invalid. */
  refuseAbove(bytes: number): void;
}

const SHARDS = 16;

/** The table `jobs` in memory, with its conditions. */
export function fakeJobs(clock: () => number): FakeJobs {
  const items = new Map<string, { job: Job; open: boolean }>();
  let maxBytes = 400_000;

  const shardOf = (id: string) => id.charCodeAt(id.length - 1) % SHARDS;
  const openIn = (shard: number) =>
    [...items.values()]
      .filter(({ job, open }) => open && shardOf(job.id) === shard)
      .map(({ job }) => job)
      .sort((a, b) => a.nextPollAt.localeCompare(b.nextPollAt));

  return {
    async get(id) {
      const job = items.get(id)?.job ?? null;
      return job !== null && job.expiresAt !== null && job.expiresAt <= clock() / 1000 ? null : job;
    },
    async create(job) {
      const expiresAt = items.get(job.id)?.job.expiresAt;
      if (items.has(job.id) && (expiresAt == null || expiresAt > clock() / 1000)) return false;
      items.set(job.id, { job, open: true });
      return true;
    },
    async save(job) {
      const stored = items.get(job.id)?.job;
      if (stored?.version !== job.version) return 'conflict';
      if (JSON.stringify(job).length > maxBytes) return 'refused';
      const next = { ...job, notifiedSeq: stored.notifiedSeq, version: job.version + 1, expiresAt: null };
      items.set(job.id, { job: next, open: true });
      return 'saved';
    },
    async confirmOther(job, messageId) {
      const stored = items.get(job.id)?.job;
      return stored?.version === job.version && stored.owner !== messageId;
    },
    async told(id, seq, finish) {
      const item = items.get(id);
      if (item === undefined || item.job.notifiedSeq >= seq) return false;
      if (finish !== null && item.job.seq !== seq) return false;
      const job = { ...item.job, notifiedSeq: seq, expiresAt: finish?.expiresAt ?? item.job.expiresAt };
      items.set(id, { job, open: item.open && finish === null });
      return true;
    },
    async idsOfDay(day, limit, after: JobPageKey | null) {
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
    dueBefore: async (shard, before, limit) =>
      openIn(shard)
        .filter((job) => job.nextPollAt < before)
        .slice(0, limit)
        .map(({ id }) => id),
    openCount: async (shard) => openIn(shard).length,
    oldestDue: async (shard) => openIn(shard)[0]?.nextPollAt ?? null,
    async disown(job, nowIso) {
      const item = items.get(job.id);
      if (item === undefined || !item.open || item.job.version !== job.version) return false;
      items.set(job.id, {
        ...item,
        job: { ...item.job, owner: null, nextPollAt: nowIso, version: item.job.version + 1 },
      });
      return true;
    },
    all: () => [...items.values()].map(({ job }) => job),
    open: () => [...items.values()].filter(({ open }) => open).map(({ job }) => job.id),
    indexed: () => [...items.values()].filter(({ open }) => open).map(({ job }) => job.id),
    refuseAbove(bytes) {
      maxBytes = bytes;
    },
  };
}
