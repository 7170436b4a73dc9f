import type { Wait } from '../admission/pace.ts';
import type { Permit } from '../admission/permit.ts';
import type { Tick } from '../admission/tick.ts';
import { errorName } from '../base/error.ts';
import { toIso, toMs } from '../base/time.ts';
import type { Cadence, CallShare } from '../cadence/cadence.ts';
import { scopeKey } from '../job/identity.ts';
import type { Job } from '../job/job.ts';
import { isTrouble, type Observation } from '../job/observation.ts';
import { isTerminal } from '../job/phase.ts';
import { endUnpollable, transition, withOutlook } from '../job/transition.ts';
import type { Call, PollResult, Vendor } from '../vendors/vendor.ts';
import { isWorthWriting, nextDueMs } from './due.ts';
import { bestEffort } from './faults.ts';
import type { Learned } from './learned.ts';
import { type Due, type PendingMessage, vendorOf, type WatchPorts } from './ports.ts';
import type { Steps } from './steps.ts';

/** `put off`: the call could not be made now; its jobs come back. */
export type Polled = 'polled' | 'put off';

/** A batch is logged whole, a list by its beginning. */
const LOGGED_IDS_MAX = 20;
const UNANSWERED: Observation = { kind: 'malformed', reason: "The vendor's answer said nothing about this job." };
/** Somebody has to mend something (a right, a table): often enough to notice when that is done. */
const FAULT_POLL_MS = 60_000;

type PollPorts = Pick<WatchPorts, 'admit' | 'vendors' | 'pages' | 'log' | 'clock' | 'mono'>;

export interface PollModel extends Pick<Learned, 'refresh'> {
  readonly cadence: Cadence;
}

/** Polls a vendor, if it may, and brings every job of the call to its end of the round. */
export function makePoll(ports: PollPorts, steps: Steps, { cadence, refresh }: PollModel) {
  const { clock } = ports;

  return async function poll(call: Call, due: readonly Due[], tick: Tick): Promise<Polled> {
    const vendor = vendorOf(ports.vendors, call.scope.api);
    const admission = tick.mayBegin() ? await admit(ports, call, vendor, tick) : null;
    if (admission === null) {
      await forEach(due, ({ message }) => steps.release(message));
      return 'put off';
    }
    if (admission.kind === 'wait') {
      await forEach(due, (one) => putOff(one, admission.untilMs, admission.reason));
      return 'put off';
    }
    await refresh();
    const { observations, pages } = await callVendor(ports, vendor, call, admission);
    const share = callShareOf(call, pages, vendor);
    await forEach(due, (one) => judge(one, vendor, observations.get(one.job.jobId) ?? UNANSWERED, share));
    return 'polled';
  };

  /** The job was polled: what does it mean, and when is the next poll? */
  async function judge({ message, job: stored }: Due, vendor: Vendor, observation: Observation, share: CallShare) {
    const nowMs = clock();
    const known = steps.withUnsaved(stored);
    const { job: polled, pollWithinMs: withinMs } = transition(known, observation, vendor.judge, nowMs);
    const job = withOutlook(polled, stored.seq, cadence.outlook(polled, nowMs), nowMs);
    const cadenceMs = cadence.nextPollInMs(job, nowMs, share);
    const nextPollAt = toIso(nextDueMs(job, observation, { nowMs, cadenceMs, withinMs }));
    const waits = isTrouble(observation) && !isTerminal(job.phase);
    const waiting = waits ? { reason: observation.reason, until: nextPollAt } : null;
    await conclude(message, stored, { ...job, nextPollAt, waiting });
  }

  /** The job could not be polled now, for a reason that its record tells. */
  async function putOff({ message, job }: Due, untilMs: number, reason: string): Promise<void> {
    const nowMs = clock();
    const kept = endUnpollable(steps.withUnsaved(job), reason, nowMs);
    const wait = { nowMs, cadenceMs: Math.max(0, untilMs - nowMs), withinMs: null };
    const nextPollAt = toIso(nextDueMs(kept, { kind: 'unasked', reason }, wait));
    const waiting = isTerminal(kept.phase) ? null : { reason, until: nextPollAt };
    await conclude(message, job, { ...kept, nextPollAt, waiting });
  }

  async function conclude(message: PendingMessage, stored: Job, next: Job): Promise<void> {
    const isNews = isWorthWriting(stored, next, clock());
    const written = isNews ? await steps.write(stored, next) : steps.bufferUnsaved(stored, next); //   1 the record
    if (written.kind === 'unclear') return;
    const published = await steps.publishPending(written.job); //               2 the events, 3 that they are published
    if (published.kind === 'unclear') return;
    await (isTerminal(published.job.phase) //                                   4 the message: gone, or back when due
      ? steps.remove(message)
      : steps.delayUntil(message, toMs(next.nextPollAt)));
  }
}

/** An account or a state that can't be read keeps no job from its deadline: it is one more reason to wait. */
async function admit(ports: PollPorts, call: Call, vendor: Vendor, tick: Tick): Promise<Permit | Wait> {
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
  const { pages } = result;
  if (pages !== null) await bestEffort(log, 'learn', () => ports.pages.learn(scopeKey(call.scope), pages));
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
