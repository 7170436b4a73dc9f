import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeJobStore } from '../../../lib/adapters/dynamodb/jobs.ts';
import { restore } from '../../../scripts/aws/restore.ts';
import { type Engine, startDynalite } from '../../engine/dynamodb.ts';
import { START_MS } from '../../fakes/clock.ts';
import { aReading } from '../../fakes/reading.ts';
import { aJob } from '../../fakes/records.ts';
import { cloudFormationWith } from './stub.ts';

/**
 * Goal: what point-in-time recovery gives back is a way back. Method: the part after AWS's own restore, on a real
 * engine: a restored table beside the stage's, which has lost or spoiled some of its items.
 */
const INDEXES = [
  { name: 'open', partition: 'openShard', sort: 'nextPollAt' },
  { name: 'day', partition: 'createdDay', sort: 'createdAt' },
];
const JOBS = 230;

let engine: Engine;
let lines: string[] = [];

beforeEach(async () => {
  lines = [];
  engine = await startDynalite(['restored', 'live'].map((name) => ({ name, indexes: INDEXES })));
  const jobs = makeJobStore({ ...aReading(), client: engine.client, table: 'restored', clock: () => START_MS });
  for (let at = 0; at < JOBS; at += 1) await jobs.create(aJob({ id: `job_${at}`, labels: { at: String(at) } }));
});
afterEach(() => engine.stop());

const run = (...args: readonly string[]) =>
  restore(['--stage', 'prod', '--table', 'jobs', '--from', 'restored', ...args], {
    dynamodb: engine.client,
    cloudformation: cloudFormationWith('prod', { StateTable: 'other', JobsTable: 'live' }),
    say: (line) => lines.push(line),
    nowMs: () => START_MS,
    reading: aReading(),
  });

async function itemsOf(TableName: string): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  let from: object = {};
  do {
    const page = await engine.client.send(new ScanCommand({ TableName, ConsistentRead: true, ...from }));
    for (const item of page.Items ?? []) found.set(item['id']?.S ?? '', unmarshall(item));
    from = page.LastEvaluatedKey ? { ExclusiveStartKey: page.LastEvaluatedKey } : {};
  } while ('ExclusiveStartKey' in from);
  return found;
}

describe('a restored table', () => {
  test('is only counted unless it is said to be written', async () => {
    expect(await run()).toBe(0);
    expect(lines.at(-1)).toContain(`${JOBS} items: ${JOBS} would be written, 0 would be replaced`);
    expect((await itemsOf('live')).size).toBe(0);
  });

  test('is copied item for item, and a second run changes nothing', async () => {
    await run('--write');
    expect(await itemsOf('live')).toEqual(await itemsOf('restored'));
    await run('--write');
    expect(lines.at(-1)).toBe(
      `${JOBS} items: 0 were written, 0 were replaced, ${JOBS} are there already, 0 differ and are left, 0 have expired.`,
    );
    // The stage works with what it got back.
    const jobs = makeJobStore({ ...aReading(), client: engine.client, table: 'live', clock: () => START_MS });
    expect(await jobs.get('job_7')).toMatchObject({ labels: { at: '7' } });
  });

  test('leaves what the stage has changed since, unless it is to be replaced', async () => {
    await run('--write');
    const spoiled = { ...((await itemsOf('live')).get('job_3') as object), labels: { at: 'spoiled' } };
    await engine.client.send(new PutItemCommand({ TableName: 'live', Item: marshall(spoiled) }));
    await run('--write');
    expect(lines.at(-1)).toContain('1 differ and are left');
    expect((await itemsOf('live')).get('job_3')).toEqual(spoiled);
    await run('--write', '--replace');
    expect(lines.at(-1)).toContain('1 were replaced');
    expect(await itemsOf('live')).toEqual(await itemsOf('restored'));
  });

  test('is gone on with where a run was cut off', async () => {
    await run('--write');
    const [, resume = ''] = /--after (\S+)/.exec(lines.findLast((line) => line.includes('--after')) ?? '') ?? [];
    lines = [];
    await run('--after', resume);
    expect(lines.at(-1)).toContain(`${JOBS - 200} items: 0 would be written`);
  });

  test('of groups is copied by the whole of its keys, and gone on with', async () => {
    const tables = ['groups', 'oldGroups'].map((name) => ({ name, sort: 'member', indexes: [] }));
    const groups = await startDynalite(tables);
    const io = {
      dynamodb: groups.client,
      cloudformation: cloudFormationWith('prod', { GroupsTable: 'groups' }),
      say: (line: string) => lines.push(line),
      nowMs: () => START_MS,
      reading: aReading(),
    };
    const copy = (...args: readonly string[]) =>
      restore(['--stage', 'prod', '--table', 'groups', '--from', 'oldGroups', ...args], io);
    for (let at = 0; at < 130; at += 1) {
      const Item = marshall({ id: `a/${at % 2}`, member: at < 2 ? '#' : `job_${at}` });
      await groups.client.send(new PutItemCommand({ TableName: 'oldGroups', Item }));
    }
    await copy('--write');
    const [, resume = ''] = /--after (\S+)/.exec(lines.find((line) => line.includes('--after')) ?? '') ?? [];
    const { Count } = await groups.client.send(new ScanCommand({ TableName: 'groups' }));
    lines = [];
    await copy();
    expect([Count, lines.at(-1)]).toEqual([130, expect.stringContaining('130 are there already')]);
    await copy('--after', resume);
    expect(lines.at(-1)).toContain('30 items: 0 would be written');
    await groups.stop();
  });

  test('keeps back what has expired: it would be deleted again', async () => {
    const old = { id: 'job_old', expiresAt: START_MS / 1000 };
    await engine.client.send(new PutItemCommand({ TableName: 'restored', Item: marshall(old) }));
    await run('--write');
    expect(lines.at(-1)).toContain(`${JOBS + 1} items: ${JOBS} were written`);
    expect(lines.at(-1)).toContain('1 have expired');
    expect((await itemsOf('live')).has('job_old')).toBe(false);
  });
});

test.each([
  [['--stage', 'Prod'], 'Prod: expected 1 to 20'],
  [['--table', 'job'], '--table job: expected jobs, groups, subscriptions, secrets'],
  [['--from', 'live'], "--from live is the stage's own table"],
  [['--table', 'secrets'], 'The stack jobwatch-prod has no SecretsTable.'],
  [['--from', 'jobwatch-dev-JobsTable-1A2B'], 'is a table of a stage: expected one restored from live'],
  [['--from', 'jobwatch-prod-SecretsTable-1A2B'], 'is a table of a stage: expected one restored from live'],
])('%j is refused', async (args, problem) => {
  await expect(run(...args)).rejects.toThrow(problem);
});
