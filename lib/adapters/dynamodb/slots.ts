import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { STATE_KEPT_SECONDS } from '../../base/retention.ts';
import type { SlotStore } from '../../deliver/slots.ts';
import { type Table, toItem, update } from './items.ts';

const TRIES = 5;

/**
 * The slots of paced places, an item of the table `state` each: when the next one is free. It is moved by two writes
 * that complete each other: to after now if it has passed, else on by one.
 */
export function makeSlotStore(items: Table): SlotStore {
  return {
    take: async (key, intervalMs, nowMs) => {
      for (let tries = 0; tries < TRIES; tries += 1) {
        const written = await update(items, key, {
          set: { nextMs: nowMs + intervalMs, expiresAt: Math.floor(nowMs / 1000) + STATE_KEPT_SECONDS },
          when: 'attribute_not_exists(nextMs) OR nextMs <= :now',
          given: { now: nowMs },
        });
        if (written === 'saved') return nowMs;
        const slotMs = await moveOn(items, key, intervalMs, nowMs);
        if (slotMs !== null) return slotMs;
      }
      throw new Error(`The slots of ${key} keep changing.`);
    },
  };
}

/** The slot that was the next one; null: it has passed. */
async function moveOn({ client, table }: Table, key: string, intervalMs: number, nowMs: number) {
  const moving = new UpdateItemCommand({
    TableName: table,
    Key: toItem({ id: key }),
    UpdateExpression: 'SET nextMs = nextMs + :interval',
    ConditionExpression: 'nextMs > :now',
    ExpressionAttributeValues: toItem({ ':interval': intervalMs, ':now': nowMs }),
    ReturnValues: 'UPDATED_OLD',
  });
  try {
    return Number((await client.send(moving)).Attributes?.['nextMs']?.N);
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return null;
    throw error;
  }
}
