import { expect, test } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import { addTransitions } from '../../lib/job/history.ts';
import { type Job, newJob } from '../../lib/job/job.ts';
import type { JobList, JobStore, OpenJobs } from '../../lib/job/store.ts';
import { stopJob } from '../../lib/job/transition.ts';
import { START_MS } from '../fakes/clock.ts';
import { aMessage } from '../fakes/records.ts';

export type Jobs = JobStore & JobList & OpenJobs;

/** What every store of jobs keeps to. Tests share a store and use jobs of their own. */
export function jobsContract(makeStore: () => Jobs): void {
  const aNewJob = (overrides: Partial<Job> = {}): Job => {
    const message = aMessage({ jobId: crypto.randomUUID(), labels: { team: 'net', 'odd.key': 'ünï' } });
    return { ...newJob(message, { sentMs: START_MS, nowMs: START_MS, owner: 'message-1' }), ...overrides };
  };
  const created = async (store: Jobs, overrides: Partial<Job> = {}): Promise<Job> => {
    const job = aNewJob(overrides);
    expect(await store.create(job)).toBe('saved');
    return job;
  };
  const dueBefore = async (store: Jobs, before: string, pageMax = 10_000) => {
    const pages: (readonly string[])[] = [];
    for await (const page of store.dueBefore(before, pageMax)) pages.push(page);
    return pages;
  };
  const isOpen = async (store: Jobs, id: string): Promise<boolean> => {
    return (await dueBefore(store, '9999')).flat().includes(id);
  };

  test('a job is read back as it was created, nulls and all', async () => {
    const store = makeStore();
    const job = await created(store);
    expect(await store.get(job.id)).toEqual(job);
    expect(await store.get('job_none')).toBeNull();
  });

  test('a job is created once', async () => {
    const store = makeStore();
    const job = await created(store);
    expect(await store.create({ ...job, labels: {} })).toBe('conflict');
    expect(await store.get(job.id)).toEqual(job);
  });

  test('many reads at the same time each get their own', async () => {
    const store = makeStore();
    const jobs = await Promise.all(Array.from({ length: 130 }, () => created(store)));
    const read = await Promise.all([...jobs.map(({ id }) => store.get(id)), store.get('job_none')]);
    expect(read.slice(0, -1)).toEqual(jobs);
    expect(read.at(-1)).toBeNull();
  });

  test('of two saves of one version the second is a conflict', async () => {
    const store = makeStore();
    const job = await created(store);
    const next = addTransitions({ ...job, phase: 'running', vendorStatus: 'RUNNING' }, []);
    expect(await store.save(next)).toEqual({ kind: 'saved', job: { ...next, version: 2 } });
    expect(await store.save({ ...job, phase: 'failed' })).toEqual({ kind: 'conflict' });
    expect(await store.get(job.id)).toEqual({ ...next, version: 2 });
  });

  test('a save takes away what has become null, and never makes an item out of nothing', async () => {
    const store = makeStore();
    const job = await created(store, {
      waiting: { reason: 'pace', until: toIso(START_MS) },
      misses: { count: 1, firstAt: toIso(START_MS) },
    });
    await store.save({ ...job, waiting: null, misses: null, owner: null });
    expect(await store.get(job.id)).toMatchObject({ waiting: null, misses: null, owner: null });
    const absent = aNewJob();
    expect(await store.save(absent)).toEqual({ kind: 'conflict' });
    expect(await store.get(absent.id)).toBeNull();
  });

  test('a save leaves notifiedSeq alone, whatever the caller believes it to be', async () => {
    const store = makeStore();
    const job = await created(store, { seq: 3 });
    expect(await store.published(job.id, 2, null)).toBe('saved');
    expect(await store.save({ ...job, notifiedSeq: 0 })).toMatchObject({ kind: 'saved' });
    expect(await store.get(job.id)).toMatchObject({ notifiedSeq: 2, version: 2 });
  });

  test('notifiedSeq only rises', async () => {
    const store = makeStore();
    const job = await created(store, { seq: 3 });
    expect([
      await store.published(job.id, 2, null),
      await store.published(job.id, 2, null),
      await store.published(job.id, 1, null),
    ]).toEqual(['saved', 'conflict', 'conflict']);
    expect(await store.published('job_none', 1, null)).toBe('conflict');
  });

  test('a job leaves the open index when its end has been told, not when it has ended', async () => {
    const store = makeStore();
    const job = await created(store);
    const ended = stopJob(job, START_MS);
    await store.save(ended);
    expect(await isOpen(store, job.id)).toBe(true);
    const expiresAt = Math.floor(START_MS / 1000) + 7_776_000;
    expect(await store.published(job.id, ended.seq, { expiresAt })).toBe('saved');
    expect(await isOpen(store, job.id)).toBe(false);
    expect(await store.get(job.id)).toMatchObject({ notifiedSeq: 1, expiresAt });
  });

  test('a job that was opened again meanwhile does not leave the open index', async () => {
    const store = makeStore();
    const job = await created(store, { seq: 2, phase: 'stopped' });
    expect(await store.published(job.id, 1, { expiresAt: 4_000_000_000 })).toBe('conflict');
    expect(await isOpen(store, job.id)).toBe(true);
  });

  test('a job that is saved again after its end is open again and does not expire', async () => {
    const store = makeStore();
    const job = await created(store, { seq: 1 });
    await store.published(job.id, 1, { expiresAt: 4_000_000_000 });
    expect(await store.save({ ...job, seq: 2, expiresAt: 4_000_000_000 })).toMatchObject({
      kind: 'saved',
      job: { expiresAt: null },
    });
    expect(await isOpen(store, job.id)).toBe(true);
    expect((await store.get(job.id))?.expiresAt).toBeNull();
  });

  test('callbacks of a job that has ended are written, and it stays what it is', async () => {
    const store = makeStore();
    const job = await created(store, { seq: 1 });
    await store.published(job.id, 1, { expiresAt: 4_000_000_000 });
    const callbacks = [{ kind: 'durable' as const, hash: 'h'.repeat(26), heartbeat: true, afterSeq: 0 }];
    expect(await store.saveCallbacks({ ...job, callbacks })).toBe('saved');
    expect(await store.get(job.id)).toMatchObject({ callbacks, version: 2, expiresAt: 4_000_000_000 });
    expect(await isOpen(store, job.id)).toBe(false);
    expect(await store.saveCallbacks({ ...job, callbacks: [] })).toBe('conflict');
    expect(await store.saveCallbacks({ ...job, id: 'job_none' })).toBe('conflict');
  });

  test('an expired job is not read, though the engine has not deleted it yet', async () => {
    const store = makeStore();
    const job = await created(store, { seq: 1 });
    await store.published(job.id, 1, { expiresAt: Math.floor(START_MS / 1000) - 1 });
    expect(await store.get(job.id)).toBeNull();
    const again = { ...job, labels: { again: 'yes' } };
    expect(await store.create(again)).toBe('saved');
    expect(await store.get(job.id)).toEqual(again);
  });

  test('another owner is proven by a condition on owner and version', async () => {
    const store = makeStore();
    const job = await created(store);
    expect(await store.confirmOtherOwner(job, 'message-2')).toBe('saved');
    expect(await store.confirmOtherOwner(job, 'message-1')).toBe('conflict');
    expect(await store.confirmOtherOwner({ ...job, version: 9 }, 'message-2')).toBe('conflict');
    expect(await store.get(job.id)).toEqual(job);
  });

  test('overdue jobs come longest overdue first, within the limit', async () => {
    const store = makeStore();
    const jobs = await Promise.all(
      [5, 3, 4].map((minute) => created(store, { checkBy: `1999-01-01T00:0${minute}:00.000Z` })),
    );
    const ids = new Set(jobs.map(({ id }) => id));
    const found = (await dueBefore(store, '1999-01-01T00:04:30.000Z', 10)).flat();
    expect(found.filter((id) => ids.has(id)).toSorted()).toEqual([jobs[1]?.id, jobs[2]?.id].toSorted());
  });

  test('a page of due jobs is cut at its end, where the least overdue are', async () => {
    const store = makeStore();
    const jobs = await Promise.all(
      Array.from({ length: 40 }, (_, second) =>
        created(store, { checkBy: `1998-01-01T00:00:${String(second).padStart(2, '0')}.000Z` }),
      ),
    );
    const whole = await dueBefore(store, '1998-01-01T00:01:00.000Z');
    const dueOf = (id: string) => jobs.find((job) => job.id === id)?.checkBy ?? '';
    expect(whole.flat().toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
    for (const page of whole) expect(page.map(dueOf)).toEqual(page.map(dueOf).toSorted());
    const cut = await dueBefore(store, '1998-01-01T00:01:00.000Z', 2);
    expect(cut).toEqual(whole.map((page) => page.slice(0, 2)));
  });

  test('the open jobs are counted, and the first to be due is known, wherever they lie in the index', async () => {
    const store = makeStore();
    const before = await store.openCount();
    const jobs = await Promise.all(
      Array.from({ length: 20 }, (_, day) =>
        created(store, { checkBy: `1970-01-${String(day + 1).padStart(2, '0')}T00:00:00.000Z`, seq: 1 }),
      ),
    );
    expect([await store.openCount(), await store.oldestDue()]).toEqual([before + 20, '1970-01-01T00:00:00.000Z']);
    for (const { id } of jobs.slice(0, 7)) await store.published(id, 1, { expiresAt: 4_000_000_000 });
    expect([await store.openCount(), await store.oldestDue()]).toEqual([before + 13, '1970-01-08T00:00:00.000Z']);
    for (const { id } of jobs.slice(7)) await store.published(id, 1, { expiresAt: 4_000_000_000 });
  });

  test('a job whose owner is taken away is due now, once', async () => {
    const store = makeStore();
    const job = await created(store);
    const now = toIso(START_MS + 1000);
    expect([await store.clearOwner(job, now), await store.clearOwner(job, now)]).toEqual(['saved', 'conflict']);
    expect(await store.get(job.id)).toEqual({ ...job, owner: null, nextPollAt: now, checkBy: now, version: 2 });
  });

  test('a day is listed newest first, page by page', async () => {
    const store = makeStore();
    const day = `2${String(Math.floor(Math.random() * 900) + 100)}-01-01`;
    const times = ['10', '12', '11', '09', '13'].map((hour) => `${day}T${hour}:00:00.000Z`);
    const jobs = await Promise.all(times.map((createdAt) => created(store, { createdAt })));
    const byTime = jobs.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)).map(({ id }) => id);
    const first = await store.idsOfDay(day, 2, null);
    const second = await store.idsOfDay(day, 2, first.next);
    const third = await store.idsOfDay(day, 2, second.next);
    expect([...first.ids, ...second.ids, ...third.ids]).toEqual(byTime);
    expect(third.next).toBeNull();
  });
}
