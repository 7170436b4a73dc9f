import { readChangeWrite } from '../base/conditional-write.ts';
import { ItemError } from '../base/item-error.ts';
import { toMs } from '../base/time.ts';
import { groupProblem, joinGroup } from '../job/group/join.ts';
import { jobIdOf } from '../job/identity.ts';
import { type Job, merge, newJob } from '../job/job.ts';
import { isOwnEnd, isTerminal } from '../job/phase.ts';
import type { SaveResult } from '../job/store.ts';
import { reopen } from '../job/transition.ts';
import {
  describeProblems,
  type FieldProblem,
  type Parsed,
  parseWakeBody,
  type WatchMessage,
} from '../job/watch-message.ts';
import { TOO_MANY_CALLBACKS } from './callbacks/steps.ts';
import { isStale } from './due.ts';
import { makeReadMessage } from './known-messages.ts';
import type { Learned } from './learned.ts';
import type { Due, PendingMessage, WatchPorts } from './ports.ts';
import type { Steps } from './steps.ts';
import { makeLeaveAlone } from './unknown-api.ts';

/** `settled`: the message was dealt with, or is left to its lease and comes back. */
export type Received = { readonly kind: 'due'; readonly due: Due } | { readonly kind: 'settled' };

const SETTLED: Received = { kind: 'settled' };
/** A job that is due within this time is polled now. */
const DUE_WITHIN_MS = 1000;
/** Whoever loses the race for a record begins again from what is stored; each time somebody else has won. */
const MEET_TRIES = 10;
/** A record that can't be read is mended by people, or by a version that can read it. */
const UNREADABLE_LOOK_MS = 5 * 60_000;

/** What a message wants of the record that it meets; null: nothing, the record rules. */
type Wanted = { readonly message: PendingMessage; readonly watch: WatchMessage | null };
type Refused = Extract<Parsed<unknown>, { ok: false }>;
type IntakePorts = Pick<WatchPorts, 'jobs' | 'groups' | 'vendors' | 'callbacks' | 'clock' | 'log'>;

/** Brings one message up to the point where its job may be polled. */
export function makeIntake(ports: IntakePorts, steps: Steps, learned: Pick<Learned, 'firstPoll'>) {
  const { jobs, groups, clock, vendors } = ports;
  const readMessage = makeReadMessage(vendors, ports.callbacks?.kinds);
  const create = makeCreate(ports, learned);
  const meet = makeMeet(ports, steps, learned);
  const leaveAlone = makeLeaveAlone(ports, steps);

  return async (message: PendingMessage): Promise<Received> => {
    try {
      return await (message.reattach === null ? receive(message) : receiveWake(message, message.reattach));
    } catch (error) {
      // The store has told of it. Its clock message is kept: the record may be mended.
      if (!(error instanceof ItemError)) throw error;
      await steps.delayUntil(message, clock() + UNREADABLE_LOOK_MS);
      return SETTLED;
    }
  };

  /** A deployer's message: read or create the record → publish what is pending → whose job is it? */
  async function receive(message: PendingMessage): Promise<Received> {
    const parsed = readMessage(message);
    if (!parsed.ok) return receiveUnknown(message, parsed);
    const { watch, id } = parsed.value;
    const known = await jobs.get(id);
    const when = { sentMs: message.sentMs, nowMs: clock() };
    const refused = watch.group === null ? null : await joinGroup(groups, watch, known, when);
    if (refused !== null) return refuse(message, known, refused);
    await steps.callbacks.keep(known, watch.callbacks);
    const record = known ?? (await create(message, watch));
    if (record === null) return SETTLED;
    const mixed = groupProblem(record, watch);
    return mixed === null ? meetAgain({ message, watch }, record) : refuse(message, record, mixed);
  }

  /** A message that is good but for its group. What its job's record has not published is published all the same. */
  async function refuse(message: PendingMessage, record: Job | null, problem: FieldProblem): Promise<Received> {
    const published = record === null ? null : await steps.publishPending(record);
    return published?.kind === 'unclear' ? SETTLED : reject(message, describeProblems([problem]));
  }

  /** A wake message says who is meant and nothing else: the record rules. */
  async function receiveWake(message: PendingMessage, id: string): Promise<Received> {
    const parsed = parseWakeBody(message.body, vendors);
    const identity = parsed.ok ? parsed.value : parsed.identity;
    if (identity !== undefined && jobIdOf(identity) !== id)
      return reject(message, 'reattach: is not the id of the job in the body.');
    if (!parsed.ok) return receiveUnknown(message, parsed);
    const record = await jobs.get(id);
    if (record === null) return reject(message, 'reattach: there is no record of this job to go on with.');
    return meetAgain({ message, watch: null }, record);
  }

  /** A message that is wrong, unless it is the clock of a job that a newer version has begun. */
  async function receiveUnknown(message: PendingMessage, { problems, identity }: Refused): Promise<Received> {
    const record = identity === undefined ? null : await jobs.get(jobIdOf(identity));
    if (record === null) return reject(message, describeProblems(problems));
    const received = await meetAgain({ message, watch: null }, record);
    if (received.kind === 'due') await leaveAlone(received.due);
    return SETTLED;
  }

  /** At once, from what is stored then, as long as others are faster: what it brings is there before an end is told. */
  async function meetAgain(wanted: Wanted, first: Job): Promise<Received> {
    const met = await meet(wanted, first);
    if (met !== 'conflict') return met;
    const read = () => jobs.get(first.id);
    const again = await readChangeWrite(MEET_TRIES, read, async (record) => (record ? meet(wanted, record) : SETTLED));
    return again === 'conflict' ? SETTLED : again;
  }

  async function reject(message: PendingMessage, reason: string): Promise<Received> {
    await steps.reject(message, reason);
    return SETTLED;
  }
}

