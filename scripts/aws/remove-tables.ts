import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import {
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  paginateListTables,
  type TableDescription,
  UpdateTableCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { checkedStage, describeStack, resourcesOfStack, TABLE } from './stack.ts';

const USAGE = `npm run remove-tables -- --stage STAGE [--list]

Lists the tables of a stage that belong to no stack, which is what removing a stage leaves, and deletes them after you
have typed the stage's name. Tables of a stack that is there are left alone.

  --list   only list them

Region, credentials and endpoints are those of the AWS SDK (AWS_REGION, AWS_PROFILE).`;

const ACTIVE_WAIT_SECONDS = 300;
/** CloudFormation's names: stack, logical id, letters and digits of its own. */
const LOGICAL_IDS = ['Jobs', 'Subscriptions', 'Secrets', 'Deliveries', 'Durations', 'State'];

export interface RemoveIo {
  readonly dynamodb: DynamoDBClient;
  readonly cloudformation: CloudFormationClient;
  readonly say: (line: string) => void;
  /** What the user types; empty where nobody can be asked. */
  readonly ask: (question: string) => Promise<string>;
}

/** The exit status: 0 if nothing is left, or nothing was to be deleted. Throws a sentence for the user. */
export async function removeTables(args: readonly string[], io: RemoveIo): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stage: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    io.say(USAGE);
    return 0;
  }
  const stage = checkedStage(values.stage);
  const tables = await leftBehind(stage, io);
  if (tables.length === 0) {
    io.say(`The stage ${stage} has no tables without a stack.`);
    return 0;
  }
  for (const table of tables) io.say(describe(table));
  if (values.list) return 0;
  const question = `Delete these ${tables.length} tables and what they hold? Type ${stage} to do it: `;
  if ((await io.ask(question)).trim() !== stage) {
    io.say('Nothing was deleted.');
    return 1;
  }
  return deleteAll(tables, io);
}

/** Those of the stage that no stack has: other stages whose names begin alike are not of it. */
async function leftBehind(stage: string, { dynamodb, cloudformation }: RemoveIo): Promise<TableDescription[]> {
  const isOurs = new RegExp(`^jobwatch-${stage}-(?:${LOGICAL_IDS.join('|')})Table-[A-Z0-9]+$`);
  const stack = await describeStack(cloudformation, stage);
  // While it changes it may list the new table and still need the old one.
  if (stack?.status.endsWith('_IN_PROGRESS'))
    throw new Error(`The stack of the stage ${stage} is ${stack.status}: try again when it has settled.`);
  const kept = new Set(stack === null ? [] : (await resourcesOfStack(cloudformation, stage, TABLE)).values());
  const found: TableDescription[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client: dynamodb }, {}))
    for (const TableName of TableNames.filter((name) => isOurs.test(name) && !kept.has(name)))
      found.push((await dynamodb.send(new DescribeTableCommand({ TableName }))).Table ?? { TableName });
  return found;
}

function describe({ TableName, ItemCount, CreationDateTime, DeletionProtectionEnabled }: TableDescription): string {
  const created = CreationDateTime?.toISOString() ?? 'at an unknown time';
  const guard = DeletionProtectionEnabled ? ', deletion protected' : '';
  return `${TableName}  about ${ItemCount ?? 0} items, created ${created}${guard}`;
}

/** A table that can't be deleted keeps no other. */
async function deleteAll(tables: readonly TableDescription[], { dynamodb, say }: RemoveIo): Promise<number> {
  let failed = 0;
  for (const { TableName = '', DeletionProtectionEnabled } of tables) {
    try {
      if (DeletionProtectionEnabled) {
        await dynamodb.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
        await waitUntilTableExists({ client: dynamodb, maxWaitTime: ACTIVE_WAIT_SECONDS }, { TableName });
      }
      await dynamodb.send(new DeleteTableCommand({ TableName }));
      say(`${TableName}  deleted`);
    } catch (error) {
      failed += 1;
      say(`${TableName}  not deleted: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
    }
  }
  if (failed === 0) say('Where point-in-time recovery was on, DynamoDB keeps a backup for 35 days.');
  return failed === 0 ? 0 : 1;
}

/** Nobody can be asked where no terminal is. */
async function askTerminal(question: string): Promise<string> {
  if (!process.stdin.isTTY) return '';
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(question);
  lines.close();
  return answer;
}

if (import.meta.main) {
  const [dynamodb, cloudformation] = [new DynamoDBClient({}), new CloudFormationClient({})];
  try {
    const io = { dynamodb, cloudformation, say: console.log, ask: askTerminal };
    process.exitCode = await removeTables(process.argv.slice(2), io);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
