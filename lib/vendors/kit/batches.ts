import type { Observation, Trouble } from '../../job/observation.ts';
import type { Account } from './credentials.ts';
import { endsCall, type Results } from './results.ts';
import type { Session } from './session.ts';

/** How an api is polled for one id and for several. */
export interface Batching<A extends Account> {
  readonly pollOne: (session: Session<A>, jobId: string) => Promise<Observation>;
  /** `spoiled`: refused as a whole, which one of the ids alone may be the reason for. */
  readonly pollMany: (session: Session<A>, jobIds: readonly string[]) => Promise<Results | 'spoiled'>;
}

/**
 * Polls all ids in batches, and halves those that one of the ids spoils; trouble that would meet every request ends it.
 */
export async function pollBatches<A extends Account>(
  batching: Batching<A>,
  session: Session<A>,
  results: Results,
  batchMax: number,
): Promise<void> {
  let end: Trouble | null = null;

  function take(jobId: string, observation: Observation): void {
    results.see(jobId, observation);
    if (endsCall(observation)) end = observation;
  }

  /** Whether the vendor knows every one of the ids; a group that is known to be spoiled is split without a request. */
  async function pollGroup(ids: readonly string[], spoiled: boolean): Promise<boolean> {
    if (end !== null || ids[0] === undefined) return false;
    if (ids.length === 1) {
      const observation = await batching.pollOne(session, ids[0]);
      take(ids[0], observation);
      return observation.kind === 'status';
    }
    const listed = spoiled ? 'spoiled' : await batching.pollMany(session, ids);
    if (listed !== 'spoiled') {
      for (const [jobId, observation] of listed.observations) take(jobId, observation);
      return [...listed.observations.values()].every(({ kind }) => kind === 'status');
    }
    const middle = Math.ceil(ids.length / 2);
    const firstIsKnown = await pollGroup(ids.slice(0, middle), false);
    await pollGroup(ids.slice(middle), firstIsKnown);
    return false;
  }

  const ids = results.unseen();
  for (let start = 0; start < ids.length; start += batchMax) {
    await pollGroup(ids.slice(start, start + batchMax), false);
  }
  if (end !== null) results.fillRest(end);
}
