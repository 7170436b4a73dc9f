import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { NumberValueImpl as NumberValue } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { ItemError } from '../../base/item-error.ts';
import type { Log } from '../../base/log.ts';
import { type Clock, parseTime, toIso } from '../../base/time.ts';
import { BINS } from '../../cadence/bins.ts';
import { type Counts, type Kind, periodOf, type Weights, weightAt } from '../../cadence/durations.ts';
import { fromItem, type Item, update } from './items.ts';

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
      const nowMs = clock();
      const { sinceMs, keepUntilMs } = periodOf(nowMs);
      const { api, operation, region } = kind;
      const since = toIso(sinceMs);
      await update({ client, table }, JSON.stringify([api, operation, region, since.slice(0, 10)]), {
        set: { api, region, operation, since, expiresAt: Math.floor(keepUntilMs / 1000) },
        add: { count: weights.ends.size > 0 ? 1 : 0, ...grown(weights, weightAt(nowMs, sinceMs)) },
      });
    },
  };
}

/** Late in a period they pass 2^53: they are written as the texts that DynamoDB's numbers are. */
function grown({ ends, censored }: Weights, weight: number): Readonly<Record<string, NumberValue>> {
  const named = (letter: 'e' | 'x', parts: ReadonlyMap<number, number>) =>
    [...parts].map(([bin, part]) => [`${letter}${bin}`, part * weight] as const);
  const counted = [...named('e', ends), ...named('x', censored)].filter(([, part]) => part >= WEIGHT_MIN);
  return Object.fromEntries(counted.map(([name, part]) => [name, NumberValue.from(part.toPrecision(DIGITS))]));
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
