import type { HttpRequest, HttpResponse, Send } from '../../base/http.ts';
import type { Trouble } from '../../job/observation.ts';
import type { Account } from './credentials.ts';
import { type ClassifiedFault, refusesKey } from './faults.ts';
import { type RequestResult, resultOfFault, resultOfSuccess } from './request-result.ts';
import { noteFailure, noteRest, obstacleAt, type Session } from './session.ts';
import type { SkewedClock } from './skew.ts';

/** How one cloud is spoken to. `Wanted` is a request before anything says who makes it. */
export interface Protocol<A extends Account, Wanted> {
  /** The token that goes with the request, which may need a login; null: its signature is enough. */
  readonly authenticate: (session: Session<A>, wanted: Wanted) => Promise<AuthToken | Trouble | null>;
  /** Where the request goes. */
  readonly originOf: (session: Session<A>, wanted: Wanted) => string;
  readonly sign: (session: Session<A>, wanted: Wanted, token: AuthToken | null, atMs: number) => HttpRequest;
  /** Whether a response of status 200 is a failure all the same. */
  readonly holdsFault?: (response: HttpResponse) => boolean;
  /** The wait that a good response names; null if it names none. */
  readonly restMs?: (response: HttpResponse) => number | null;
  /** Reads a response that is no success. */
  readonly classify: (response: HttpResponse, wanted: Wanted) => ClassifiedFault;
}

export interface AuthToken {
  readonly kind: 'token';
  readonly token: string;
  /** Called when it was refused. */
  readonly drop: () => void;
}

export type Client<A extends Account, Wanted> = (session: Session<A>, wanted: Wanted) => Promise<RequestResult>;

/**
 * The requests of every cloud: pace, sign, send, classify, recover. A nonce that was used is replaced once in a
 * request; a refused time is corrected, or a refused token replaced, once in a call of many requests, since refusals
 * may lock the key. A refused key is never tried again.
 */
export function makeClient<A extends Account, Wanted>(
  deps: { readonly send: Send; readonly skew: SkewedClock },
  protocol: Protocol<A, Wanted>,
): Client<A, Wanted> {
  async function attempt(session: Session<A>, wanted: Wanted, left: Recoveries): Promise<RequestResult> {
    const token = await protocol.authenticate(session, wanted);
    if (token !== null && token.kind !== 'token') return token;
    const origin = protocol.originOf(session, wanted);
    const signed = () => protocol.sign(session, wanted, token, deps.skew.now(origin));
    const obstacle = await obstacleAt(deps.send, session, () => signed().url);
    if (obstacle !== null) return obstacle;
    const signedAtMs = deps.skew.now(origin);
    const response = await deps.send(signed());
    if (response.kind === 'failure') return noteFailure(session, response);
    if (response.status === 200 && protocol.holdsFault?.(response) !== true) return succeed(session, response);
    const fault = protocol.classify(response, wanted);
    const correctClock = () => deps.skew.correct(origin, response.headers, signedAtMs);
    const next = recover(session, fault, { token, correctClock, left });
    return next === null ? resultOfFault(fault) : attempt(session, wanted, next);
  }

  function succeed(session: Session<A>, response: HttpResponse): RequestResult {
    noteRest(session, protocol.restMs?.(response) ?? null);
    return resultOfSuccess(response);
  }

  return (session, wanted) => attempt(session, wanted, { nonce: true });
}

/** What may still be recovered from in a request. */
interface Recoveries {
  readonly nonce: boolean;
}

interface Refused {
  readonly token: AuthToken | null;
  /** Whether another signature would bear another time. */
  readonly correctClock: () => boolean;
  readonly left: Recoveries;
}

/** Notes a refusal, and what may still be recovered from; null if another attempt would meet the fault again. */
function recover({ tally }: Session, { faultClass }: ClassifiedFault, refused: Refused): Recoveries | null {
  const { token, correctClock, left } = refused;
  if (faultClass === 'nonce') return left.nonce ? { nonce: false } : null;
  if (!refusesKey(faultClass)) return null;
  tally.keyRefusals += 1;
  token?.drop();
  if (tally.keyRefusals > 1) return null;
  return token !== null || (faultClass === 'clock' && correctClock()) ? left : null;
}
