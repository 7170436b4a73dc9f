import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DynamoKind } from '../../local/engines/dynamo-engine.ts';
import { awsCall } from '../../local/gateway/aws-json.ts';
import { startSystem } from '../../local/system.ts';
import { packageFixture } from './fixtures/package.ts';

let packageDir = '';

beforeAll(async () => {
  packageDir = await packageFixture();
});

afterAll(() => rmSync(packageDir, { recursive: true }));

const ME = { caller: 'outside' };

// Runs with the engine that this machine has: the binary where there is one, dynalite everywhere.
test.each<[DynamoKind]>([['dynoxide'], ['dynalite']])(
  'with a data folder, messages and items outlive the system (%s)',
  async (dynamo) => {
    if (dynamo === 'dynoxide' && process.platform !== 'linux') return;
    const dataDir = mkdtempSync(join(tmpdir(), 'jobwatch-data-'));
    const start = () => startSystem({ packageDir, dataDir, dynamo, paused: true });
    const first = await start();
    const TableName = first.outputs['NotesTableName'];
    const Item = { id: { S: 'n1' }, text: { S: 'kept' } };
    await awsCall(first.urls.dynamodb, 'dynamodb', 'PutItem', { TableName, Item }, ME);
    await awsCall(
      first.urls.sqs,
      'sqs',
      'SendMessage',
      { QueueUrl: first.outputs['NotesQueueUrl'], MessageBody: 'kept' },
      ME,
    );
    await first.close();

    const second = await start();
    expect(second.dynamoKind).toBe(dynamo);
    const found = await awsCall(
      second.urls.dynamodb,
      'dynamodb',
      'GetItem',
      { TableName, Key: { id: { S: 'n1' } } },
      ME,
    );
    const received = await awsCall(
      second.urls.sqs,
      'sqs',
      'ReceiveMessage',
      { QueueUrl: second.outputs['NotesQueueUrl'] },
      ME,
    );
    await second.close();
    rmSync(dataDir, { recursive: true });
    expect(found['Item']).toEqual(Item);
    expect(received['Messages']).toMatchObject([{ Body: 'kept' }]);
  },
);
