import { afterAll, beforeAll, describe } from 'vitest';
import { makeIdempotencyStore } from '../../../lib/adapters/dynamodb/idempotency.ts';
import { idempotencyContract } from '../../contract/idempotency.ts';
import { type Engine, startDynalite, startGiven } from '../../engine/dynamodb.ts';
import { GIVEN } from '../../engine/given.ts';
import { memoryIdempotency } from '../../fakes/idempotency.ts';

describe('idempotency keys in memory', () => idempotencyContract(memoryIdempotency));

describe.each([
  ['dynalite', startDynalite, true],
  ['the engine that is given', startGiven, GIVEN.dynamodb !== ''],
] as const)('idempotency keys on %s', (_name, start, isHere) => {
  describe.skipIf(!isHere)('the store', () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await start([{ name: 'state', indexes: [] }]);
    });
    afterAll(() => engine.stop());
    idempotencyContract(() => makeIdempotencyStore(engine.client, engine.table('state')));
  });
});
