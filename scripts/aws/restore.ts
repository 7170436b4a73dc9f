import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Reading } from '../../lib/adapters/dynamodb/read-many.ts';
import { type Copied, copyItems } from './copy-items.ts';
import { checkedStage, resourcesOfStack, stackName, TABLE } from './stack.ts';

const TABLES: Readonly<Record<string, string>> = {
  jobs: 'JobsTable',
  groups: 'GroupsTable',
  subscriptions: 'SubscriptionsTable',
  secrets: 'SecretsTable',
  deliveries: 'DeliveriesTable',
  durations: 'DurationsTable',
  state: 'StateTable',
};

/** The second part of the key, where there is one. */
const SORT_KEYS: Readonly<Record<string, string>> = { groups: 'member' };

const USAGE = `npm run restore -- --stage STAGE --table TABLE --from NAME [--write] [--replace] [--after KEY]

Copies the items of a restored table back into the stage's table (docs/runbook.md has the whole way). Without --write it
only counts what it would do.

  --table TABLE   ${Object.keys(TABLES).join(', ')}
  --from NAME     the table that point-in-time recovery has made
  --write         write the items that are absent; those that are there stay as they are
  --replace       put items that differ in the place of those that are there: stop the stage first
  --after KEY     go on after that item, where a run was cut off

Region, credentials and endpoints are those of the AWS SDK (AWS_REGION, AWS_PROFILE).`;

export interface RestoreIo {
  readonly dynamodb: DynamoDBClient;
  readonly cloudformation: CloudFormationClient;
  readonly say: (line: string) => void;
  readonly nowMs: () => number;
  readonly reading: Reading;
}

/** The exit status. Throws a sentence for the user if an argument is wrong, or DynamoDB's error. */
export async function restore(args: readonly string[], io: RestoreIo): Promise<number> {
  const given = parse(args);
  if (given.help) {
    io.say(USAGE);
    return 0;
  }
  const stage = checkedStage(given.stage);
  const logicalId = TABLES[given.table ?? ''];
  if (logicalId === undefined)
    throw new Error(`--table ${given.table ?? 'is missing'}: expected ${Object.keys(TABLES).join(', ')}.`);
  if (given.from === undefined) throw new Error('--from is missing: expected the name of the restored table.');
  const to = (await resourcesOfStack(io.cloudformation, stage, TABLE)).get(logicalId);
  if (to === undefined) throw new Error(`The stack ${stackName(stage)} has no ${logicalId}.`);
  if (to === given.from) throw new Error(`--from ${to} is the stage's own table: name the restored one.`);
  if (isAnothersTable(given.from, stage, logicalId))
    throw new Error(
      `--from ${given.from} is a table of a stage: expected one restored from ${to}, with a name of its own.`,
    );
  const copy = {
    client: io.dynamodb,
    reading: io.reading,
    from: given.from,
    to,
    sort: SORT_KEYS[given.table ?? ''] ?? null,
    after: given.after ?? null,
    replace: given.replace,
  };
  const nowSeconds = Math.floor(io.nowMs() / 1000);
  io.say(`${given.write ? 'Copying' : 'Counting only, nothing is written:'} ${given.from} → ${to}`);
  let sum: Copied = { read: 0, written: 0, replaced: 0, same: 0, kept: 0, expired: 0, next: null };
  for await (const page of copyItems({ ...copy, dryRun: !given.write, nowSeconds })) {
    sum = added(sum, page);
    if (page.next !== null) io.say(`${sum.read} items; to continue from here: --after ${page.next}`);
  }
  io.say(summary(sum, given.write));
  return 0;
}

/** Another kind of table, or another stage's: its items are not this table's. */
function isAnothersTable(name: string, stage: string, logicalId: string): boolean {
  const match = /^jobwatch-([a-z0-9-]+)-([A-Za-z]+Table)-[A-Z0-9]+$/.exec(name);
  return match !== null && (match[1] !== stage || match[2] !== logicalId);
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      stage: { type: 'string' },
      table: { type: 'string' },
      from: { type: 'string' },
      after: { type: 'string' },
      write: { type: 'boolean', default: false },
      replace: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;
}

function added(sum: Copied, page: Copied): Copied {
  const add = (name: 'read' | 'written' | 'replaced' | 'same' | 'kept' | 'expired') => sum[name] + page[name];
  return {
    read: add('read'),
    written: add('written'),
    replaced: add('replaced'),
    same: add('same'),
    kept: add('kept'),
    expired: add('expired'),
    next: page.next,
  };
}

function summary({ read, written, replaced, same, kept, expired }: Copied, isWritten: boolean): string {
  const would = isWritten ? 'were' : 'would be';
  const parts = [
    `${written} ${would} written`,
    `${replaced} ${would} replaced`,
    `${same} are there already`,
    `${kept} differ and are left`,
    `${expired} have expired`,
  ];
  return `${read} items: ${parts.join(', ')}.`;
}

/** Items are copied as they are: none is read for what it says. */
const READING: Reading = {
  unreadable: { note: () => undefined, count: () => 0 },
  sleep: (ms) => sleep(ms),
  random: Math.random,
};

if (import.meta.main) {
  try {
    const [dynamodb, cloudformation] = [new DynamoDBClient({}), new CloudFormationClient({})];
    const io = { dynamodb, cloudformation, say: console.log, nowMs: Date.now, reading: READING };
    process.exitCode = await restore(process.argv.slice(2), io);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