function makeCreate({ jobs, clock, log }: IntakePorts, learned: Pick<Learned, 'firstPoll'>) {
  /** Null: it was there a moment ago, and is gone. */
  return async function create(message: PendingMessage, wanted: WatchMessage): Promise<Job | null> {
    const when = { sentMs: message.sentMs, nowMs: clock(), owner: message.messageId };
    const job = await learned.firstPoll(newJob(wanted, when));
    if ((await jobs.create(job)) === 'conflict') return jobs.get(job.id);
    const { id, api, account, region, jobId, correlationId } = job;
    log.info('job.watched', { id, api, account, region, jobId, correlationId });
    return job;
  };
}

/**
 * A message and a record: what is pending is published, and then, whose job is it? One message watches it; any other
 * leaves what it brought, and goes. `conflict`: the record has changed since it was read.
 */
function makeMeet({ jobs, clock, log }: IntakePorts, steps: Steps, { firstPoll }: Pick<Learned, 'firstPoll'>) {
  return async function meet({ message, watch }: Wanted, record: Job): Promise<Received | 'conflict'> {
    const published = await steps.publishPending(record);
    if (published.kind === 'unclear') return SETTLED;
    const { job } = published;
    if (isTerminal(job.phase)) return watch === null ? remove(message) : meetEnded(message, watch, job);
    if (job.owner === message.messageId) return whenDue(message, job);
    await steps.callbacks.closeTold(job, watch?.callbacks);
    if (steps.callbacks.isFull(job, watch?.callbacks)) {
      await steps.reject(message, TOO_MANY_CALLBACKS);
      return SETTLED;
    }
    return share({ message, watch }, job);
  };

  /**
   * The job has ended and that was published. A message sent after our own end opens it again; any other is answered by
   * the record.
   */
  async function meetEnded(message: PendingMessage, wanted: WatchMessage, job: Job): Promise<Received | 'conflict'> {
    const isNews = isOwnEnd(job.phase) && job.endedAt !== null && message.sentMs > toMs(job.endedAt);
    if (!isNews) {
      if (wanted.group !== null && job.group === null) await steps.addEnded(job, wanted.group);
      return answerEnded(message, wanted, job);
    }
    const when = { sentMs: message.sentMs, nowMs: clock(), owner: message.messageId };
    const opened = await steps.save(reopen(job, wanted, when));
    if (opened.kind !== 'saved') return lost(opened);
    log.info('job.reopened', { id: job.id, after: job.phase });
    const published = await steps.publishPending(opened.job);
    return published.kind === 'unclear' ? SETTLED : { kind: 'due', due: dueFrom(steps, message, published.job) };
  }

  /** Whoever waits for the end gets the one that there is. */
  async function answerEnded(
    message: PendingMessage,
    { callbacks = [] }: WatchMessage,
    job: Job,
  ): Promise<Received | 'conflict'> {
    const closed = callbacks.length === 0 ? 'closed' : await steps.callbacks.closeEnded(job, callbacks);
    return closed === 'conflict' ? closed : remove(message);
  }

  /** One message watches the job, another than this: this one does, if nobody did or the one that did is lost. */
  function share({ message, watch }: Wanted, job: Job): Promise<Received | 'conflict'> {
    const merged = watch === null ? job : merge(job, watch, message.sentMs);
    const mayOwn = job.owner === null || isStale(job, clock());
    return mayOwn ? own(message, merged) : absorbDuplicate(message, merged, job);
  }

  /** The message watches the job from now on; what it brought is written with the change of owner. */
  async function own(message: PendingMessage, merged: Job): Promise<Received | 'conflict'> {
    const owned = await steps.save(await firstPoll({ ...merged, owner: message.messageId }));
    return owned.kind === 'saved' ? whenDue(message, owned.job) : lost(owned);
  }

  /** Its own message may return too early: a lease that ran out after the write, a message that was released. */
  async function whenDue(message: PendingMessage, job: Job): Promise<Received> {
    const dueMs = toMs(job.nextPollAt);
    if (dueMs - clock() < DUE_WITHIN_MS) return { kind: 'due', due: dueFrom(steps, message, job) };
    await steps.delayUntil(message, dueMs);
    return SETTLED;
  }

  /** Another message watches the job: this one leaves what it brought, proves that, and goes. */
  async function absorbDuplicate(message: PendingMessage, merged: Job, job: Job): Promise<Received | 'conflict'> {
    const written = bringsNews(merged, job)
      ? (await steps.save(merged)).kind
      : await jobs.confirmOtherOwner(job, message.messageId);
    return written === 'saved' ? remove(message) : lost({ kind: written });
  }

  async function remove(message: PendingMessage): Promise<Received> {
    await steps.remove(message);
    return SETTLED;
  }
}

function dueFrom(steps: Steps, message: PendingMessage, job: Job): Due {
  return { message, job, dueMs: steps.dueMs(job, message) };
}

/** A record that the store will never take is no race that could be won. */
function lost({ kind }: Pick<SaveResult, 'kind'>): Received | 'conflict' {
  return kind === 'conflict' ? 'conflict' : SETTLED;
}

function bringsNews(merged: Job, job: Job): boolean {
  if (merged.callbacks !== job.callbacks) return true;
  const isOther = merged.submittedAt !== job.submittedAt || merged.deadlineAt !== job.deadlineAt;
  return isOther || merged.group?.id !== job.group?.id || !sameLabels(merged, job);
}

function sameLabels(a: Job, b: Job): boolean {
  const keys = Object.keys(a.labels);
  return keys.length === Object.keys(b.labels).length && keys.every((key) => a.labels[key] === b.labels[key]);
}
