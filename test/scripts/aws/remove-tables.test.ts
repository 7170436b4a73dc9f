import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DynamoEngine } from '../../../local/engines/dynamo-engine.ts';
import { findDynoxide, startDynamo } from '../../../local/engines/dynamodb.ts';
import { removeTables } from '../../../scripts/aws/remove-tables.ts';
import { cloudFormationWith, SETTINGS } from './stub.ts';

/** Goal: what a removed stage left goes, and nothing else. Method: a real engine, with CloudFormation written here. */
const isHere = findDynoxide('') !== null;
const LEFT = ['jobwatch-dev-JobsTable-1ABC', 'jobwatch-dev-StateTable-2DEF'];
const OTHERS = [
  'jobwatch-dev-2-JobsTable-1ABC',
  'jobwatch-prod-JobsTable-1ABC',
  'jobwatch-dev-OtherTable-1ABC',
  'my-jobwatch-dev-JobsTable-1ABC',
];
const LIVE = 'jobwatch-dev-JobsTable-9LIVE';

let engine: DynamoEngine;
let dynamodb: DynamoDBClient;
let lines: string[] = [];
let asked: string[] = [];

beforeEach(async () => {
  [lines, asked] = [[], []];
  if (!isHere) return;
  engine = await startDynamo({ env: {}, kind: 'dynoxide' });
  dynamodb = new DynamoDBClient({ ...SETTINGS, endpoint: engine.url });
  for (const TableName of [...LEFT, ...OTHERS, LIVE])
    await dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: TableName === LEFT[0],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
});

afterEach(async () => {
  dynamodb?.destroy();
  await engine?.close();
});

async function names(): Promise<string[]> {
  return (await dynamodb.send(new ListTablesCommand({}))).TableNames ?? [];
}

const run = (
  args: readonly string[],
  typed: string,
  tables: Record<string, string> | null = { JobsTable: LIVE },
  status?: string,
) =>
  removeTables(args, {
    dynamodb,
    cloudformation: cloudFormationWith('dev', tables, {}, status),
    say: (line) => lines.push(line),
    ask: async (question) => {
      asked.push(question);
      return typed;
    },
  });

test.skipIf(!isHere)('touches nothing of a stage whose stack is changing', async () => {
  await expect(run(['--stage', 'dev'], 'dev', { JobsTable: LIVE }, 'UPDATE_IN_PROGRESS')).rejects.toThrow(
    'The stack of the stage dev is UPDATE_IN_PROGRESS: try again when it has settled.',
  );
  expect((await names()).length).toBe(7);
});

test.skipIf(!isHere)('lists what belongs to no stack, and asks before it deletes', async () => {
  expect(await run(['--stage', 'dev'], 'yes')).toBe(1);
  expect(asked).toEqual(['Delete these 2 tables and what they hold? Type dev to do it: ']);
  expect(lines.map((line) => line.split(' ')[0])).toEqual([...LEFT, 'Nothing']);
  expect(lines[0]).toContain('deletion protected');
  expect((await names()).length).toBe(7);
});

test.skipIf(!isHere)(
  'deletes them, protected or not, and leaves those of other stages and of the stack that is there',
  async () => {
    await expect(dynamodb.send(new DeleteTableCommand({ TableName: LEFT[0] }))).rejects.toThrow(/protect/i);
    expect(await run(['--stage', 'dev'], 'dev')).toBe(0);
    expect((await names()).toSorted()).toEqual([...OTHERS, LIVE].toSorted());
    expect(await run(['--stage', 'dev'], 'dev')).toBe(0);
    expect(lines.at(-1)).toBe('The stage dev has no tables without a stack.');
  },
);

test.skipIf(!isHere)('takes all of a stage whose stack is gone', async () => {
  expect(await run(['--stage', 'dev'], 'dev', null)).toBe(0);
  expect((await names()).toSorted()).toEqual(OTHERS.toSorted());
});

test.skipIf(!isHere)('deletes nothing when it is only to list', async () => {
  expect(await run(['--stage', 'dev', '--list'], 'dev')).toBe(0);
  expect(asked).toEqual([]);
  expect((await dynamodb.send(new DescribeTableCommand({ TableName: LIVE }))).Table?.TableStatus).toBe('ACTIVE');
  expect((await names()).length).toBe(7);
});

test('a stage that is none is refused', async () => {
  await expect(run(['--stage', 'dev-*'], 'dev')).rejects.toThrow('--stage dev-*: expected 1 to 20');
  await expect(run([], 'dev')).rejects.toThrow('--stage is missing: expected 1 to 20');
});
