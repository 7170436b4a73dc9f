import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  type KeySchemaElement,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { startDynalite as startPortable } from '../../local/engines/dynalite.ts';
import { freePort } from '../../local/engines/free-port.ts';
import { GIVEN } from './given.ts';

/** A DynamoDB engine that ends with the tests, or one that goes on and keeps nothing of them. */
export interface Engine {
  readonly client: DynamoDBClient;
  /** What the engine calls that table: an engine that others use too has names of each test file's own. */
  readonly table: (name: string) => string;
  readonly stop: () => Promise<void>;
}

export interface Table {
  readonly name: string;
  /** The second part of the key; absent: there is none. */
  readonly sort?: string;
  readonly indexes: readonly { readonly name: string; readonly partition: string; readonly sort: string }[];
}

const DYNOXIDE = new URL(`../../node_modules/@dynoxide/${process.platform}-${process.arch}/dynoxide`, import.meta.url)
  .pathname;

export const hasDynoxide = existsSync(DYNOXIDE);

export async function startDynoxide(tables: readonly Table[]): Promise<Engine> {
  const port = await freePort();
  const child = spawn(DYNOXIDE, ['--port', String(port)], { stdio: 'ignore' });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  await listening(port, child);
  return await engineAt(port, tables, async () => {
    process.off('exit', kill);
    kill();
  });
}

export async function startDynalite(tables: readonly Table[]): Promise<Engine> {
  const { url, close } = await startPortable(undefined);
  return await engineWith(url, tables, close);
}

/** The engine that AWS_ENDPOINT_URL_DYNAMODB names. */
export async function startGiven(tables: readonly Table[]): Promise<Engine> {
  const prefix = `test-${crypto.randomUUID().slice(0, 8)}-`;
  const named = tables.map((table) => ({ ...table, name: `${prefix}${table.name}` }));
  const engine = await engineWith(GIVEN.dynamodb, named, async () => {
    await Promise.all(named.map(({ name }) => engine.client.send(new DeleteTableCommand({ TableName: name }))));
  });
  return { ...engine, table: (name) => `${prefix}${name}` };
}

function engineAt(port: number, tables: readonly Table[], stop: () => Promise<void>): Promise<Engine> {
  return engineWith(`http://127.0.0.1:${port}`, tables, stop);
}

async function engineWith(endpoint: string, tables: readonly Table[], stop: () => Promise<void>): Promise<Engine> {
  const client = new DynamoDBClient({
    endpoint,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await Promise.all(tables.map((table) => client.send(createTable(table))));
  // An engine may take a moment to have them.
  await Promise.all(tables.map(({ name }) => waitUntilTableExists(waiting(client), { TableName: name })));
  return {
    client,
    table: (name) => name,
    stop: async () => {
      await stop();
      client.destroy();
    },
  };
}

const waiting = (client: DynamoDBClient) => ({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 2 });

function createTable({ name, sort, indexes }: Table): CreateTableCommand {
  const attributes = [
    ...new Set([
      'id',
      ...(sort === undefined ? [] : [sort]),
      ...indexes.flatMap(({ partition, sort }) => [partition, sort]),
    ]),
  ];
  const keys = (partition: string, sort: string): KeySchemaElement[] => [
    { AttributeName: partition, KeyType: 'HASH' },
    { AttributeName: sort, KeyType: 'RANGE' },
  ];
  return new CreateTableCommand({
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: attributes.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: sort === undefined ? [{ AttributeName: 'id', KeyType: 'HASH' }] : keys('id', sort),
    ...(indexes.length === 0
      ? {}
      : {
          GlobalSecondaryIndexes: indexes.map((index) => ({
            IndexName: index.name,
            KeySchema: keys(index.partition, index.sort),
            Projection: { ProjectionType: 'KEYS_ONLY' },
          })),
        }),
  });
}

/** The engine prints nothing when it is ready: it is asked until it listens. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.end());
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`the engine ended with code ${child.exitCode}`);
}
