import type { HttpFailure, Send } from '../../base/http.ts';
import type { Scope } from '../../job/identity.ts';
import type { Observation, Trouble } from '../../job/observation.ts';
import type { Access, Call, PollResult } from '../vendor.ts';
import type { Account } from './credentials.ts';

/** What the requests of one call may use, and what they did to the key. */
export interface Allowance {
  readonly acquire: Access['acquire'];
  /** End points that have answered something unsigned; null: they need not. */
  readonly answering: Set<string> | null;
  readonly tally: {
    /** Requests whose signature, token or key was refused. */
    keyRefusals: number;
    /** Requests that may have arrived and were not answered. */
    keyDoubts: number;
    /** The longest wait that a good answer named: no further request is made meanwhile. */
    restMs?: number;
  };
}

/** One call; made by the vendor that is polled, seen by nobody else. */
export interface Session<A extends Account = Account> extends Allowance {
  readonly scope: Scope;
  readonly account: A;
}

export const UNASKED: Trouble = { kind: 'unasked', reason: 'the pace or the time did not allow the request' };

export const NO_PROJECT: Trouble = {
  kind: 'malformed',
  reason: 'a job of this api is known only together with a project id',
};

export function openSession<A extends Account>(call: Call, account: A, access: Access): Session<A> {
  const { acquire, unsignedFirst } = access;
  const answering = unsignedFirst === true ? new Set<string>() : null;
  return { scope: call.scope, account, acquire, answering, tally: { keyRefusals: 0, keyDoubts: 0 } };
}

export function closeSession(
  session: Session,
  observations: PollResult['observations'],
  pages: number | null,
): PollResult {
  return { observations, ...session.tally, pages };
}

/** A good answer may ask for patience, too. */
export function noteRest({ tally }: Allowance, restMs: number | null): void {
  if (restMs !== null && restMs > 0) tally.restMs = Math.max(tally.restMs ?? 0, restMs);
}

/** What it means that no whole response came; one that was too large came and is no use. */
export function noteFailure({ tally }: Allowance, failure: HttpFailure): Trouble {
  if (failure.error === 'timeout' || failure.error === 'reset') tally.keyDoubts += 1;
  return troubleOfFailure(failure);
}

function troubleOfFailure(failure: HttpFailure): Trouble {
  if (failure.error === 'too_large') return { kind: 'malformed', reason: 'the answer was too large' };
  const code = failure.code === null ? '' : `, ${failure.code}`;
  return { kind: 'unreachable', reason: `no answer came (${failure.error}${code})` };
}

/** Null: a request of the call may go to that address now, signed. */
export async function obstacleAt(send: Send, allowance: Allowance, urlOf: () => URL): Promise<Trouble | null> {
  if (allowance.tally.restMs !== undefined) return UNASKED;
  const silence = await silenceAt(send, allowance, urlOf);
  if (silence !== null) return silence;
  return (await allowance.acquire()) ? null : UNASKED;
}

/**
 * Null: somebody answers at that address, or nobody wants to know. Where nobody answers the same request without a
 * signature, none is spent: what bears no key can't be counted against it.
 */
async function silenceAt(send: Send, { acquire, answering }: Allowance, urlOf: () => URL): Promise<Trouble | null> {
  if (answering === null) return null;
  const url = urlOf();
  if (answering.has(url.origin)) return null;
  if (!(await acquire())) return UNASKED;
  const response = await send({ method: 'GET', url, headers: { host: url.host, accept: 'application/json' } });
  if (response.kind === 'failure') return troubleOfFailure(response);
  answering.add(url.origin);
  return null;
}

/** An account of another cloud makes no request at all. */
export function wrongAccount(call: Call, cloud: string): PollResult {
  const reason = `the account is not one of ${cloud}, which ${call.scope.api} needs`;
  return pollResultOf(call, { kind: 'denied', what: 'account', reason });
}

/** The same observation for every id, without a request. */
export function pollResultOf(call: Call, observation: Observation): PollResult {
  return {
    observations: new Map(call.jobIds.map((jobId) => [jobId, observation])),
    keyRefusals: 0,
    keyDoubts: 0,
    pages: null,
  };
}
