import { type AttributeValue, type DynamoDBClient, paginateScan, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { BINS } from '../duration-bins.ts';
import { type Counts, type Kind, type Parts, periodOf, weightAt } from '../durations.ts';
import { type Clock, toIso, toMs } from '../time.ts';
import { fromItem, type Item } from './items.ts';

/** One item per api, operation, region and year: some dozens. More than so many are not read. */
const ITEMS_MAX = 1000;
/** Enough for ratios, and far within DynamoDB's 38 digits. */
const DIGITS = 8;

const durationItem = v.looseObject({
  api: v.string(),
  operation: v.nullish(v.string(), null),
  region: v.string(),
  since: v.string(),
  count: v.optional(v.number(), 0),
});

export interface DurationsOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
}

/**
 * The table `durations`: an item has `count` and, for each bin that holds something, the weights of jobs that ended there (`e12`) or were last seen there
 * (`x12`). One `ADD` enters a job, so that workers need not know of each other.
 */
export function makeDurationStore({ client, table, clock }: DurationsOptions) {
  return {
    async read(): Promise<readonly Counts[]> {
      const counts: Counts[] = [];
      for await (const page of paginateScan({ client }, { TableName: table })) {
        counts.push(...(page.Items ?? []).map(countsOf));
        if (counts.length >= ITEMS_MAX) break;
      }
      return counts;
    },

    async learn(kind: Kind, parts: Parts): Promise<void> {
      await client.send(
        new UpdateItemCommand({
          TableName: table,
          ...updateOf(kind, parts, clock()),
        }),
      );
    },
  };
}

function updateOf(kind: Kind, { ends, exits }: Parts, nowMs: number) {
  const { sinceMs, keepUntilMs } = periodOf(nowMs);
  const since = toIso(sinceMs);
  const weight = weightAt(nowMs, sinceMs);
  const parts: [string, number][] = [
    ...[...ends].map(([bin, part]): [string, number] => [`e${bin}`, part * weight]),
    ...[...exits].map(([bin, part]): [string, number] => [`x${bin}`, part * weight]),
  ];
  const values: Record<string, AttributeValue> = {
    ':api': { S: kind.api },
    ':region': { S: kind.region },
    ':since': { S: since },
    ':expires': { N: String(Math.floor(keepUntilMs / 1000)) },
    ':operation': kind.operation === null ? { NULL: true } : { S: kind.operation },
    ':ended': { N: ends.size > 0 ? '1' : '0' },
    ...Object.fromEntries(parts.map(([name, part]) => [`:${name}`, { N: part.toPrecision(DIGITS) }])),
  };
  return {
    Key: { id: { S: JSON.stringify([kind.api, kind.operation, kind.region, since.slice(0, 10)]) } },
    UpdateExpression: `SET #api = :api, #region = :region, #operation = :operation, since = :since, expiresAt = :expires ADD #count :ended, ${parts.map(([name]) => `${name} :${name}`).join(', ')}`,
    ExpressionAttributeNames: { '#api': 'api', '#region': 'region', '#operation': 'operation', '#count': 'count' },
    ExpressionAttributeValues: values,
  };
}

function countsOf(item: Item): Counts {
  const { api, operation, region, since, count } = fromItem(durationItem, item);
  return { api, operation, region, sinceMs: toMs(since), count, ends: binsOf(item, 'e'), exits: binsOf(item, 'x') };
}

function binsOf(item: Item, letter: 'e' | 'x'): readonly number[] {
  return Array.from({ length: BINS }, (_, bin) => Number(item[`${letter}${bin}`]?.N ?? 0));
}
