import type { HttpResponse } from '../../base/http.ts';
import type { Observation, Trouble } from '../../job/observation.ts';
import { type ClassifiedFault, explain, troubleOf } from './faults.ts';
import { type JsonObject, parseObject } from './json.ts';

/** What one request came to. `missing`: the vendor does not know the id, or one of the ids, of the request. */
export type RequestResult =
  | { readonly kind: 'ok'; readonly body: JsonObject }
  | Extract<Observation, { kind: 'missing' }>
  | Refusal
  | Trouble;

type Malformed = Extract<Trouble, { kind: 'malformed' }>;

/** `mayBeOfOneId`: the vendor refuses what the request names, of which a single id may be the reason. */
type Refusal = Malformed & { readonly mayBeOfOneId: true };

/** Whether a request for several ids may be answered if it is made for fewer. */
export function isSpoiled(result: RequestResult): boolean {
  return result.kind === 'missing' || (result.kind === 'malformed' && 'mayBeOfOneId' in result);
}

export function resultOfSuccess(response: HttpResponse): RequestResult {
  const body = parseObject(response.body);
  if (body === null) return { kind: 'malformed', reason: 'the answer is not a JSON object (HTTP 200)' };
  return { kind: 'ok', body };
}

export function resultOfFault(classified: ClassifiedFault): RequestResult {
  const { fault, faultClass, retryAfterMs, believedAfterMs, mayBeOfOneId } = classified;
  if (faultClass === 'missing') {
    const reason = explain(faultClass, fault);
    return believedAfterMs === undefined ? { kind: 'missing', reason } : { kind: 'missing', reason, believedAfterMs };
  }
  const trouble = troubleOf(faultClass, fault, retryAfterMs);
  return trouble.kind === 'malformed' && mayBeOfOneId === true ? { ...trouble, mayBeOfOneId } : trouble;
}
