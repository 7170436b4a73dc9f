import { errorName } from '../base/error.ts';
import { JOB_KEPT_SECONDS } from '../base/retention.ts';
import { type Iso, toIso } from '../base/time.ts';
import type { Cadence } from '../cadence/cadence.ts';
import { lifetimeOf } from '../cadence/durations.ts';
import { type Event, rejectedEvent, transitionEvent } from '../events/event.ts';
import type { GroupRef } from '../job/group/group.ts';
import type { Job } from '../job/job.ts';
import { isTerminal } from '../job/phase.ts';
import type { SaveResult } from '../job/store.ts';
import { type CallbackSteps, makeCallbackSteps } from './callbacks/steps.ts';
import { dueSinceMs } from './due.ts';
import { type GroupSteps, makeGroupSteps } from './groups/steps.ts';
import type { PendingMessage, WatchPorts, WatchSettings } from './ports.ts';

const PUBLISH_TRIES = 5;
const UNSAVED_MAX = 100_000;

/**
 * What a step leaves. `current`: the record as it stands now. `unclear`: another worker was faster, or the store is in
 * doubt; nothing may be decided, the message is left to its lease and comes back.
 */
export type Outcome = { readonly kind: 'current'; readonly job: Job } | { readonly kind: 'unclear' };

const UNCLEAR: Outcome = { kind: 'unclear' };

/** The steps of the way, each safe to repeat. In which order they are taken is in intake.ts and poll.ts. */
export function makeSteps(
  ports: WatchPorts,
  { stage }: Pick<WatchSettings, 'stage'>,
  cadence: Pick<Cadence, 'weightsOf'>,
) {
  const { groupEvents, addEnded } = makeGroupSteps(ports, stage);
  const callbacks = makeCallbackSteps(ports, stage);
  const { closePending } = callbacks;
  const publishPending = makePublishPending(ports, stage, cadence, { closePending, groupEvents });
  return {
    publishPending,
    callbacks,
    addEnded: (job: Job, group: GroupRef) => addEnded(job, group, ports.publish),
    ...makeRecordSteps(ports, publishPending),
    ...makeMessageSteps(ports, stage),
  };
}

export type Steps = ReturnType<typeof makeSteps>;

type PublishPending = (record: Job) => Promise<Outcome>;

/** Steps 2 and 3: publishes the transitions that the record holds as unpublished, whoever finds them. */
function makePublishPending(
  ports: WatchPorts,
  stage: string,
  cadence: Pick<Cadence, 'weightsOf'>,
  { closePending, groupEvents }: Pick<CallbackSteps, 'closePending'> & Pick<GroupSteps, 'groupEvents'>,
): PublishPending {
  const { jobs, clock, log } = ports;

  return async function publishPending(record) {
    let job: Job | null = record;
    for (let attempt = 0; job !== null && attempt < PUBLISH_TRIES; attempt++) {
      if (job.notifiedSeq >= job.seq) return { kind: 'current', job };
      const published = await publish(job);
      if (published.kind === 'current') return published;
      job = await jobs.get(job.id);
    }
    return UNCLEAR;
  };

  async function publish(job: Job): Promise<Outcome> {
    const finish = isTerminal(job.phase) ? { expiresAt: Math.floor(clock() / 1000) + JOB_KEPT_SECONDS } : null;
    // What the group makes of an end is written after the end and before it is published: a crash repeats it.
    const ofGroup = await groupEvents(job);
    await ports.publish([...pendingEvents(job, stage), ...ofGroup.events]); //                               2 the events
    await ofGroup.published();
    await closePending(job);
    const recorded = await jobs.published(job.id, job.seq, finish); //                             3 notifiedSeq
    if (recorded === 'conflict') return UNCLEAR;
    if (finish !== null) await learn(job);
    return { kind: 'current', job: { ...job, notifiedSeq: job.seq, ...finish } };
  }

  /**
   * Once for each end, since one worker alone has finished the job. A fault, or a crash before, costs one job's
   * evidence and nothing else.
   */
  async function learn(job: Job): Promise<void> {
    const lifetime = lifetimeOf(job);
    if (lifetime === null) return;
    const kind = { api: job.api, operation: job.detail.operation, region: job.region };
    try {
      await ports.durations.learn(kind, cadence.weightsOf(kind, lifetime));
    } catch (error) {
      log.error('durations.fault', { id: job.id, error: errorName(error) });
    }
  }
}

function pendingEvents(job: Job, stage: string): Event[] {
  const pending = job.history.filter(({ seq }) => seq > job.notifiedSeq);
  return pending.map((entry) => transitionEvent(stage, job, entry));
}

