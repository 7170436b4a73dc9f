import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import type { Duration } from '../api/ports.ts';

/** One item per api and operation: some dozens. */
const ITEMS_MAX = 1000;

const durationItem = v.object({
  api: v.string(),
  operation: v.nullish(v.string(), null),
  count: v.number(),
  p50Seconds: v.number(),
  p90Seconds: v.number(),
});

/** The table `durations`, ordered by api and operation. Empty until the first job has ended. */
export function makeReadDurations(client: DynamoDBClient, table: string): () => Promise<readonly Duration[]> {
  return async () => {
    const durations: Duration[] = [];
    for await (const page of paginateScan({ client }, { TableName: table })) {
      durations.push(...(page.Items ?? []).map((item) => v.parse(durationItem, unmarshall(item))));
      if (durations.length >= ITEMS_MAX) break;
    }
    return durations.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  };
}

function nameOf({ api, operation }: Duration): string {
  return `${api} ${operation ?? ''}`;
}
