import { readFileSync } from 'node:fs';
import { type AttributeValue, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { put, update } from '../../../lib/adapters/dynamodb/items.ts';
import { makeJobStore } from '../../../lib/adapters/dynamodb/jobs.ts';
import { toIso, toMs } from '../../../lib/base/time.ts';
import { NO_DETAIL } from '../../../lib/job/observation.ts';
import type { WatchPorts } from '../../../lib/watch/ports.ts';
import { passOf } from '../../crash/hooks.ts';
import { type Engine, startDynalite } from '../../engine/dynamodb.ts';
import { START_MS } from '../../fakes/clock.ts';
import { aReading } from '../../fakes/reading.ts';
import { BODY, idOf, makeWorld, type World } from '../../fakes/world.ts';
import { isStaleToOlder, olderRecord } from '../../fixtures/older-record.ts';

type Item = Record<string, AttributeValue>;

/** Written by the build before `checkBy`, at about `START_MS`. */
const GOLDEN: Readonly<Record<string, Item>> = JSON.parse(
  readFileSync(new URL('../../fixtures/records-of-0.1.0.json', import.meta.url), 'utf8'),
);
const MINUTE = 60_000;
const OPEN = ['accepted', 'running', 'waiting', 'unpublished'];

let engine: Engine;
beforeAll(async () => {
  const indexes = [
    { name: 'open', partition: 'openShard', sort: 'nextPollAt' },
    { name: 'day', partition: 'createdDay', sort: 'createdAt' },
  ];
  engine = await startDynalite(['upgraded', 'mended', 'left', 'back', 'both'].map((name) => ({ name, indexes })));
});
afterAll(() => engine.stop());

/** A world whose records are in a table. */
function worldOn(name: string) {
  const world = makeWorld();
  const table = { client: engine.client, table: engine.table(name) };
  const store = makeJobStore({ ...aReading(), ...table, clock: world.clock });
  const wrap = (ports: WatchPorts) => ({ ...ports, jobs: store });
  const raw = async (id: string): Promise<Item> => {
    const command = new GetItemCommand({ TableName: table.table, Key: { id: { S: id } }, ConsistentRead: true });
    return (await engine.client.send(command)).Item ?? {};
  };
  const reconciled = () => passOf({ ...world, jobs: { ...world.jobs, ...store } } as World);
  return { world, table, store, raw, reconciled, worker: () => world.makeWorker(wrap) };
}

async function withGolden(name: string) {
  const on = worldOn(name);
  for (const Item of Object.values(GOLDEN))
    await engine.client.send(new PutItemCommand({ TableName: on.table.table, Item }));
  return on;
}

describe('after an upgrade', () => {
  test.each(Object.keys(GOLDEN))(
    'the record "%s" is read as it was: the next poll is what must not be missed',
    (name) =>
      withGolden('upgraded').then(async ({ store, world }) => {
        world.clock.set(START_MS);
        const { nextPollAt, phase, seq, labels } = v.parse(olderRecord, unmarshall(GOLDEN[name] ?? {}));
        const job = await store.get(GOLDEN[name]?.['id']?.S ?? '');
        expect(job).toMatchObject({ phase, seq, labels, nextPollAt, checkBy: nextPollAt });
      }),
  );

  test('jobs whose messages are lost are woken, polled and told, and have left the index in the end', async () => {
    const { world, store, reconciled, worker } = await withGolden('mended');
    for (const name of OPEN) world.vendor.script(name, [{ fromMs: 0, word: 'SUCCESS' }]);
    world.clock.set(START_MS + 4 * MINUTE);
    expect((await reconciled()).woken).toBe(0);
    world.clock.set(START_MS + 10 * MINUTE);
    expect((await reconciled()).woken).toBe(OPEN.length);
    await world.runMinutes(3, worker());
    expect([await store.openCount(), world.pending.size()]).toEqual([0, 0]);
    const told = OPEN.map((name) => world.ends(idOf(name)).map(({ type }) => type.split('.').at(-1)));
    expect(told).toEqual([['succeeded'], ['succeeded'], ['succeeded'], ['failed']]);
  });

  test('a job whose message lives goes on with it, and is left alone by reconcile and by others', async () => {
    const { world, store, reconciled, worker } = await withGolden('left');
    const id = idOf('running');
    world.vendor.script('running', [{ fromMs: 0, word: 'RUNNING' }]);
    const owner = world.pending.send(JSON.stringify({ ...BODY, jobId: 'running' }));
    await update({ client: engine.client, table: engine.table('left') }, id, { set: { owner } });
    world.clock.set(START_MS + MINUTE);
    const running = worker();
    for (let minute = 2; minute < 22; minute++) {
      await running.tick();
      world.clock.set(Math.max(world.clock(), START_MS + minute * MINUTE));
      if (minute % 5 === 0) await reconciled();
      expect((await store.get(id))?.owner).toBe(owner);
    }
    expect(world.vendor.calls.length).toBeGreaterThan(10);
    expect((await store.get(id))?.polls).toBeGreaterThan(5);
  });
});

describe('after a roll-back', () => {
  /** Records as this build leaves them: accepted, at work, waiting for an account, ended and not published. */
  async function written() {
    const on = worldOn('back');
    const { world, worker } = on;
    const detail = { ...NO_DETAIL, operation: 'UPGRADE', subJobs: [], requestId: 'r' };
    world.vendor.next({ kind: 'status', word: 'RUNNING', detail });
    world.vendor.script('running', [{ fromMs: 0, word: 'RUNNING' }]);
    world.submit('running', { labels: { team: 'net' } });
    await worker().tick();
    world.accounts.clear();
    world.submit('waiting');
    const waiting = worker();
    await waiting.tick();
    await waiting.tick();
    return { ...on, ids: [idOf('running'), idOf('waiting')] };
  }

  test('the older build reads every record, and takes none for lost whose message lives', async () => {
    const { world, raw, ids, reconciled } = await written();
    for (const id of ids) {
      const { openShard, createdDay, ...item } = unmarshall(await raw(id));
      const record = v.parse(olderRecord, item);
      expect(openShard).toMatch(/^open#/);
      expect(createdDay).toBe('2026-11-20');
      expect(isStaleToOlder(record, world.clock() + 6 * MINUTE)).toBe(false);
      expect(isStaleToOlder(record, toMs(record.nextPollAt) + 6 * MINUTE)).toBe(true);
    }
    expect((await reconciled()).woken).toBe(0);
    world.clock.advance(16 * MINUTE);
    expect((await reconciled()).woken).toBe(2);
  });

  test('and this one goes on from what the older build has written meanwhile', async () => {
    const { world, table, store } = worldOn('both');
    const id = idOf('running');
    const { running } = GOLDEN;
    // What it did not know it has left where it was.
    await put(table, { ...unmarshall(running ?? {}), dueAt: toIso(START_MS - MINUTE) });
    const nextPollAt = toIso(START_MS + 14_000);
    expect(await store.get(id)).toMatchObject({ nextPollAt: toIso(START_MS - MINUTE), checkBy: nextPollAt });
    await update(table, id, { set: { dueAt: toIso(START_MS + 5 * MINUTE) } });
    expect(await store.get(id)).toMatchObject({ nextPollAt, checkBy: nextPollAt });
    world.clock.set(START_MS + MINUTE);
    const job = await store.get(id);
    if (job !== null) expect(await store.save({ ...job, polls: 9 })).toMatchObject({ kind: 'saved' });
    expect(await store.get(id)).toMatchObject({ polls: 9, nextPollAt, checkBy: nextPollAt });
  });
});
