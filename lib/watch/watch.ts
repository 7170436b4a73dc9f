import type { Leave } from '../admission/admission.ts';
import type { Wait } from '../admission/pace.ts';
import { errorName } from '../base/error.ts';
import { toIso, toMs } from '../base/time.ts';
import { type Company, makeCadence } from '../cadence/cadence.ts';
import { jobIdOf, scopeKey } from '../job/identity.ts';
import { type Job, merge, newJob } from '../job/job.ts';
import { isTrouble, type Observation } from '../job/observation.ts';
import { isOwnEnd, isTerminal } from '../job/phase.ts';
import { endUnpollable, reopen, transition, withOutlook } from '../job/transition.ts';
import { describeProblems, parseWakeBody, parseWatchBody, type WatchMessage } from '../job/watch-message.ts';
import type { Answer, Call, Vendor } from '../vendors/vendor.ts';
import { companyOf, makeKnowledge } from './learned.ts';
import { planCalls } from './plan.ts';
import type { PendingMessage, WatchPorts, WatchSettings } from './ports.ts';
import { isStale, isWorthWriting, nextLookMs } from './schedule.ts';
import { makeEffects } from './steps.ts';

/** A job that is due, together with the message that watches it. */
export interface Due {
  readonly message: PendingMessage;
  readonly job: Job;
}

/**
 * The order of effects, and nothing else: what is decided stands in the pure files, how it is done in the adapters.
 *
 *   receive → parse → read → pay what is owed → own → (plan) → ask → transition
 *     → 1 write → 2 send → 3 notifiedSeq → 4 come back later, or delete
 *
 * A crash after any of them leaves a message that comes back and a record that says what is still owed.
 */
