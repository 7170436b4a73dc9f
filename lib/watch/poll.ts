import type { Busy, Wait } from '../admission/pace.ts';
import type { Permit } from '../admission/permit.ts';
import type { Tick } from '../admission/tick.ts';
import { errorName } from '../base/error.ts';
import { toIso, toMs } from '../base/time.ts';
import type { Cadence, CallShare } from '../cadence/cadence.ts';
import { beating } from '../job/callbacks.ts';
import { withNextPoll } from '../job/check-by.ts';
import { scopeKey } from '../job/identity.ts';
import type { Job, Waiting } from '../job/job.ts';
import { isTrouble, type Observation } from '../job/observation.ts';
import { isTerminal } from '../job/phase.ts';
import { endUnpollable, transition, withOutlook } from '../job/transition.ts';
import type { Call, PollResult, Vendor } from '../vendors/vendor.ts';
import { isWorthWriting, nextDueMs } from './due.ts';
import { bestEffort } from './faults.ts';
import type { Learned } from './learned.ts';
import type { CallTime } from './plan.ts';
import { type Due, type PendingMessage, vendorOf, type WatchPorts } from './ports.ts';
import type { Steps } from './steps.ts';

/** What a call has when its turn has come. */
export interface Turn {
  readonly permit: Permit;
  /** How long those who wait in the scope's line take at its pace: who was polled comes back no sooner. */
  readonly lineMs: () => number;
  /** Resolves when a message may be given its next time: where many wait, several share a request. */
  readonly together: () => Promise<void>;
  /** Whether this worker begins calls still; if not, what the call did not come to is for the next one. */
  readonly goesOn: () => boolean;
}

/** A batch is logged whole, a list by its beginning. */
const LOGGED_IDS_MAX = 20;
const UNANSWERED: Observation = { kind: 'malformed', reason: "The vendor's answer said nothing about this job." };
/** Somebody has to mend something (a right, a table): often enough to notice when that is done. */
const FAULT_POLL_MS = 60_000;

type Share = CallShare &
  Pick<Turn, 'lineMs' | 'together' | 'goesOn'> & {
    /** The wait that a good answer named: it holds for whoever calls next. */
    readonly restMs: number;
  };

type PollPorts = Pick<WatchPorts, 'admit' | 'vendors' | 'callbacks' | 'log' | 'clock' | 'mono'>;

export interface PollModel extends Pick<Learned, 'refresh'> {
  readonly cadence: Cadence;
  readonly learnList: (call: Call, result: PollResult, time: CallTime) => Promise<void>;
  /** The job has ended. */
  readonly leave: (job: Job) => void;
}

/** Polls a vendor, and brings every job of the call to its end of the round. */
export function makePoll(ports: PollPorts, steps: Steps, { cadence, refresh, learnList, leave }: PollModel) {
  const { clock } = ports;

  return {
    admit: (call: Call, tick: Tick) => admit(ports, call, vendorOf(ports.vendors, call.scope.api), tick),
    poll,
    /** They could not be polled now, for a reason that their records tell. */
    putOff: (due: readonly Due[], wait: Wait) => forEach(due, (one) => putOff(one, wait)),
    /** They were received and not begun: somebody else may have them at once. */
    release: (due: readonly Due[]) =>
      forEach(due, async ({ message, job, dueMs }) => {
        steps.noteDue(job, dueMs);
        await steps.release(message);
      }),
  };

  /** Answers those whom the call did not come to, though it came to others: they may wait for another call. */
  async function poll(call: Call, due: readonly Due[], turn: Turn): Promise<readonly Due[]> {
    const vendor = vendorOf(ports.vendors, call.scope.api);
    await refresh();
    const beganMono = ports.mono();
    const result = await callVendor(ports, vendor, call, turn.permit);
    await learnList(call, result, { tookMs: ports.mono() - beganMono, goesOn: turn.goesOn() });
    const { observations, pages } = result;
    const observationOf = ({ job }: Due) => observations.get(job.jobId) ?? UNANSWERED;
    const isUnasked = (one: Due) => observationOf(one).kind === 'unasked';
    const unasked = due.every(isUnasked) ? [] : due.filter(isUnasked);
    const { together, goesOn } = turn;
    const restMs = result.restMs ?? 0;
    const lineMs = () => Math.max(turn.lineMs(), restMs);
    const share = { ...callShareOf(call, pages, vendor), lineMs, together, goesOn, restMs };
    const asked = due.filter((one) => !unasked.includes(one));
    await forEach(asked, (one) => judge(one, vendor, observationOf(one), share));
    return unasked;
  }

  /** The job was polled: what does it mean, and when is the next poll? */
  async function judge({ message, job: stored, dueMs }: Due, vendor: Vendor, observation: Observation, share: Share) {
    const nowMs = clock();
    const known = steps.withUnsaved(stored);
    const { job: polled, pollWithinMs: withinMs } = transition(known, observation, vendor.judge, nowMs);
    const job = withOutlook(polled, stored.seq, cadence.outlook(polled, nowMs), nowMs);
    const turnMs = Math.max(cadence.nextPollInMs(job, nowMs, share), inLineMs(nowMs, share));
    const cadenceMs = isForNext(observation, share) ? Math.min(share.restMs, turnMs) : turnMs;
    const nextMs = nextDueMs(job, observation, { nowMs, cadenceMs, withinMs });
    const waits = isTrouble(observation) && !isTerminal(job.phase);
    const waiting = waits ? waitingFor(observation.reason, nextMs, observation.kind === 'denied') : null;
    // Turns go by the wait that the cadence asks for, without what was added for the sake of meeting others.
    const ownMs = nowMs + cadence.nextPollInMs(job, nowMs, { ...share, canShare: false });
    steps.noteDue(job, observation.kind === 'unasked' ? dueMs : Math.min(ownMs, nextMs));
    if (!isTrouble(observation)) for (const callback of beating(job)) ports.callbacks?.beat(callback);
    await conclude(message, stored, { ...withNextPoll(job, nextMs, nowMs), waiting }, share.together);
  }

  /** The job could not be polled now, for a reason that its record tells. */
  async function putOff({ message, job, dueMs }: Due, { untilMs, reason, isDenied = false }: Wait): Promise<void> {
    const nowMs = clock();
    const kept = endUnpollable(steps.withUnsaved(job), reason, nowMs);
    const wait = { nowMs, cadenceMs: Math.max(0, untilMs - nowMs), withinMs: null };
    const nextMs = nextDueMs(kept, { kind: 'unasked', reason }, wait);
    const waiting = isTerminal(kept.phase) ? null : waitingFor(reason, nextMs, isDenied);
    steps.noteDue(job, dueMs);
    await conclude(message, job, { ...withNextPoll(kept, nextMs, nowMs), waiting }, async () => undefined);
  }

  async function conclude(message: PendingMessage, stored: Job, next: Job, together: Turn['together']): Promise<void> {
    const isNews = isWorthWriting(stored, next, clock());
    const written = isNews ? await steps.write(stored, next) : steps.bufferUnsaved(stored, next); //   1 the record
    if (written.kind === 'unclear') return;
    const published = await steps.publishPending(written.job); //               2 the events, 3 that they are published
    if (published.kind === 'unclear') return;
    if (!isTerminal(published.job.phase)) {
      await together();
      return steps.delayUntil(message, toMs(next.nextPollAt)); //               4 the message: back when due, or gone
    }
    leave(published.job);
    await steps.remove(message);
  }
}