/** Step 1: the record, and what stands in for a write while nothing has changed but time. */
function makeRecordSteps(ports: WatchPorts, publishPending: PublishPending) {
  const { jobs, clock, log } = ports;
  /** What polls have told since the record was last written: a crash loses the count, not the job. */
  const unsaved = new Map<string, Pick<Job, 'polls' | 'lastRunningAt'>>();
  /** Since or from when jobs are due, as their turn goes by it: a record may be behind. */
  const dueTimes = new Map<string, number>();

  /** Writes on the condition that nobody has written since `stored` was read. */
  async function write(stored: Job, next: Job): Promise<Outcome> {
    const saved = await save(next);
    if (saved.kind === 'refused') log.error('job.unwritable', { id: next.id, seq: next.seq });
    if (saved.kind !== 'saved') return afterConflict(stored);
    const { job } = saved;
    unsaved.delete(job.id);
    for (const { seq, kind, phase, vendorStatus, polls } of job.history.filter((entry) => entry.seq > stored.seq)) {
      const { id, api, account, correlationId } = job;
      log.info('job.changed', { id, api, account, correlationId, seq, kind, phase, vendorStatus, polls });
    }
    return { kind: 'current', job };
  }

  function save(next: Job): Promise<SaveResult> {
    return jobs.save({ ...next, savedAt: toIso(clock()) });
  }

  /**
   * Our own write may have taken effect and lost its reply, or another worker was faster. What the record that stands
   * holds as unpublished is published in any case; the message goes on only if it still watches the job.
   */
  async function afterConflict(stored: Job): Promise<Outcome> {
    const current = await jobs.get(stored.id);
    log.warn('job.conflict', { id: stored.id, version: stored.version, standing: current?.version ?? null });
    if (current === null) return UNCLEAR;
    if (current.owner === stored.owner) return { kind: 'current', job: current };
    await publishPending(current);
    return UNCLEAR;
  }

  /** Instead of a write: polls are kept here until the next one. */
  function bufferUnsaved(stored: Job, next: Job): Outcome {
    if (unsaved.size > UNSAVED_MAX) unsaved.clear();
    const { polls, lastRunningAt } = next;
    if (polls > stored.polls) unsaved.set(next.id, { polls: polls - stored.polls, lastRunningAt });
    return { kind: 'current', job: next };
  }

  /** The job with the polls that its record does not tell yet. */
  function withUnsaved(job: Job): Job {
    const kept = unsaved.get(job.id);
    return kept === undefined
      ? job
      : { ...job, polls: job.polls + kept.polls, lastRunningAt: later(kept.lastRunningAt, job.lastRunningAt) };
  }

  function noteDue({ id }: Job, dueMs: number): void {
    if (dueTimes.size > UNSAVED_MAX) dueTimes.clear();
    dueTimes.set(id, dueMs);
  }

  const dueMs = (job: Job, message: PendingMessage): number => dueTimes.get(job.id) ?? dueSinceMs(job, message);

  return { write, save, bufferUnsaved, withUnsaved, noteDue, dueMs };
}

/** Another worker may have written since. */
function later(a: Iso | null, b: Iso | null): Iso | null {
  return a === null || (b !== null && b > a) ? b : a;
}

/** Step 4, and the ways out: what becomes of the message. */
function makeMessageSteps(ports: WatchPorts, stage: string) {
  const { pending, clock, log } = ports;

  /**
   * Whole into the rejected queue, then the event (never with the body or the offending value), then away from here.
   */
  async function reject(message: PendingMessage, reason: string): Promise<void> {
    const { body, receivedMs, attributesJson, messageId } = message;
    await ports.reject({ body, reason, receivedMs, attributesJson });
    await ports.publish([rejectedEvent(stage, { messageId, receivedAt: toIso(message.sentMs), reason })]);
    log.warn('message.rejected', { messageId, reason });
    await remove(message);
  }

  /**
   * Comes back at that time or within the second after it, since visibility has a grain of one. Whole seconds are where
   * jobs meet: for these it comes back within the second before, and the tick waits for the rest. What is due within a
   * second comes back after it: a full round waits for nothing, and would poll again and again until then.
   */
  async function delayUntil(message: PendingMessage, atMs: number): Promise<void> {
    const wait = (atMs - clock()) / 1000;
    const whole = atMs % 1000 === 0 && wait >= 1 ? Math.floor(wait) : Math.ceil(wait);
    if (isLeased(message)) await pending.delay(message, Math.max(whole, 0));
  }

  async function remove(message: PendingMessage): Promise<void> {
    if (isLeased(message)) await pending.remove(message);
  }

  /** It was received and not begun: somebody else may have it at once. */
  async function release(message: PendingMessage): Promise<void> {
    if (isLeased(message)) await pending.delay(message, 0);
  }

  /** After its lease a message may have been received by somebody else: it is left alone. */
  function isLeased(message: PendingMessage): boolean {
    return ports.mono() < message.leaseEndsMono;
  }

  return { reject, delayUntil, remove, release };
}
