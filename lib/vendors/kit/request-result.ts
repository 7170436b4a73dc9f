import type { HttpResponse } from '../../base/http.ts';
import type { Trouble } from '../../job/observation.ts';
import { type ClassifiedFault, explain, troubleOf } from './faults.ts';
import { type JsonObject, parseObject } from './json.ts';

/** What one request came to. `missing`: the vendor does not know the id, or one of the ids, of the request. */
export type RequestResult =
  | { readonly kind: 'ok'; readonly body: JsonObject }
  | { readonly kind: 'missing'; readonly reason: string }
  | Trouble;

export function resultOfSuccess(response: HttpResponse): RequestResult {
  const body = parseObject(response.body);
  if (body === null) return { kind: 'malformed', reason: 'the answer is not a JSON object (HTTP 200)' };
  return { kind: 'ok', body };
}

export function resultOfFault({ fault, faultClass, retryAfterMs }: ClassifiedFault): RequestResult {
  if (faultClass === 'missing') return { kind: 'missing', reason: explain(faultClass, fault) };
  return troubleOf(faultClass, fault, retryAfterMs);
}
