import type { HttpResponse } from '../../base/http.ts';
import type { Trouble } from '../../job/observation.ts';
import { explain, type Fault, type Meaning, troubleOf } from './faults.ts';
import { type JsonObject, parseObject } from './json.ts';

/** What one request came to. `missing`: the vendor does not know the id, or one of the ids, that it asked about. */
export type Reply =
  | { readonly kind: 'ok'; readonly body: JsonObject }
  | { readonly kind: 'missing'; readonly reason: string }
  | Trouble;

export function replyOfSuccess(answer: HttpResponse): Reply {
  const body = parseObject(answer.body);
  if (body === null) return { kind: 'malformed', reason: 'the answer is not a JSON object (HTTP 200)' };
  return { kind: 'ok', body };
}

export function replyOfFault(meaning: Meaning, fault: Fault, retryAfterMs: number | null): Reply {
  if (meaning === 'missing') return { kind: 'missing', reason: explain(meaning, fault) };
  return troubleOf(meaning, fault, retryAfterMs);
}
