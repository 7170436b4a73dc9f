import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeDurationStore } from '../../../lib/adapters/dynamodb/durations.ts';
import { toIso, toMs } from '../../../lib/base/time.ts';
import { binOf } from '../../../lib/cadence/bins.ts';
import type { Weights } from '../../../lib/cadence/counts.ts';
import { evidenceOf, jobsIn } from '../../../lib/cadence/durations.ts';
import { type Engine, startDynalite } from '../../engine/dynamodb.ts';
import { START_MS } from '../../fakes/clock.ts';

/** Goal: one write a minute, however many jobs end; whatever the table holds, what is read of it are numbers. */
const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 24 * 3_600_000;
const kind = { api: 'test.api', operation: 'CREATE', region: 'eu-1' };
const aJobOf = (seconds: number, part = 1): Weights => ({
  ends: new Map([[binOf(seconds), part]]),
  censored: new Map(),
  lean: 0.01,
  fades: 1,
});

let engine: Engine;
let nowMs = START_MS;
let table = '';
const warnings: unknown[] = [];
const log = { warn: (_: string, fields: unknown) => void warnings.push(fields) };
const TABLES = Array.from({ length: 20 }, (_, at) => `durations-${at}`);
const unused = [...TABLES];
beforeAll(async () => {
  engine = await startDynalite(TABLES.map((name) => ({ name, indexes: [] })));
});
afterAll(() => engine.stop());
beforeEach(() => {
  table = unused.pop() ?? '';
  nowMs = START_MS;
  warnings.length = 0;
});

const startWorker = () => makeDurationStore({ client: engine.client, table, clock: () => nowMs, log });
const putItem = (fields: object) =>
  engine.client.send(new PutItemCommand({ TableName: table, Item: marshall(fields, { removeUndefinedValues: true }) }));
const items = async () => (await engine.client.send(new ScanCommand({ TableName: table }))).Items ?? [];
const jobsOf = async () => jobsIn(evidenceOf(await startWorker().read(), nowMs));
/** An item as builds before wrote it: one a year, in weights that double each week from its begin on. */
const olderItem = (jobs: number) => {
  const sinceMs = START_MS - 30 * WEEK_MS;
  const weight = jobs * 2 ** ((nowMs - sinceMs) / WEEK_MS);
  const id = JSON.stringify([...Object.values(kind), toIso(sinceMs).slice(0, 10)]);
  return { id, ...kind, since: toIso(sinceMs), count: jobs, expiresAt: 4e9, [`e${binOf(60)}`]: weight };
};

