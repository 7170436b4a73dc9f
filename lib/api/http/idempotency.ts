import { createHash } from 'node:crypto';
import type { WriteResult } from '../../base/conditional-write.ts';
import { isObject } from '../../base/is-object.ts';
import type { Log } from '../../base/log.ts';
import { IDEMPOTENCY_KEPT_SECONDS } from '../../base/retention.ts';
import type { Clock } from '../../base/time.ts';
import type { Caller } from './auth.ts';
import { invalid, problem } from './problem.ts';
import { type ApiResponse, json } from './types.ts';

/** What a caller has begun under an `Idempotency-Key`. */
export interface IdempotencyRecord {
  /** `idem#<token name>#<sha256 of the key>`: the key itself is the caller's own and is not kept. */
  readonly id: string;
  /** What is stored; 0: nothing. Every write is conditional on it and raises it. */
  readonly version: number;
  /** SHA-256 of the request. */
  readonly request: string;
  /** The id of what is being made. */
  readonly subject: string;
  /** Whether it was made. */
  readonly done: boolean;
  /** While it is being made nobody else begins. */
  readonly leaseUntilMs: number;
  /** Later the key is as good as new. */
  readonly expiresAtMs: number;
}

export interface IdempotencyStore {
  /** Consistent; null: nothing is stored. */
  get(id: string): Promise<IdempotencyRecord | null>;
  /** Writes on the condition that `version` still stands, and raises it. */
  put(record: IdempotencyRecord): Promise<WriteResult>;
}

export interface IdempotencyPorts {
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
  readonly log: Log;
}

/** What one request wants to happen once. */
export interface Once {
  readonly key: string;
  readonly caller: Caller;
  /** All that the request says: another body under the same key is refused. */
  readonly request: unknown;
  readonly newSubject: () => string;
  readonly make: (subject: string) => Promise<ApiResponse>;
  /** What was made as it is now, without a secret; null: it is not there. */
  readonly show: (subject: string) => Promise<unknown | null>;
}

export const IDEMPOTENCY_HEADER = 'idempotency-key';
/** Longer than the function may run: whoever held the lease has ended when it is over. */
const LEASE_MS = 60_000;
const KEY = /^[\x21-\x7e]{1,255}$/;

/** Null for a good key; a refusal for a bad one. */
export function badKey(key: string): ApiResponse | null {
  if (KEY.test(key)) return null;
  const text = 'expected 1 to 255 printable ASCII characters without spaces';
  return invalid('The header is invalid', [{ field: 'Idempotency-Key', problem: text }]);
}

/**
 * Makes something once for all requests with one key: the first gets what was made, a repeat 200 and
 * what it is now. A repeat while the first is under way gets 409, another request under the same key 422. What failed
 * may be tried again with the same key. The rules follow
 * https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header
 */
export async function once(ports: IdempotencyPorts, wanted: Once): Promise<ApiResponse> {
  const nowMs = ports.clock();
  const id = `idem#${wanted.caller.name}#${sha256(wanted.key)}`;
  const stored = await ports.idempotency.get(id);
  const live = stored === null || stored.expiresAtMs <= nowMs ? null : stored;
  const request = sha256(canonical(wanted.request));
  if (live !== null) {
    const response = await repeated(live, request, wanted, nowMs);
    if (response !== null) return response;
  }
  const record: IdempotencyRecord = {
    id,
    version: stored?.version ?? 0,
    request,
    subject: wanted.newSubject(),
    done: false,
    leaseUntilMs: nowMs + LEASE_MS,
    expiresAtMs: nowMs + IDEMPOTENCY_KEPT_SECONDS * 1000,
  };
  if ((await ports.idempotency.put(record)) === 'conflict') return underWay();
  return settle(ports, { ...record, version: record.version + 1 }, () => wanted.make(record.subject));
}

/** Null: nothing came of the earlier request, and this one may begin. */
async function repeated(
  record: IdempotencyRecord,
  request: string,
  wanted: Once,
  nowMs: number,
): Promise<ApiResponse | null> {
  if (record.request !== request) {
    return problem(422, 'The Idempotency-Key was used for another request; use a new one for this.', {
      errors: [{ field: 'Idempotency-Key', problem: 'was used with another body in the last 24 hours' }],
    });
  }
  const made = await wanted.show(record.subject);
  if (made !== null) return json(200, made, { 'idempotency-replayed': 'true' });
  if (record.done) return problem(409, 'What was made with this Idempotency-Key has been deleted; use a new key.');
  return record.leaseUntilMs > nowMs ? underWay() : null;
}

function underWay(): ApiResponse {
  return problem(409, 'A request with this Idempotency-Key is in progress; try again.', {
    headers: { 'retry-after': '1' },
  });
}

/** A failure gives the key free at once. What was made is returned even if that can't be noted: `show` finds it. */
async function settle(
  ports: IdempotencyPorts,
  record: IdempotencyRecord,
  make: () => Promise<ApiResponse>,
): Promise<ApiResponse> {
  let response: ApiResponse | null = null;
  try {
    response = await make();
    return response;
  } finally {
    const done = response !== null && response.status < 300;
    await note(ports, { ...record, done, leaseUntilMs: 0 });
  }
}

async function note(ports: IdempotencyPorts, record: IdempotencyRecord): Promise<void> {
  try {
    await ports.idempotency.put(record);
  } catch (error) {
    ports.log.warn('api.idempotency', { subject: record.subject, reason: String(error) });
  }
}

/** One text for equal values, whatever the order of their fields. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
