import { toIso, toMs } from '../base/time.ts';
import { withNextPoll } from '../job/check-by.ts';
import type { Job } from '../job/job.ts';
import { isTerminal } from '../job/phase.ts';
import { endUnpollable } from '../job/transition.ts';
import { nextDueMs } from './due.ts';
import type { Due, WatchPorts } from './ports.ts';
import type { Steps } from './steps.ts';

/** A version that has the api takes the job up within this time. */
const LEFT_ALONE_MS = 15 * 60_000;

/**
 * A job of an api that this build does not have, since a newer one was rolled back: nobody can be polled, so it is left
 * alone, says so, and ends ten minutes after its deadline like any other that can't be polled.
 */
export function makeLeaveAlone({ clock }: Pick<WatchPorts, 'clock'>, steps: Steps) {
  return async function leaveAlone({ message, job: stored }: Due): Promise<void> {
    const nowMs = clock();
    const reason = `this version of jobwatch does not know the api ${stored.api}`;
    const job = endUnpollable(stored, reason, nowMs);
    const nextMs = nextDueMs(job, { kind: 'unasked', reason }, { nowMs, cadenceMs: LEFT_ALONE_MS, withinMs: null });
    const waiting = isTerminal(job.phase) ? null : { reason, until: toIso(nextMs) };
    const next: Job = { ...withNextPoll(job, nextMs, nowMs), waiting };
    const written = await steps.write(stored, next);
    if (written.kind === 'unclear') return;
    const published = await steps.publishPending(written.job);
    if (published.kind === 'unclear') return;
    if (isTerminal(published.job.phase)) await steps.remove(message);
    else await steps.delayUntil(message, toMs(next.nextPollAt));
  };
}
