import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { makeDurationStore } from '../lib/adapters/dynamodb/durations.ts';
import type { Kind, Weights } from '../lib/cadence/counts.ts';
import type { System } from './system.ts';

/** Makes the system know jobs of a kind, as if it had watched them. What a function has in memory it learns later. */
export async function teach(system: System, kind: Kind, jobs: readonly Weights[]): Promise<void> {
  const client = new DynamoDBClient(system.clientSettings('dynamodb'));
  const table = system.outputs['DurationsTableName'] ?? '';
  const store = makeDurationStore({ client, table, clock: Date.now, log: console });
  for (const job of jobs) await store.learn(kind, job);
  await store.flush();
  client.destroy();
}
