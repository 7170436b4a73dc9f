import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { makeDurationStore } from '../../lib/adapters/dynamodb/durations.ts';
import { PRIOR_RATES } from '../../lib/cadence/hazard.ts';
import { weightsOf } from '../../lib/cadence/weights.ts';
import type { System } from '../../local/system.ts';

/** Makes the system know jobs of the apis as jobs of a second: they are polled as often as the settings allow. */
export async function teachQuickJobs(system: System, apis: readonly string[]): Promise<void> {
  const client = new DynamoDBClient(system.clientSettings('dynamodb'));
  const table = (system.outputs['JobsTableName'] ?? '').replace('JobsTable', 'DurationsTable');
  const store = makeDurationStore({ client, table, clock: Date.now, log: console });
  const parts = weightsOf({ kind: 'ended', fromSeconds: 1, toSeconds: 1 }, { rates: PRIOR_RATES, lean: 0 });
  for (const api of apis) {
    for (let job = 0; job < 30; job++) await store.learn({ api, operation: null, region: 'anywhere' }, parts);
  }
  await store.flush();
  client.destroy();
}