function waitingFor(reason: string, untilMs: number, isDenied: boolean): Waiting {
  return { reason, until: toIso(untilMs), ...(isDenied ? { denied: true } : {}) };
}

/** The call did not come to the job before its worker's time was over: the next worker has it at once. */
function isForNext({ kind }: Observation, { goesOn }: Share): boolean {
  return kind === 'unasked' && !goesOn();
}

/** Whole seconds, as the queue counts. */
function inLineMs(nowMs: number, { lineMs }: Share): number {
  const ms = lineMs();
  return ms === 0 ? 0 : Math.ceil((nowMs + ms) / 1000) * 1000 - nowMs;
}

/** An account or a state that can't be read keeps no job from its deadline: it is one more reason to wait. */
async function admit(ports: PollPorts, call: Call, vendor: Vendor, tick: Tick): Promise<Permit | Busy | Wait> {
  try {
    return await ports.admit(call.scope, vendor, tick);
  } catch (error) {
    const name = errorName(error);
    ports.log.error('admission.fault', { scope: scopeKey(call.scope), error: name });
    const reason = `the account or the state of its key could not be read (${name})`;
    return { kind: 'wait', untilMs: ports.clock() + FAULT_POLL_MS, reason };
  }
}

async function callVendor(ports: PollPorts, vendor: Vendor, call: Call, permit: Permit): Promise<PollResult> {
  const { log, mono } = ports;
  const beganMono = mono();
  const result = await vendor.poll(call, permit).catch(async (error: unknown) => {
    await bestEffort(log, 'close', () => permit.release(null));
    throw error;
  });
  await bestEffort(log, 'close', () => permit.release(result));
  log.info('vendor.asked', {
    scope: scopeKey(call.scope),
    shape: call.shape,
    jobs: call.jobIds.length,
    jobIds: call.jobIds.slice(0, LOGGED_IDS_MAX),
    durationMs: Math.round(mono() - beganMono),
    outcomes: countKinds(result.observations),
  });
  return result;
}

/** How the call was made, for the wait that follows it. */
function callShareOf(call: Call, pages: number | null, { grouping }: Pick<Vendor, 'grouping'>): CallShare {
  const { batchMax, listPageMax } = grouping;
  return { jobs: call.jobIds.length, requests: pages ?? 1, canShare: batchMax > 0 || listPageMax > 0 };
}

function countKinds(observations: ReadonlyMap<string, Observation>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of observations.values()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** One job's fault leaves that job to its lease; the others of the call go on, and then the fault is told. */
async function forEach(due: readonly Due[], work: (one: Due) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(due.map(work));
  const fault = results.find((result) => result.status === 'rejected');
  if (fault !== undefined) throw fault.reason;
}
