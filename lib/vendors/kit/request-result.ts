import type { HttpResponse } from '../../base/http.ts';
import type { Observation, Trouble } from '../../job/observation.ts';
import { type ClassifiedFault, explain, troubleOf } from './faults.ts';
import { type JsonObject, parseObject } from './json.ts';

/** What one request came to. `missing`: the vendor does not know the id, or one of the ids, of the request. */
export type RequestResult =
  | { readonly kind: 'ok'; readonly body: JsonObject }
  | Extract<Observation, { kind: 'missing' }>
  | Trouble;

export function resultOfSuccess(response: HttpResponse): RequestResult {
  const body = parseObject(response.body);
  if (body === null) return { kind: 'malformed', reason: 'the answer is not a JSON object (HTTP 200)' };
  return { kind: 'ok', body };
}

export function resultOfFault({ fault, faultClass, retryAfterMs, believedAfterMs }: ClassifiedFault): RequestResult {
  if (faultClass === 'missing') {
    const reason = explain(faultClass, fault);
    return believedAfterMs === undefined ? { kind: 'missing', reason } : { kind: 'missing', reason, believedAfterMs };
  }
  return troubleOf(faultClass, fault, retryAfterMs);
}
