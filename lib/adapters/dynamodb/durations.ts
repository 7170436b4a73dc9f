import { type AttributeValue, type DynamoDBClient, paginateScan, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { Log } from '../../base/log.ts';
import { type Clock, parseTime, toIso } from '../../base/time.ts';
import { BINS } from '../../cadence/bins.ts';
import { type Counts, type Kind, periodOf, type Weights, weightAt } from '../../cadence/durations.ts';
import { fromItem, type Item, ItemError } from './items.ts';

/** One item per api, operation, region and year: some dozens. More than so many are not read. */
const ITEMS_MAX = 1000;
/** Enough for ratios, and far within DynamoDB's 38 digits. */
const DIGITS = 8;
/** What is next to nothing is not counted: DynamoDB takes no number below 1e-130. */
const WEIGHT_MIN = 1e-9;
/** An item may begin so much later than now: clocks differ. */
const AHEAD_MAX_MS = 24 * 3_600_000;

const durationItem = v.object({
  api: v.string(),
  operation: v.nullish(v.string(), null),
  region: v.string(),
  since: v.string(),
});

export interface DurationsOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * The table `durations`: an item has `count` and, for each bin that holds something, the weights of jobs that ended
 * there (`e12`) or were last seen there (`x12`). One `ADD` enters a job, so that workers need not know of each other.
 */
export function makeDurationStore({ client, table, clock, log }: DurationsOptions) {
  return {
    /** An item that nobody here has written is told of and left out: one number that is none would spoil every wait. */
    async read(): Promise<readonly Counts[]> {
      const counts: Counts[] = [];
      let odd = 0;
      for await (const page of paginateScan({ client }, { TableName: table })) {
        const read = (page.Items ?? []).map((item) => countsOf(item, clock()));
        const good = read.filter((one) => one !== null);
        odd += read.length - good.length;
        counts.push(...good);
        if (counts.length + odd >= ITEMS_MAX) break;
      }
      if (odd > 0) log.warn('durations.odd', { table, items: odd });
      return counts;
    },

    async learn(kind: Kind, weights: Weights): Promise<void> {
      await client.send(
        new UpdateItemCommand({
          TableName: table,
          ...updateOf(kind, weights, clock()),
        }),
      );
    },
  };
}

function updateOf(kind: Kind, { ends, censored }: Weights, nowMs: number) {
  const { sinceMs, keepUntilMs } = periodOf(nowMs);
  const since = toIso(sinceMs);
  const growth = weightAt(nowMs, sinceMs);
  const weights = [
    ...[...ends].map(([bin, weight]): [string, number] => [`e${bin}`, weight * growth]),
    ...[...censored].map(([bin, weight]): [string, number] => [`x${bin}`, weight * growth]),
  ].filter(([, weight]) => weight >= WEIGHT_MIN);
  const values: Record<string, AttributeValue> = {
    ':api': { S: kind.api },
    ':region': { S: kind.region },
    ':since': { S: since },
    ':expires': { N: String(Math.floor(keepUntilMs / 1000)) },
    ':operation': kind.operation === null ? { NULL: true } : { S: kind.operation },
    ':ended': { N: ends.size > 0 ? '1' : '0' },
    ...Object.fromEntries(weights.map(([name, weight]) => [`:${name}`, { N: weight.toPrecision(DIGITS) }])),
  };
  return {
    Key: { id: { S: JSON.stringify([kind.api, kind.operation, kind.region, since.slice(0, 10)]) } },
    UpdateExpression: [
      'SET #api = :api, #region = :region, #operation = :operation, since = :since, expiresAt = :expires',
      `ADD #count :ended, ${weights.map(([name]) => `${name} :${name}`).join(', ')}`,
    ].join(' '),
    ExpressionAttributeNames: { '#api': 'api', '#region': 'region', '#operation': 'operation', '#count': 'count' },
    ExpressionAttributeValues: values,
  };
}

/** Null: not an item as `learn` writes it. */
function countsOf(item: Item, nowMs: number): Counts | null {
  const { api, operation, region, since, count } = item;
  // The weights are left out here: late in a period they pass 2^53, and unmarshalling such a fraction throws.
  const fields = definedOnly({ api, operation, region, since });
  try {
    const named = fromItem(durationItem, fields);
    const sinceMs = parseTime(named.since);
    if (sinceMs === null || sinceMs > nowMs + AHEAD_MAX_MS) return null;
    const counts: Counts = {
      ...named,
      sinceMs,
      count: numberOf(count),
      ends: binsOf(item, 'e'),
      censored: binsOf(item, 'x'),
    };
    const numbers = [counts.count, ...counts.ends, ...counts.censored];
    return numbers.every((jobs) => Number.isFinite(jobs) && jobs >= 0) ? counts : null;
  } catch (error) {
    if (error instanceof ItemError) return null;
    throw error;
  }
}

function definedOnly(item: Readonly<Record<string, AttributeValue | undefined>>): Item {
  return Object.fromEntries(
    Object.entries(item).filter((entry): entry is [string, AttributeValue] => entry[1] !== undefined),
  );
}

function binsOf(item: Item, letter: 'e' | 'x'): readonly number[] {
  return Array.from({ length: BINS }, (_, bin) => numberOf(item[`${letter}${bin}`]));
}

/** 0 for none, NaN for an attribute of another kind. */
function numberOf(attribute: AttributeValue | undefined): number {
  return attribute === undefined ? 0 : Number(attribute.N);
}
