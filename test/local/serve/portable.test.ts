import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientRequest, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backup, restore } from '../../../local/data/backup.ts';
import { openFolder, PORTABLE_TABLES } from '../../../local/data/folder.ts';
import { startDynamo } from '../../../local/engines/dynamodb.ts';
import { makeSqliteStore, type Range } from '../../../local/engines/sqlite-store.ts';
import { awsCall } from '../../../local/gateway/aws-json.ts';

/** Goal: where there is no dynoxide the portable engine keeps what it has acknowledged, whole. */
let home = '';
let dir = '';

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'jobwatch-portable-'));
  dir = join(home, 'data');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const start = () => startDynamo({ dataDir: dir, env: {}, kind: 'dynalite' });
type Engine = Awaited<ReturnType<typeof start>>;
const ask = (engine: Engine) => (action: string, input: object) =>
  awsCall(engine.url, 'dynamodb', action, { TableName: 'notes', ...input }, { caller: 'me' });
const TABLE = {
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: ['id', 'kind'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  GlobalSecondaryIndexes: [
    {
      IndexName: 'byKind',
      KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
};
const BY_KIND = {
  IndexName: 'byKind',
  KeyConditionExpression: 'kind = :kind',
  ExpressionAttributeValues: { ':kind': { S: 'a' } },
};
const note = (id: string) => ({ Item: { id: { S: id }, kind: { S: 'a' } } });

async function all<One>(cursor: { next(): Promise<One | undefined> }): Promise<One[]> {
  const found: One[] = [];
  for (let one = await cursor.next(); one !== undefined; one = await cursor.next()) found.push(one);
  return found;
}

/** The same as a map whose keys are sorted by their bytes. */
function expected(entries: ReadonlyMap<string, number>, { gt, gte, lt, lte, reverse, limit }: Range): string[] {
  const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const keys = [...entries.keys()]
    .filter((key) => gt === undefined || compare(key, gt) > 0)
    .filter((key) => gte === undefined || compare(key, gte) >= 0)
    .filter((key) => lt === undefined || compare(key, lt) < 0)
    .filter((key) => lte === undefined || compare(key, lte) <= 0)
    .toSorted(compare);
  return (reverse ? keys.reverse() : keys).slice(0, limit);
}

test('the store is a sorted map, and each page of a range goes on where the one before ended', async () => {
  const key = fc.string({ unit: fc.constantFrom('a', 'b', '~', '\u0000', '\u00ff', '\u{1f600}'), maxLength: 2 });
  const bound = fc.option(key, { nil: undefined, freq: 2 });
  const range = fc
    .record({
      gt: bound,
      gte: bound,
      lt: bound,
      lte: bound,
      reverse: fc.boolean(),
      limit: fc.option(fc.nat(5), { nil: undefined, freq: 2 }),
    })
    .map((one) => Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined)) as Range);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(key, fc.nat()), { minLength: 20, maxLength: 300 }),
      fc.array(key),
      range,
      async (puts, dels, wanted) => {
        const store = makeSqliteStore(':memory:');
        const model = new Map(puts);
        await store.batch(puts.map(([at, value]) => ({ type: 'put', key: at, value })));
        for (const at of dels) await store.del(at);
        for (const at of dels) model.delete(at);
        expect(store.settle()).toBe(true);
        const keys = expected(model, wanted);
        expect(await all(store.keys(wanted))).toEqual(keys);
        expect(await all(store.values(wanted))).toEqual(keys.map((at) => model.get(at)));
        await store.close();
      },
    ),
    { numRuns: 200 },
  );
});

test('a range of more than a page is read whole, both ways', async () => {
  const store = makeSqliteStore(':memory:');
  const keys = Array.from({ length: 350 }, (_, number) => `k${String(number).padStart(3, '0')}`);
  await store.batch(keys.map((key, value) => ({ type: 'put', key, value })));
  expect(await all(store.keys())).toEqual(keys);
  expect(await all(store.keys({ reverse: true, gte: 'k010' }))).toEqual(keys.slice(10).reverse());
  await store.close();
});

