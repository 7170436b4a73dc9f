import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeDurationStore } from '../../../lib/adapters/dynamodb/durations.ts';
import { toIso } from '../../../lib/base/time.ts';
import { binOf } from '../../../lib/cadence/bins.ts';
import { evidenceOf, jobsIn, periodOf } from '../../../lib/cadence/durations.ts';
import { type Engine, startDynalite } from '../../engine/dynamodb.ts';
import { START_MS } from '../../fakes/clock.ts';

/** Goal: whatever the table holds, what is read of it are numbers, and the good items are among them. */
const WEEK_MS = 7 * 24 * 3_600_000;
const SINCE_MS = periodOf(START_MS).sinceMs;
const kind = { api: 'test.api', operation: 'CREATE', region: 'eu-1' };
const aJobOf = (seconds: number, part = 1) => ({ ends: new Map([[binOf(seconds), part]]), censored: new Map() });

let engine: Engine;
let nowMs = START_MS;
const warnings: unknown[] = [];
const log = { warn: (_: string, fields: unknown) => void warnings.push(fields) };
beforeAll(async () => {
  engine = await startDynalite(['years', 'odd'].map((name) => ({ name, indexes: [] })));
});
afterAll(() => engine.stop());

const storeOf = (table: string) => makeDurationStore({ client: engine.client, table, clock: () => nowMs, log });

test('a whole year of jobs can be read, though late ones weigh more than a number holds exactly', async () => {
  const store = storeOf('years');
  for (let week = 0; week < 52; week += 3) {
    nowMs = SINCE_MS + week * WEEK_MS;
    await store.learn(kind, aJobOf(60, 0.7123));
    await store.learn(kind, aJobOf(60, 0.2877));
  }
  nowMs = SINCE_MS + 51.9 * WEEK_MS;
  for (let job = 0; job < 5; job++) await store.learn(kind, aJobOf(60));
  const counts = await store.read();
  expect(counts).toMatchObject([{ ...kind, count: 41 }]);
  expect(jobsIn(evidenceOf(counts, nowMs))).toBeCloseTo(5.61, 1);
  expect(warnings).toEqual([]);
});

test.each([
  ['a time that is none', { since: 'long ago' }],
  ['a time that is to come', { since: '2999-01-01T00:00:00.000Z' }],
  ['no region', { region: undefined }],
  ['a count that is a text', { count: 'many' }],
  ['jobs that are fewer than none', { e12: -4 }],
  ['jobs that are a text', { x300: 'some' }],
])('an item with %s is told of and left out', async (_, odd) => {
  nowMs = START_MS;
  warnings.length = 0;
  const store = storeOf('odd');
  await store.learn(kind, aJobOf(60));
  const good = { ...kind, since: toIso(SINCE_MS), count: 3, e12: 3 };
  const item = marshall({ id: 'somebody else', ...good, ...odd }, { removeUndefinedValues: true });
  await engine.client.send(new PutItemCommand({ TableName: 'odd', Item: item }));
  expect((await store.read()).map(({ region, count }) => [region, count > 0])).toEqual([['eu-1', true]]);
  expect(warnings).toEqual([{ table: 'odd', items: 1 }]);
});

test('a part too small for DynamoDB keeps nothing else from being counted', async () => {
  nowMs = START_MS;
  const store = storeOf('years');
  const ends = new Map([
    [binOf(60), 1],
    [binOf(600), 1e-200],
  ]);
  await expect(store.learn({ ...kind, api: 'other.api' }, { ends, censored: new Map() })).resolves.toBeUndefined();
});
