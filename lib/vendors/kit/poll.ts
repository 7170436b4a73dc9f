import type { ApiFacts } from '../../job/api-facts.ts';
import type { Observation } from '../../job/observation.ts';
import type { Call, Vendor } from '../vendor.ts';
import { type Account, cloudOf } from './credentials.ts';
import { endsCall, makeResults, type Results } from './results.ts';
import { closeSession, NO_PROJECT, openSession, pollResultOf, type Session, UNASKED, wrongAccount } from './session.ts';

/** Makes the requests of one call and notes what they say of each id. Returns how many pages a list took, or null. */
export type Fill<A extends Account> = (session: Session<A>, call: Call, results: Results) => Promise<number | null>;

/** What polling means for every api: no request without the right account and project, one session, one result. */
export function makePoll<A extends Account>(facts: ApiFacts, fill: Fill<A>): Vendor['poll'] {
  return async function poll(call, access) {
    const { account } = access;
    if (!isOf<A>(account, facts.cloud)) return wrongAccount(call, facts.cloud);
    if (facts.needsProject && call.scope.projectId === null) return pollResultOf(call, NO_PROJECT);
    const session = openSession(call, account, access);
    const results = makeResults(call.jobIds);
    const pages = await fill(session, call, results);
    return closeSession(session, results.observations, pages);
  };
}

/** Whoever parsed the account did so by the schema of the cloud that it names. */
function isOf<A extends Account>(account: Account, cloud: string): account is A {
  return cloudOf(account) === cloud;
}

/**
 * One request for each id that is not seen yet, for so many of them; trouble that would meet the next one too ends it.
 * The rest is unasked.
 */
export async function pollSingly(
  results: Results,
  pollOne: (jobId: string) => Promise<Observation>,
  max = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (const jobId of results.unseen().slice(0, max)) {
    const observation = await pollOne(jobId);
    results.see(jobId, observation);
    if (!endsCall(observation)) continue;
    results.fillRest(observation);
    return;
  }
  results.fillRest(UNASKED);
}
