import { afterAll, beforeAll, describe } from 'vitest';
import { makeIdempotencyStore } from '../../../lib/adapters/dynamodb/idempotency.ts';
import { idempotencyContract } from '../../contract/idempotency.ts';
import { type Engine, startDynalite } from '../../engine/dynamodb.ts';
import { memoryIdempotency } from '../../fakes/idempotency.ts';

describe('idempotency keys in memory', () => idempotencyContract(memoryIdempotency));

describe('idempotency keys on dynalite', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startDynalite([{ name: 'state', indexes: [] }]);
  });
  afterAll(() => engine.stop());
  idempotencyContract(() => makeIdempotencyStore(engine.client, 'state'));
});
