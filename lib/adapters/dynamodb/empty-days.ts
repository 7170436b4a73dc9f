import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { EmptyDaysStore } from '../../api/jobs/empty-days.ts';
import { fromItem, toItem } from './items.ts';

const ID = 'jobs#emptyDays';
const item = v.object({ days: v.array(v.string()) });

/** One item of the table `state`. Of two writes at once one is lost, which costs a few reads later. */
export function makeEmptyDaysStore(client: DynamoDBClient, table: string): EmptyDaysStore {
  return {
    load: async () => {
      const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: toItem({ id: ID }) }));
      return Item === undefined ? [] : fromItem(item, Item).days;
    },
    save: async (days) => {
      await client.send(new PutItemCommand({ TableName: table, Item: toItem({ id: ID, days }) }));
    },
  };
}
