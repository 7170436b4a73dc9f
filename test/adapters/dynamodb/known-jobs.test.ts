import { BatchGetItemCommand } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { put } from '../../../lib/adapters/dynamodb/items.ts';
import { makeJobStore } from '../../../lib/adapters/dynamodb/jobs.ts';
import { makeKnownJobs } from '../../../lib/adapters/dynamodb/known-jobs.ts';
import { toIso } from '../../../lib/base/time.ts';
import type { Job } from '../../../lib/job/job.ts';
import { reopen, stopJob } from '../../../lib/job/transition.ts';
import { type Engine, startDynalite } from '../../engine/dynamodb.ts';
import { START_MS } from '../../fakes/clock.ts';
import { aReading } from '../../fakes/reading.ts';
import { aJob, aMessage } from '../../fakes/records.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await startDynalite([{ name: 'jobs', indexes: [] }]);
});
afterAll(() => engine.stop());

/** A store with a memory, and the keys and attributes that it reads. */
function knowing() {
  const reads: string[] = [];
  const client = new Proxy(engine.client, {
    get: (target, name) => {
      if (name !== 'send') return Reflect.get(target, name) as unknown;
      return (command: BatchGetItemCommand) => {
        const request = Object.values(command.input.RequestItems ?? {})[0];
        if (command instanceof BatchGetItemCommand)
          reads.push(`${request?.Keys?.length} ${request?.ProjectionExpression === undefined ? 'whole' : 'stamps'}`);
        return target.send(command);
      };
    },
  });
  return { reads, store: storeOf(client, makeKnownJobs()) };
}

function storeOf(client: Engine['client'], known?: ReturnType<typeof makeKnownJobs>) {
  const options = { ...aReading(), client, table: engine.table('jobs'), clock: () => START_MS };
  return makeJobStore(known === undefined ? options : { ...options, known });
}

async function aStoredJob(): Promise<Job> {
  const job = aJob({ id: `job_${crypto.randomUUID()}` });
  await storeOf(engine.client).create(job);
  return job;
}

test('a record is read whole once, and then by its stamp until it has changed', async () => {
  const job = await aStoredJob();
  const { reads, store } = knowing();
  for (let times = 0; times < 3; times += 1) expect(await store.get(job.id)).toEqual(job);
  expect(reads).toEqual(['1 whole', '1 stamps', '1 stamps']);
  const other = storeOf(engine.client);
  await other.save({ ...job, polls: 7 });
  expect(await store.get(job.id)).toEqual({ ...job, polls: 7, version: 2 });
  expect(reads.slice(3)).toEqual(['1 stamps', '1 whole']);
});

test('what the process has written itself is not read again', async () => {
  const job = await aStoredJob();
  const { reads, store } = knowing();
  await store.get(job.id);
  await store.save({ ...job, polls: 1 });
  expect(await store.get(job.id)).toEqual({ ...job, polls: 1, version: 2 });
  expect(reads).toEqual(['1 whole', '1 stamps']);
});

test('a record that is gone is none, and another in its place is read', async () => {
  const job = await aStoredJob();
  const { store } = knowing();
  await store.get(job.id);
  const table = { client: engine.client, table: engine.table('jobs') };
  await put(table, { id: job.id, version: 1, savedAt: toIso(START_MS + 1), notifiedSeq: 0 });
  await expect(store.get(job.id)).rejects.toThrow('An item is not what was stored');
});

const CHANGES: readonly ((store: ReturnType<typeof storeOf>, job: Job) => Promise<unknown>)[] = [
  (store, job) => store.save({ ...job, polls: job.polls + 1 }),
  (store, job) => store.save(stopJob(job, START_MS)),
  (store, job) => store.save(reopen(job, aMessage(), { sentMs: START_MS, nowMs: START_MS, owner: null })),
  (store, job) => store.published(job.id, job.seq, null),
  (store, job) => store.published(job.id, job.seq, { expiresAt: START_MS / 1000 + 60 }),
  (store, job) => store.clearOwner(job, toIso(START_MS + 5000)),
  (store, job) => store.confirmOtherOwner(job, 'message-9'),
  (store, job) => store.create({ ...job, polls: 99 }),
];

test('whoever writes, each reads what is stored', async () => {
  const step = fc.record({ who: fc.nat({ max: 2 }), what: fc.nat({ max: CHANGES.length - 1 }), stale: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      let seen = await aStoredJob();
      const plain = storeOf(engine.client);
      const stores = [knowing().store, knowing().store, plain];
      for (const { who, what, stale } of steps) {
        const store = stores[who] ?? plain;
        const read = stale ? seen : ((await store.get(seen.id)) ?? seen);
        await CHANGES[what]?.(store, read);
        seen = read;
        const [first, ...others] = await Promise.all(stores.map((one) => one.get(seen.id)));
        for (const other of others) expect(other).toEqual(first);
      }
    }),
    { numRuns: 15 },
  );
});
