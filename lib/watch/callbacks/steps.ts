import { callbackEnds, closeAtOnce } from '../../events/callbacks.ts';
import {
  addCallbacks,
  CALLBACKS_MAX,
  type CallbackRequest,
  callbackHash,
  unknownCallbacks,
} from '../../job/callbacks.ts';
import type { Job } from '../../job/job.ts';
import type { WatchPorts } from '../ports.ts';

/** Why a message is refused that brings more than a job may have. */
export const TOO_MANY_CALLBACKS = `callbacks: at most ${CALLBACKS_MAX} callbacks may wait for a job, and it has some already.`;

/** The steps of workflows that wait for a job, each safe to repeat. */
export function makeCallbackSteps({ callbacks, jobs }: Pick<WatchPorts, 'callbacks' | 'jobs'>, stage: string) {
  return {
    /** Tokens go to the secrets before a record names them; those that the record knows are there. */
    async keep(record: Job | null, requests: readonly CallbackRequest[] | undefined): Promise<void> {
      const fresh = unknownCallbacks(record ?? {}, requests);
      if (fresh.length > 0) await callbacks?.keep(fresh);
    },
    isFull: (job: Job, requests: readonly CallbackRequest[] | undefined): boolean =>
      addCallbacks(job, requests, job.seq) === 'full',
    /** Those whose end the record holds as unpublished. */
    async closePending(job: Job): Promise<void> {
      const ends = callbackEnds(stage, job, job.notifiedSeq);
      if (ends.length > 0) await callbacks?.close(ends);
    },
    /**
     * Those of a message whose end is published already: the work may have been cut off between record and deliveries,
     * and the job opened again since, so that nothing is pending.
     */
    async closeTold(job: Job, requests: readonly CallbackRequest[] = []): Promise<void> {
      const asked = new Set(requests.map(callbackHash));
      const ends = asked.size === 0 ? [] : callbackEnds(stage, job, 0).filter(({ target }) => asked.has(target.hash));
      if (ends.length > 0) await callbacks?.close(ends);
    },
    async closeEnded(job: Job, requests: readonly CallbackRequest[]): Promise<'closed' | 'conflict' | 'full'> {
      return callbacks === undefined
        ? 'closed'
        : await closeAtOnce({ jobs, close: callbacks.close }, stage, job, requests);
    },
  };
}

export type CallbackSteps = ReturnType<typeof makeCallbackSteps>;
