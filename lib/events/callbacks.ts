import {
  addCallbacks,
  beforeEnd,
  type Callback,
  type CallbackRequest,
  callbackHash,
  closingsOf,
} from '../job/callbacks.ts';
import { callbackEventId } from '../job/identity.ts';
import type { Job } from '../job/job.ts';
import type { JobStore } from '../job/store.ts';
import { type Event, type JobEventData, transitionEvent } from './event.ts';

/** Which callback: its token lies with the secrets, under `hash`. */
export type CallbackTarget = Pick<Callback, 'kind' | 'hash'>;

/** The end of a job, on its way to a workflow that waits for it. */
export interface CallbackEnd {
  /** `evt_…`; one for ever for a job and a callback, so that no second end is told to a workflow that had its own. */
  readonly id: string;
  readonly target: CallbackTarget;
  readonly event: Event<JobEventData>;
}

/** Puts ends on their way. Rejects if a store or the queue is at fault; a repeat repeats nothing that was done. */
export type CloseCallbacks = (ends: readonly CallbackEnd[]) => Promise<void>;

/** The ends of a job's callbacks by transitions above `seq`. */
export function callbackEnds(stage: string, job: Job, seq: number): readonly CallbackEnd[] {
  return closingsOf(job)
    .filter(({ entry }) => entry.seq > seq)
    .map(({ callback: { kind, hash }, entry }) => ({
      id: callbackEventId(job.id, hash),
      target: { kind, hash },
      event: transitionEvent(stage, job, entry),
    }));
}

interface ClosePorts {
  readonly jobs: Pick<JobStore, 'saveCallbacks'>;
  readonly close: CloseCallbacks;
}

/**
 * A workflow that asks for a job that has ended gets its end now: nobody will tell it later. The record first, then the
 * deliveries, known callbacks too, since their work may have been cut off between the two. `conflict`: the record has
 * changed since it was read.
 */
export async function closeAtOnce(
  { jobs, close }: ClosePorts,
  stage: string,
  job: Job,
  requests: readonly CallbackRequest[],
): Promise<'closed' | 'conflict' | 'full'> {
  const callbacks = addCallbacks(job, requests, beforeEnd(job));
  if (callbacks === 'full') return 'full';
  const noted: Job = { ...job, callbacks };
  if (callbacks !== job.callbacks && (await jobs.saveCallbacks(noted)) === 'conflict') return 'conflict';
  const asked = new Set(requests.map(callbackHash));
  await close(callbackEnds(stage, noted, 0).filter(({ target }) => asked.has(target.hash)));
  return 'closed';
}
