import { errorName } from '../base/error.ts';
import { JOB_KEPT_SECONDS } from '../base/retention.ts';
import { toIso } from '../base/time.ts';
import type { Cadence } from '../cadence/cadence.ts';
import { lastedOf } from '../cadence/durations.ts';
import { rejectedEvent, transitionEvent } from '../events/event.ts';
import type { Job } from '../job/job.ts';
import { isTerminal } from '../job/phase.ts';
import type { SaveResult } from '../job/store.ts';
import type { PendingMessage, WatchPorts, WatchSettings } from './ports.ts';

const TELL_TRIES = 5;
const UNSAVED_MAX = 100_000;

/** The steps of the flow, each safe to repeat. In which order they are taken stands in `watch.ts`. */
export function makeEffects(
  ports: WatchPorts,
  settings: Pick<WatchSettings, 'stage'>,
  cadence: Pick<Cadence, 'partsOf'>,
) {
  const { pending, jobs, clock, log } = ports;
  /** What looks have told since the record was last written: a crash loses the count, not the job. */
  const unsaved = new Map<string, Pick<Job, 'polls' | 'lastRunningAt'>>();

  /**
   * Sends and records what the record owes, whoever finds it. Null: it could not be settled now; nothing may be
   * decided, the lease runs out and the message comes back.
   */
  async function pay(record: Job): Promise<Job | null> {
    let job: Job | null = record;
    for (let attempt = 0; job !== null && attempt < TELL_TRIES; attempt++) {
      if (job.notifiedSeq >= job.seq) return job;
      const paid = await tellOwed(job);
      if (paid !== null) return paid;
      job = await jobs.get(job.id);
    }
    return null;
  }

  /** 2 send and 3 notifiedSeq. Null: the record has moved on. */
  async function tellOwed(job: Job): Promise<Job | null> {
    const finish = isTerminal(job.phase) ? { expiresAt: Math.floor(clock() / 1000) + JOB_KEPT_SECONDS } : null;
    await ports.tell(owedEvents(job));
    if ((await jobs.published(job.id, job.seq, finish)) === 'conflict') return null;
    if (finish !== null) await learn(job);
    return { ...job, notifiedSeq: job.seq, ...finish };
  }

  /**
   * Once for each end, since one worker alone has finished the job. A fault, or a crash before, costs one job's
   * evidence and nothing else.
   */
  async function learn(job: Job): Promise<void> {
    const lasted = lastedOf(job);
    if (lasted === null) return;
    const kind = { api: job.api, operation: job.detail.operation, region: job.region };
    try {
      await ports.durations.learn(kind, cadence.partsOf(kind, lasted));
    } catch (error) {
      log.error('durations.fault', { id: job.id, error: errorName(error) });
    }
  }

  function owedEvents(job: Job) {
    const owed = job.history.filter(({ seq }) => seq > job.notifiedSeq);
    return owed.map((entry) => transitionEvent(settings.stage, job, entry));
  }

  /** The record as it is written now; null: it has moved on, and nothing may be decided from what was read before. */
  async function write(stored: Job, next: Job): Promise<Job | null> {
    const saved = await store(next);
    if (saved.kind === 'refused') log.error('job.unwritable', { id: next.id, seq: next.seq });
    if (saved.kind !== 'saved') return afterConflict(stored);
    const { job } = saved;
    unsaved.delete(job.id);
    for (const { seq, kind, phase, vendorStatus, polls } of job.history.filter((entry) => entry.seq > stored.seq)) {
      const { id, api, account, correlationId } = job;
      log.info('job.changed', { id, api, account, correlationId, seq, kind, phase, vendorStatus, polls });
    }
    return job;
  }

  function store(next: Job): Promise<SaveResult> {
    return jobs.save({ ...next, savedAt: toIso(clock()) });
  }

  /**
   * Our own write may have taken effect and lost its reply, or another worker was faster. The record that stands is
   * paid in any case; the message goes on only if it still watches the job.
   */
  async function afterConflict(stored: Job): Promise<Job | null> {
    const standing = await jobs.get(stored.id);
    log.warn('job.conflict', { id: stored.id, version: stored.version, standing: standing?.version ?? null });
    if (standing === null) return null;
    if (standing.owner === stored.owner) return standing;
    await pay(standing);
    return null;
  }

  /** Instead of a write: looks are kept here until the next one. */
  function keepInMind(stored: Job, next: Job): Job {
    if (unsaved.size > UNSAVED_MAX) unsaved.clear();
    const { polls, lastRunningAt } = next;
    if (polls > stored.polls) unsaved.set(next.id, { polls: polls - stored.polls, lastRunningAt });
    return next;
  }

  /** The job with the looks that its record does not tell yet. */
  function withUnsaved(job: Job): Job {
    const kept = unsaved.get(job.id);
    return kept === undefined
      ? job
      : { ...job, polls: job.polls + kept.polls, lastRunningAt: kept.lastRunningAt ?? job.lastRunningAt };
  }

  /**
   * Whole into the rejected queue, then the event (never with the body or the offending value), then away from here.
   */
  async function reject(message: PendingMessage, reason: string): Promise<null> {
    const { body, receivedMs, attributesJson, messageId } = message;
    await ports.reject({ body, reason, receivedMs, attributesJson });
    await ports.tell([rejectedEvent(settings.stage, { messageId, receivedAt: toIso(message.sentMs), reason })]);
    log.warn('message.rejected', { messageId, reason });
    return remove(message);
  }

  /**
   * Comes back at that time or within the second after it, since visibility has a grain of one. Whole seconds are where
   * jobs meet: for these it comes back within the second before, and the tick waits for the rest. What is due within a
   * second comes back after it: a full round waits for nothing, and would ask again and again until then.
   */
  async function delayUntil(message: PendingMessage, atMs: number): Promise<null> {
    const wait = (atMs - clock()) / 1000;
    const whole = atMs % 1000 === 0 && wait >= 1 ? Math.floor(wait) : Math.ceil(wait);
    if (isLeased(message)) await pending.delay(message, Math.max(whole, 0));
    return null;
  }

  async function remove(message: PendingMessage): Promise<null> {
    if (isLeased(message)) await pending.remove(message);
    return null;
  }

  async function release(message: PendingMessage): Promise<null> {
    if (isLeased(message)) await pending.delay(message, 0);
    return null;
  }

  /** After its lease a message may have been received by somebody else: it is left alone. */
  function isLeased(message: PendingMessage): boolean {
    return ports.mono() < message.leaseEndsMono;
  }

  return { pay, store, write, keepInMind, withUnsaved, reject, delayUntil, remove, release };
}
