import {
  ConditionalCheckFailedException,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { STATE_KEPT_SECONDS } from '../../base/retention.ts';
import type { SlotStore } from '../../deliver/slots.ts';
import { type Fields, type Table, toItem } from './items.ts';

const TRIES = 5;

/**
 * The slots of paced places, an item of the table `state` each: when the next one is free. It is moved by two writes
 * that complete each other: to after now if it has passed, else on by one.
 */
export function makeSlotStore({ client, table }: Table): SlotStore {
  const update = async (key: string, change: Partial<UpdateItemCommandInput>, values: Fields) => {
    const input = { TableName: table, Key: toItem({ id: key }), ExpressionAttributeValues: toItem(values), ...change };
    try {
      const { Attributes = {} } = await client.send(new UpdateItemCommand(input));
      return unmarshall(Attributes);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return null;
      throw error;
    }
  };
  return {
    take: async (key, intervalMs, nowMs) => {
      const expiresAt = Math.floor(nowMs / 1000) + STATE_KEPT_SECONDS;
      for (let tries = 0; tries < TRIES; tries += 1) {
        const free = {
          UpdateExpression: 'SET nextMs = :next, expiresAt = :expiresAt',
          ConditionExpression: 'attribute_not_exists(nextMs) OR nextMs <= :now',
        };
        if ((await update(key, free, { ':next': nowMs + intervalMs, ':now': nowMs, ':expiresAt': expiresAt })) !== null)
          return nowMs;
        const taken = {
          UpdateExpression: 'SET nextMs = nextMs + :interval, expiresAt = :expiresAt',
          ConditionExpression: 'nextMs > :now',
          ReturnValues: 'UPDATED_NEW' as const,
        };
        const values = { ':interval': intervalMs, ':now': nowMs, ':expiresAt': expiresAt };
        const moved = await update(key, taken, values);
        if (moved !== null) return Number(moved['nextMs']) - intervalMs;
      }
      throw new Error(`The slots of ${key} keep changing.`);
    },
  };
}
