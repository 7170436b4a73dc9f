import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { IdempotencyStore } from '../../api/http/idempotency.ts';
import { get, putNext } from './items.ts';

const record = v.object({
  id: v.string(),
  version: v.number(),
  request: v.string(),
  subject: v.string(),
  done: v.boolean(),
  leaseUntilMs: v.number(),
  expiresAtMs: v.number(),
});

/** What was begun under an `Idempotency-Key`, in the table `state`; its time to live removes what has expired. */
export function makeIdempotencyStore(client: DynamoDBClient, table: string): IdempotencyStore {
  const state = { client, table };
  return {
    get: (id) => get(state, id, record),
    // An item that its time to live removed in between is as good as one that has expired.
    put: (next) =>
      putNext(
        state,
        { ...next, expiresAt: Math.ceil(next.expiresAtMs / 1000) },
        '#version = :was OR attribute_not_exists(id)',
      ),
  };
}