describe('what was learned', () => {
  test('is written once a minute, however many jobs have ended, and is known to its worker before', async () => {
    const worker = startWorker();
    for (let minute = 0; minute < 3; minute++) {
      for (let job = 0; job < 20; job++) await worker.learn(kind, aJobOf(60));
      expect(await worker.read()).toMatchObject([{ ...kind, count: 20 * (minute + 1) }]);
      await worker.flush();
      await worker.flush();
      nowMs += MINUTE_MS;
    }
    expect(await items()).toMatchObject([{ version: { N: '3' }, count: { N: '60' } }]);
  });

  test('waits for the next minute if it has been written in this one', async () => {
    const worker = startWorker();
    const counted = async () => (await items()).map((item) => item['count']?.N);
    // Nothing was written: the minute does not begin.
    await worker.flush();
    await worker.learn(kind, aJobOf(60));
    await worker.flush();
    expect(await counted()).toEqual(['1']);
    await worker.learn(kind, aJobOf(60));
    nowMs += MINUTE_MS / 2;
    await worker.flush();
    expect(await counted()).toEqual(['1']);
    nowMs += MINUTE_MS / 2;
    await worker.flush();
    expect(Number((await counted())[0])).toBeGreaterThan(1.9);
  });

  test('by workers that write at the same time is all there', async () => {
    const workers = [1, 2, 3, 4].map(startWorker);
    for (const worker of workers) await worker.learn(kind, aJobOf(60));
    await Promise.all(workers.map((worker) => worker.flush()));
    expect(await startWorker().read()).toMatchObject([{ count: 4, faded: 4 }]);
    expect(await jobsOf()).toBeCloseTo(4, 1);
  });

  test('fades by half in seven days, and by half with 150 jobs', async () => {
    const worker = startWorker();
    for (let job = 0; job < 10; job++) await worker.learn(kind, aJobOf(60));
    await worker.flush();
    nowMs += WEEK_MS;
    expect(await jobsOf()).toBeCloseTo(5, 2);
    for (let job = 0; job < 150; job++) await worker.learn(kind, aJobOf(600));
    await worker.flush();
    const { ends } = evidenceOf(await worker.read(), nowMs);
    expect(ends[binOf(60)]).toBeCloseTo(2.5, 2);
    expect(ends[binOf(600)]).toBeCloseTo(150, 2);
  });

  test('is kept for the next minute if the table takes no writes', async () => {
    const send = engine.client.send;
    const worker = startWorker();
    await worker.learn(kind, aJobOf(60));
    engine.client.send = async () => Promise.reject(new Error('throttled'));
    await worker.flush();
    engine.client.send = send;
    expect(warnings).toEqual([{ table, jobs: 1, error: 'Error' }]);
    nowMs += MINUTE_MS;
    await worker.flush();
    expect(await jobsOf()).toBeCloseTo(1, 3);
  });

  test('of more kinds than the table is read for is not kept', async () => {
    const worker = startWorker();
    for (let region = 0; region < 1100; region++) await worker.learn({ ...kind, region: `r${region}` }, aJobOf(60));
    expect(await worker.read()).toHaveLength(1000);
  });

  test('a part too small to matter is left out', async () => {
    const worker = startWorker();
    const ends = new Map([...aJobOf(60).ends, [binOf(600), 1e-200]]);
    await worker.learn(kind, { ...aJobOf(60), ends });
    await worker.flush();
    expect(Object.keys((await items())[0] ?? {}).filter((name) => /^e\d/.test(name))).toEqual([`e${binOf(60)}`]);
  });
});

describe('with a build before', () => {
  test('what it wrote is read, and fades with the jobs that end since', async () => {
    await putItem(olderItem(12));
    expect(await jobsOf()).toBeCloseTo(12, 6);
    const worker = startWorker();
    for (let job = 0; job < 150; job++) await worker.learn(kind, aJobOf(600));
    await worker.flush();
    const { ends } = evidenceOf(await worker.read(), nowMs);
    expect([ends[binOf(60)], ends[binOf(600)]].map((jobs) => jobs?.toFixed(3))).toEqual(['6.000', '150.000']);
    expect(await items()).toHaveLength(2);
  });

  test('it reads what is written now, by the same attributes', async () => {
    const worker = startWorker();
    for (let job = 0; job < 30; job++) await worker.learn(kind, aJobOf(60));
    await worker.flush();
    nowMs += WEEK_MS;
    const [item] = await items();
    // Its weights double each week from `since` on; it asks that this is no time to come.
    const weight = 2 ** ((nowMs - toMs(item?.['since']?.S ?? '')) / WEEK_MS);
    expect(Number(item?.[`e${binOf(60)}`]?.N) / weight).toBeCloseTo(15, 2);
    expect(item).toMatchObject({ api: { S: kind.api }, operation: { S: 'CREATE' }, count: { N: '30' } });
  });
});

test.each([
  ['a time that is none', { since: 'long ago' }],
  ['a time that is to come', { since: '2999-01-01T00:00:00.000Z' }],
  ['no region', { region: undefined }],
  ['a count that is a text', { count: 'many' }],
  ['jobs that are fewer than none', { e12: -4 }],
  ['jobs that are a text', { x300: 'some' }],
  ['a lean that cannot be', { lean: 7 }],
])('an item with %s is told of and left out, and replaced when there is news of its kind', async (_, odd) => {
  const worker = startWorker();
  await putItem({ id: 'somebody else', ...kind, region: 'eu-2', since: toIso(START_MS), count: 3, e12: 3, ...odd });
  await putItem({ id: JSON.stringify(Object.values(kind)), ...kind, since: toIso(START_MS), count: 3, e12: 3, ...odd });
  await worker.learn(kind, aJobOf(60));
  expect((await worker.read()).map(({ region, count }) => [region, count])).toEqual([['eu-1', 1]]);
  expect(warnings).toEqual([{ table, items: 2 }]);
  await worker.flush();
  expect(await startWorker().read()).toMatchObject([{ region: 'eu-1', count: 1 }]);
});
