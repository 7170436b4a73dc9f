import { toMs } from '../base/time.ts';
import { jobIdOf } from '../job/identity.ts';
import { type Job, merge, newJob } from '../job/job.ts';
import { isOwnEnd, isTerminal } from '../job/phase.ts';
import { reopen } from '../job/transition.ts';
import { describeProblems, parseWakeBody, parseWatchBody, type WatchMessage } from '../job/watch-message.ts';
import { isStale } from './due.ts';
import type { Learned } from './learned.ts';
import type { Due, PendingMessage, WatchPorts } from './ports.ts';
import type { Steps } from './steps.ts';

/** `settled`: the message was dealt with, or is left to its lease and comes back. */
export type Received = { readonly kind: 'due'; readonly due: Due } | { readonly kind: 'settled' };

const SETTLED: Received = { kind: 'settled' };
/** A job that is due within this time is polled now. */
const DUE_WITHIN_MS = 1000;

type IntakePorts = Pick<WatchPorts, 'jobs' | 'vendors' | 'clock' | 'log'>;

/** Brings one message up to the point where its job may be polled. */
export function makeIntake(ports: IntakePorts, steps: Steps, learned: Pick<Learned, 'firstPoll'>) {
  const { jobs, clock, log, vendors } = ports;
  const { share } = makeOwnership(ports, steps, learned);

  return (message: PendingMessage): Promise<Received> =>
    message.reattach === null ? receive(message) : receiveWake(message, message.reattach);

  /** A deployer's message: read or create the record → publish what is pending → whose job is it? */
  async function receive(message: PendingMessage): Promise<Received> {
    const parsed = parseWatchBody(message.body, vendors);
    if (!parsed.ok) return reject(message, describeProblems(parsed.problems));
    const record = (await jobs.get(jobIdOf(parsed.value))) ?? (await create(message, parsed.value));
    if (record === null) return SETTLED;
    const published = await steps.publishPending(record);
    if (published.kind === 'unclear') return SETTLED;
    const { job } = published;
    if (isTerminal(job.phase)) return receiveForEnded(message, parsed.value, job);
    return share(message, merge(job, parsed.value, message.sentMs), job);
  }

  /** A wake message says who is meant and nothing else: the record rules. */
  async function receiveWake(message: PendingMessage, id: string): Promise<Received> {
    const parsed = parseWakeBody(message.body, vendors);
    if (!parsed.ok) return reject(message, describeProblems(parsed.problems));
    if (jobIdOf(parsed.value) !== id) return reject(message, 'reattach: is not the id of the job in the body.');
    const record = await jobs.get(id);
    if (record === null) return reject(message, 'reattach: there is no record of this job to go on with.');
    const published = await steps.publishPending(record);
    if (published.kind === 'unclear') return SETTLED;
    const { job } = published;
    return isTerminal(job.phase) ? remove(message) : share(message, job, job);
  }

  /** Null: it was there a moment ago, and is gone. */
  async function create(message: PendingMessage, wanted: WatchMessage): Promise<Job | null> {
    const when = { sentMs: message.sentMs, nowMs: clock(), owner: message.messageId };
    const job = await learned.firstPoll(newJob(wanted, when));
    if ((await jobs.create(job)) === 'conflict') return jobs.get(job.id);
    const { id, api, account, region, jobId, correlationId } = job;
    log.info('job.watched', { id, api, account, region, jobId, correlationId });
    return job;
  }

  /**
   * The job has ended and that was published. A message sent after our own end opens it again; any other is answered by
   * the record.
   */
  async function receiveForEnded(message: PendingMessage, wanted: WatchMessage, job: Job): Promise<Received> {
    const isNews = isOwnEnd(job.phase) && job.endedAt !== null && message.sentMs > toMs(job.endedAt);
    if (!isNews) return remove(message);
    const when = { sentMs: message.sentMs, nowMs: clock(), owner: message.messageId };
    const opened = await steps.save(reopen(job, wanted, when));
    if (opened.kind !== 'saved') return SETTLED;
    log.info('job.reopened', { id: job.id, after: job.phase });
    const published = await steps.publishPending(opened.job);
    return published.kind === 'unclear' ? SETTLED : { kind: 'due', due: { message, job: published.job } };
  }

  async function reject(message: PendingMessage, reason: string): Promise<Received> {
    await steps.reject(message, reason);
    return SETTLED;
  }

  async function remove(message: PendingMessage): Promise<Received> {
    await steps.remove(message);
    return SETTLED;
  }
}

/** Whose job is it? One message watches it; any other leaves what it brought, and goes. */
function makeOwnership({ jobs, clock }: IntakePorts, steps: Steps, { firstPoll }: Pick<Learned, 'firstPoll'>) {
  return { share };

  /** One message watches the job: this one, if nobody does or the one that did is lost. */
  function share(message: PendingMessage, merged: Job, job: Job): Promise<Received> {
    if (job.owner === message.messageId) return whenDue(message, job);
    const mayOwn = job.owner === null || isStale(job, clock());
    return mayOwn ? own(message, merged) : absorbDuplicate(message, merged, job);
  }

  /** The message watches the job from now on; what it brought is written with the change of owner. */
  async function own(message: PendingMessage, merged: Job): Promise<Received> {
    const owned = await steps.save(await firstPoll({ ...merged, owner: message.messageId }));
    return owned.kind === 'saved' ? whenDue(message, owned.job) : SETTLED;
  }

  /** Its own message may return too early: a lease that ran out after the write, a message that was released. */
  async function whenDue(message: PendingMessage, job: Job): Promise<Received> {
    const dueMs = toMs(job.nextPollAt);
    if (dueMs - clock() < DUE_WITHIN_MS) return { kind: 'due', due: { message, job } };
    await steps.delayUntil(message, dueMs);
    return SETTLED;
  }

  /** Another message watches the job: this one leaves what it brought, proves that, and goes. */
  async function absorbDuplicate(message: PendingMessage, merged: Job, job: Job): Promise<Received> {
    const written = bringsNews(merged, job)
      ? (await steps.save(merged)).kind
      : await jobs.confirmOtherOwner(job, message.messageId);
    if (written === 'saved') await steps.remove(message);
    return SETTLED;
  }
}

function bringsNews(merged: Job, job: Job): boolean {
  return merged.submittedAt !== job.submittedAt || merged.deadlineAt !== job.deadlineAt || !sameLabels(merged, job);
}

function sameLabels(a: Job, b: Job): boolean {
  const keys = Object.keys(a.labels);
  return keys.length === Object.keys(b.labels).length && keys.every((key) => a.labels[key] === b.labels[key]);
}