test('what can not be written is not acknowledged, neither an item nor its row in an index, and it goes on', async () => {
  const engine = await start();
  const call = ask(engine);
  try {
    await call('CreateTable', TABLE);
    await call('PutItem', note('before'));
    const other = new DatabaseSync(join(dir, PORTABLE_TABLES));
    other.exec('BEGIN IMMEDIATE');
    await expect(call('PutItem', note('refused'))).rejects.toMatchObject({ code: 'InternalServerError' });
    other.exec('ROLLBACK');
    other.close();
    const ids = async (input: object) =>
      ((await call('IndexName' in input ? 'Query' : 'Scan', input))['Items'] as { id: { S: string } }[]).map(
        ({ id }) => id.S,
      );
    expect([await ids({}), await ids(BY_KIND)]).toEqual([['before'], ['before']]);
    await call('PutItem', note('after'));
    expect((await ids(BY_KIND)).toSorted()).toEqual(['after', 'before']);
  } finally {
    await engine.close();
  }
});

test('what was answered is in the file before the answer', async () => {
  const engine = await start();
  const call = ask(engine);
  try {
    await call('CreateTable', TABLE);
    await call('PutItem', note('kept'));
    const file = new DatabaseSync(join(dir, PORTABLE_TABLES), { readOnly: true });
    const keys = file.prepare("SELECT CAST(key AS TEXT) AS key FROM entries WHERE value LIKE '%kept%'").all();
    file.close();
    // The item, and its row in the index.
    expect(keys.map(({ key }) => String(key).split('~')[0]).toSorted()).toEqual(['index-global', 'item-notes']);
  } finally {
    await engine.close();
  }
});

test('whoever sends half a request, or is gone before its turn, keeps nobody waiting', async () => {
  const engine = await start();
  const call = ask(engine);
  /** The engine has its head, and waits for the rest. */
  const begun = async (): Promise<ClientRequest> => {
    const half = request(engine.url, { method: 'POST', headers: { expect: '100-continue', 'content-length': 3 } });
    half.on('error', () => undefined);
    half.flushHeaders();
    await once(half, 'continue');
    return half;
  };
  const leave = (half: ClientRequest) => new Promise((resolve) => half.once('close', resolve).destroy());
  try {
    const [slow, early] = [await begun(), await begun()];
    await leave(early);
    await call('CreateTable', TABLE);
    await leave(slow);
    await call('PutItem', note('after'));
    const gone = await Promise.all(Array.from({ length: 20 }, begun));
    const puts = Array.from({ length: 20 }, (_, index) => call('PutItem', note(String(index))));
    for (const one of gone) one.end('{ }');
    await Promise.all(gone.map(leave));
    await Promise.all(puts);
    expect((await call('Scan', {}))['Count']).toBe(21);
  } finally {
    await engine.close();
  }
});

test('a backup is made while it runs, and is served again', async () => {
  openFolder(dir, '1.2.3');
  const engine = await start();
  new DatabaseSync(join(dir, 'fauxqs.db')).close();
  await ask(engine)('CreateTable', TABLE);
  await ask(engine)('PutItem', note('kept'));
  const out = join(home, 'backup');
  expect(Object.keys(backup(dir, out, '1.2.3').files)).toEqual(['fauxqs.db', PORTABLE_TABLES]);
  await engine.close();
  rmSync(dir, { recursive: true });
  restore(dir, out, '1.2.3');
  const again = await start();
  try {
    expect((await ask(again)('Scan', {}))['Count']).toBe(1);
  } finally {
    await again.close();
  }
});

test('a folder goes on with the engine that wrote its tables, or not at all', async () => {
  await (await start()).close();
  // Whatever else there is on this machine.
  const engine = await startDynamo({ dataDir: dir, env: process.env });
  expect(engine.kind).toBe('dynalite');
  await engine.close();
  await expect(startDynamo({ dataDir: dir, env: {}, kind: 'dynoxide' })).rejects.toThrow('has tables of dynalite');
  const other = join(home, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'dynamodb.sqlite'), '');
  await expect(startDynamo({ dataDir: other, env: {}, kind: 'dynalite' })).rejects.toThrow('has tables of dynoxide');
  expect(existsSync(join(other, PORTABLE_TABLES))).toBe(false);
  const older = join(home, 'older');
  mkdirSync(join(older, 'dynamodb'), { recursive: true });
  await expect(startDynamo({ dataDir: older, env: {} })).rejects.toThrow('has tables in LevelDB');
});