export function makeWatch(ports: WatchPorts, settings: WatchSettings) {
  const { jobs, clock, log, vendors } = ports;
  const cadence = makeCadence(settings);
  const effects = makeEffects(ports, settings, cadence);
  const { pay, reject, remove, delayUntil } = effects;
  const { refresh, firstLook } = makeKnowledge(ports, cadence);

  /** One message, up to the point where its job may be asked. Null: the message is dealt with, or left to its lease. */
  async function visit(message: PendingMessage): Promise<Due | null> {
    if (message.reattach !== null) return visitWake(message, message.reattach);
    const parsed = parseWatchBody(message.body, vendors);
    if (!parsed.ok) return reject(message, describeProblems(parsed.problems));
    const record = (await jobs.get(jobIdOf(parsed.value))) ?? (await create(message, parsed.value));
    const job = record && (await pay(record));
    if (job === null) return null;
    if (isTerminal(job.phase)) return answerEnded(message, parsed.value, job);
    const merged = merge(job, parsed.value, message.sentMs);
    return mayOwn(message, job) ? own(message, merged, job) : yieldTo(message, merged, job);
  }

  /** A wake message says who is meant and nothing else: the record rules. */
  async function visitWake(message: PendingMessage, id: string): Promise<Due | null> {
    const parsed = parseWakeBody(message.body, vendors);
    if (!parsed.ok) return reject(message, describeProblems(parsed.problems));
    if (jobIdOf(parsed.value) !== id) return reject(message, 'reattach: is not the id of the job in the body.');
    const record = await jobs.get(id);
    if (record === null) return reject(message, 'reattach: there is no record of this job to go on with.');
    const job = await pay(record);
    if (job === null) return null;
    if (isTerminal(job.phase)) return remove(message);
    return mayOwn(message, job) ? own(message, job, job) : yieldTo(message, job, job);
  }

  async function create(message: PendingMessage, wanted: WatchMessage): Promise<Job | null> {
    const job = await firstLook(newJob(wanted, { sentMs: message.sentMs, nowMs: clock(), owner: message.messageId }));
    if ((await jobs.create(job)) === 'conflict') return jobs.get(job.id);
    const { id, api, account, region, jobId, correlationId } = job;
    log.info('job.watched', { id, api, account, region, jobId, correlationId });
    return job;
  }

  function mayOwn(message: PendingMessage, job: Job): boolean {
    return job.owner === null || job.owner === message.messageId || isStale(job, clock());
  }

  /** The message watches the job from now on; what it brought is written with the change of owner. */
  async function own(message: PendingMessage, merged: Job, job: Job): Promise<Due | null> {
    if (job.owner === message.messageId) return whenDue(message, job);
    const owned = await effects.store(await firstLook({ ...merged, owner: message.messageId }));
    return owned.kind === 'saved' ? whenDue(message, owned.job) : null;
  }

  /** Its own message may return too early: a lease that ran out after the write, a message that was released. */
  async function whenDue(message: PendingMessage, job: Job): Promise<Due | null> {
    const dueMs = toMs(job.nextPollAt);
    return dueMs - clock() < 1000 ? { message, job } : delayUntil(message, dueMs);
  }

  /** Another message watches the job: this one leaves what it brought, proves that, and goes. */
  async function yieldTo(message: PendingMessage, merged: Job, job: Job): Promise<null> {
    const written = bringsNews(merged, job)
      ? (await effects.store(merged)).kind
      : await jobs.confirmOtherOwner(job, message.messageId);
    return written === 'saved' ? remove(message) : null;
  }

  /**
   * The job has ended and that was told. A message sent after our own end opens it again; any other is answered by the
   * record.
   */
  async function answerEnded(message: PendingMessage, wanted: WatchMessage, job: Job): Promise<Due | null> {
    const isNews = isOwnEnd(job.phase) && job.endedAt !== null && message.sentMs > toMs(job.endedAt);
    if (!isNews) return remove(message);
    const when = { sentMs: message.sentMs, nowMs: clock(), owner: message.messageId };
    const opened = await effects.store(reopen(job, wanted, when));
    if (opened.kind !== 'saved') return null;
    log.info('job.reopened', { id: job.id, after: job.phase });
    const paid = await pay(opened.job);
    return paid && { message, job: paid };
  }

  /** Due jobs, in the fewest calls. Each call is a piece of work of its own: a slow vendor holds up nobody else. */
  async function plan(due: readonly Due[]): Promise<{ call: Call; due: Due[] }[]> {
    const listed = due.filter(({ job }) => vendorOf(job.api).grouping.listPageMax > 0);
    const scopes = new Set(listed.map(({ job }) => scopeKey(job)));
    await Promise.all([...scopes].map((key) => attempt('recall', () => ports.pages.recall(key))));
    const wanted = due.map(({ job }) => ({
      scope: job,
      jobId: job.jobId,
      submittedMs: toMs(job.submittedAt),
      missedLast: job.misses !== null,
    }));
    return planCalls(wanted, vendorOf, ports.pages.get).map((call) => {
      const key = scopeKey(call.scope);
      const ids = new Set(call.jobIds);
      return { call, due: due.filter(({ job }) => ids.has(job.jobId) && scopeKey(job) === key) };
    });
  }

  /** Asks, if it may, and brings every job of the call to its end of the round. */
  async function run(call: Call, due: readonly Due[], mayBegin: () => boolean): Promise<'asked' | 'put off'> {
    const admission = mayBegin() ? await admit(call, mayBegin) : null;
    if (admission === null) await all(due, ({ message }) => effects.release(message));
    else if (admission.kind === 'wait') await all(due, (one) => putOff(one, admission.untilMs, admission.reason));
    else {
      await refresh();
      const { observations, pages } = await ask(call, admission);
      const company = companyOf(call, pages, vendorOf(call.scope.api));
      await all(due, (one) => settle(one, observations.get(one.job.jobId) ?? UNANSWERED, company));
      return 'asked';
    }
    return 'put off';
  }

  /** An account or a state that can't be read keeps no job from its deadline: it is one more reason to wait. */
  async function admit(call: Call, mayBegin: () => boolean): Promise<Leave | Wait> {
    try {
      return await ports.admit(call.scope, vendorOf(call.scope.api), mayBegin);
    } catch (error) {
      const name = errorName(error);
      log.error('admission.fault', { scope: scopeKey(call.scope), error: name });
      const reason = `the account or the state of its key could not be read (${name})`;
      return { kind: 'wait', untilMs: clock() + FAULT_LOOK_MS, reason };
    }
  }

  async function ask(call: Call, leave: Leave): Promise<Answer> {
    const beganMono = ports.mono();
    const answer = await vendorOf(call.scope.api)
      .ask(call, leave)
      .catch(async (error: unknown) => {
        await attempt('close', () => leave.close(null));
        throw error;
      });
    await attempt('close', () => leave.close(answer));
    const { pages } = answer;
    if (pages !== null) await attempt('learn', () => ports.pages.learn(scopeKey(call.scope), pages));
    log.info('vendor.asked', {
      scope: scopeKey(call.scope),
      shape: call.shape,
      jobs: call.jobIds.length,
      jobIds: call.jobIds.slice(0, LOGGED_IDS_MAX),
      durationMs: Math.round(ports.mono() - beganMono),
      outcomes: countKinds(answer.observations),
    });
    return answer;
  }

  /** The job was asked. */
  async function settle({ message, job: stored }: Due, observation: Observation, company: Company): Promise<void> {
    const nowMs = clock();
    const known = effects.withUnsaved(stored);
    const { job: asked, pollWithinMs: withinMs } = transition(known, observation, vendorOf(stored.api).judge, nowMs);
    const job = withOutlook(asked, stored.seq, cadence.outlook(asked, nowMs), nowMs);
    const cadenceMs = cadence.nextAskInMs(job, nowMs, company);
    const nextPollAt = toIso(nextLookMs(job, observation, { nowMs, cadenceMs, withinMs }));
    const waits = isTrouble(observation) && !isTerminal(job.phase);
    const waiting = waits ? { reason: observation.reason, until: nextPollAt } : null;
    await conclude(message, stored, { ...job, nextPollAt, waiting });
  }

  /** The job could not be asked now, for a reason that its record tells. */
  async function putOff({ message, job }: Due, untilMs: number, reason: string): Promise<void> {
    const nowMs = clock();
    const kept = endUnpollable(effects.withUnsaved(job), reason, nowMs);
    const look = { nowMs, cadenceMs: Math.max(0, untilMs - nowMs), withinMs: null };
    const nextPollAt = toIso(nextLookMs(kept, { kind: 'unasked', reason }, look));
    const waiting = isTerminal(kept.phase) ? null : { reason, until: nextPollAt };
    await conclude(message, job, { ...kept, nextPollAt, waiting });
  }

  /** 1 write → 2 send and 3 notifiedSeq (both in `pay`) → 4 come back later, or delete. */
  async function conclude(message: PendingMessage, stored: Job, next: Job): Promise<void> {
    const isNews = isWorthWriting(stored, next, clock());
    const written = isNews ? await effects.write(stored, next) : effects.keepInMind(stored, next);
    const job = written && (await pay(written));
    if (job === null) return;
    await (isTerminal(job.phase) ? remove(message) : delayUntil(message, toMs(next.nextPollAt)));
  }

  /** What helps later rounds may fail: nothing that was learned of the jobs depends on it. */
  async function attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.error('watch.fault', { what, error: errorName(error) });
    }
  }

  function vendorOf(api: string): Vendor {
    const vendor = vendors.get(api);
    if (vendor === undefined) throw new Error(`There is no vendor for the api ${api}.`);
    return vendor;
  }

  return { visit, plan, run };
}

export type Watch = ReturnType<typeof makeWatch>;

/** A batch is logged whole, a list by its beginning. */
const LOGGED_IDS_MAX = 20;

const UNANSWERED: Observation = { kind: 'malformed', reason: "The vendor's answer said nothing about this job." };

/** Somebody has to mend something (a right, a table): often enough to notice when that is done. */
const FAULT_LOOK_MS = 60_000;

/** One job's fault leaves that job to its lease; the others of the call go on, and then the fault is told. */
async function all(due: readonly Due[], work: (one: Due) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(due.map(work));
  const fault = results.find((result) => result.status === 'rejected');
  if (fault !== undefined) throw fault.reason;
}

function bringsNews(merged: Job, job: Job): boolean {
  return merged.submittedAt !== job.submittedAt || merged.deadlineAt !== job.deadlineAt || !sameLabels(merged, job);
}

function sameLabels(a: Job, b: Job): boolean {
  const keys = Object.keys(a.labels);
  return keys.length === Object.keys(b.labels).length && keys.every((key) => a.labels[key] === b.labels[key]);
}

function countKinds(observations: ReadonlyMap<string, Observation>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of observations.values()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
