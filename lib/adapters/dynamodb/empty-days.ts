import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { EmptyDaysStore } from '../../api/jobs/empty-days.ts';
import { get, put } from './items.ts';

const ID = 'jobs#emptyDays';
const emptyDays = v.object({ days: v.array(v.string()) });

/** One item of the table `state`. Of two writes at once one is lost, which costs a few reads later. */
export function makeEmptyDaysStore(client: DynamoDBClient, table: string): EmptyDaysStore {
  const state = { client, table };
  return {
    load: async () => (await get(state, ID, emptyDays))?.days ?? [],
    save: async (days) => {
      await put(state, { id: ID, days });
    },
  };
}
