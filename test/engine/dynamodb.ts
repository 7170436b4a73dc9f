import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer } from 'node:net';
import { CreateTableCommand, DynamoDBClient, type KeySchemaElement } from '@aws-sdk/client-dynamodb';

/** A DynamoDB engine on 127.0.0.1 that ends with the tests. */
export interface Engine {
  readonly client: DynamoDBClient;
  readonly stop: () => Promise<void>;
}

export interface Table {
  readonly name: string;
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

interface Dynalite {
  listen(port: number, host: string, done: () => void): void;
  address(): AddressInfo;
  close(done: () => void): void;
}

export async function startDynalite(tables: readonly Table[]): Promise<Engine> {
  const dynalite: (options: { createTableMs: number }) => Dynalite = createRequire(import.meta.url)('dynalite');
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return await engineAt(server.address().port, tables, () => new Promise((resolve) => server.close(resolve)));
}

async function engineAt(port: number, tables: readonly Table[], stop: () => Promise<void>): Promise<Engine> {
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await Promise.all(tables.map((table) => client.send(createTable(table))));
  return {
    client,
    stop: async () => {
      client.destroy();
      await stop();
    },
  };
}

function createTable({ name, indexes }: Table): CreateTableCommand {
  const attributes = [...new Set(['id', ...indexes.flatMap(({ partition, sort }) => [partition, sort])])];
  const keys = (partition: string, sort: string): KeySchemaElement[] => [
    { AttributeName: partition, KeyType: 'HASH' },
    { AttributeName: sort, KeyType: 'RANGE' },
  ];
  return new CreateTableCommand({
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: attributes.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
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

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port was found');
  return address.port;
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
