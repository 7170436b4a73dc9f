import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { WriteResult } from '../../base/conditional-write.ts';
import { errorName } from '../../base/error.ts';
import { ItemError } from '../../base/item-error.ts';
import type { Log } from '../../base/log.ts';
import { type Clock, parseTime, toIso } from '../../base/time.ts';
import { BINS } from '../../cadence/bins.ts';
import type { Counts, Kind, Weights } from '../../cadence/counts.ts';
import { countsOfJob, leftAfter, scaled, together, withLater } from '../../cadence/counts.ts';
import { fromItem, getItem, type Item, put, putNext } from './items.ts';

/** One item per api, operation and region: some dozens. More than so many are not read, nor kept to be written. */
const ITEMS_MAX = 1000;
/** A bin is 4.4 % wide, and its jobs need not be counted more exactly; nor parts of a job that change no plan. */
const DIGITS = 5;
const WEIGHT_MIN = 1e-4;
/** An item may begin so much later than now: clocks differ. */
const AHEAD_MAX_MS = 24 * 3_600_000;
/** What was learned so long ago weighs next to nothing. */
const KEPT_MS = 2 * 364 * 24 * 3_600_000;
/** Once a minute, of which ticks may come a little early. */
const FLUSH_EVERY_MS = 50_000;
const WRITES_AT_ONCE = 10;
/** Workers that write the same kind at the same time: four at most, and once a minute. */
const WRITE_TRIES = 5;

const durationItem = v.object({
  api: v.string(),
  operation: v.nullish(v.string(), null),
  region: v.string(),
  since: v.string(),
  version: v.optional(v.number(), 0),
});

export interface DurationsOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

/** `version`: 0 for an item of an older build, whose jobs time alone makes fade. */
type Stored = Counts & { readonly version: number };

/**
 * The table `durations`: an item has `count`, the time at which its jobs weigh as they are written (`since`) and, for
 * each bin that holds something, the jobs that ended there (`e12`) or were last seen there (`x12`). Jobs are kept in
 * memory and entered once a minute, on the condition that no other worker has entered some since: however many end, an
 * item is written once a minute and worker. Older builds have one item a year, with weights that grow; they read
 * these as their own, and what they have written is read here.
 */
export function makeDurationStore({ client, table, clock, log }: DurationsOptions) {
  const durations = { client, table };
  /** Jobs that no item holds yet, by its id. */
  const unwritten = new Map<string, Counts>();
  let flushedMs = Number.NEGATIVE_INFINITY;

  /** An item that nobody here has written is told of and left out: one number that is none would spoil every wait. */
  async function readAll(): Promise<readonly Stored[]> {
    const stored: Stored[] = [];
    let odd = 0;
    for await (const page of paginateScan({ client }, { TableName: table })) {
      const read = (page.Items ?? []).map((item) => storedOf(item, clock()));
      const good = read.filter((one) => one !== null);
      odd += read.length - good.length;
      stored.push(...good);
      if (stored.length + odd >= ITEMS_MAX) break;
    }
    if (odd > 0) log.warn('durations.odd', { table, items: odd });
    return stored;
  }

  function keep(id: string, jobs: Counts): void {
    const before = unwritten.get(id);
    if (before !== undefined) unwritten.set(id, together(before, jobs));
    else if (unwritten.size < ITEMS_MAX) unwritten.set(id, jobs);
  }

  /** Enters jobs into the item; an odd one is replaced. */
  async function enter(id: string, jobs: Counts): Promise<WriteResult> {
    const item = await getItem(durations, id);
    if (item === null) return putNext(durations, { ...fieldsOf(id, jobs), version: 0 });
    const stored = storedOf(item, clock());
    if (stored === null) return put(durations, { ...fieldsOf(id, jobs), version: 1 });
    return putNext(durations, { ...fieldsOf(id, withLater(stored, jobs)), version: stored.version });
  }

  async function enterAtLast(id: string, jobs: Counts): Promise<void> {
    for (let tries = 0; tries < WRITE_TRIES; tries++) {
      if ((await enter(id, jobs)) === 'saved') return;
    }
    throw new ItemError(`Other workers were faster ${WRITE_TRIES} times.`);
  }

  async function enterOrKeep([id, jobs]: readonly [string, Counts]): Promise<void> {
    unwritten.delete(id);
    try {
      await enterAtLast(id, jobs);
    } catch (error) {
      keep(id, jobs);
      log.warn('durations.unwritten', { table, jobs: jobs.count, error: errorName(error) });
    }
  }

  return {
    /** All that was learned, with what this process has not written yet. */
    async read(): Promise<readonly Counts[]> {
      return withUnwritten(await readAll(), unwritten);
    },

    /** Keeps the job until the next flush; a process that dies before loses its evidence. */
    async learn(kind: Kind, weights: Weights): Promise<void> {
      keep(idOf(kind), countsOfJob(kind, weights, clock()));
    },

    /** Writes what was learned since the last time, at most once a minute. What fails is kept for the next. */
    async flush(): Promise<void> {
      if (unwritten.size === 0 || clock() - flushedMs < FLUSH_EVERY_MS) return;
      flushedMs = clock();
      const entries = [...unwritten];
      for (let at = 0; at < entries.length; at += WRITES_AT_ONCE) {
        await Promise.all(entries.slice(at, at + WRITES_AT_ONCE).map(enterOrKeep));
      }
    },
  };
}

function idOf({ api, operation, region }: Kind): string {
  return JSON.stringify([api, operation, region]);
}

/** What older builds wrote fades with the jobs that were learned since. */
function withUnwritten(all: readonly Stored[], unwritten: ReadonlyMap<string, Counts>): readonly Counts[] {
  const own = new Map(all.filter(({ version }) => version > 0).map((one) => [idOf(one), one]));
  const older = all.flatMap(({ version, ...one }) =>
    version > 0 ? [] : [scaled(one, leftAfter(own.get(idOf(one))?.faded ?? 0))],
  );
  const current = new Map<string, Counts>([...own].map(([id, { version: _, ...one }]) => [id, one]));
  for (const [id, jobs] of unwritten) {
    const stored = current.get(id);
    current.set(id, stored === undefined ? jobs : withLater(stored, jobs));
  }
  return [...older, ...current.values()];
}

function fieldsOf(id: string, { api, operation, region, sinceMs, count, lean, faded, ends, censored }: Counts) {
  const expiresAt = Math.floor((sinceMs + KEPT_MS) / 1000);
  const named = { ...held(ends, 'e'), ...held(censored, 'x') };
  return { id, api, operation, region, since: toIso(sinceMs), expiresAt, count, lean, faded, ...named };
}

function held(weights: readonly number[], letter: 'e' | 'x'): Readonly<Record<string, number>> {
  const pairs = weights.flatMap((weight, bin) =>
    weight >= WEIGHT_MIN ? [[`${letter}${bin}`, Number(weight.toPrecision(DIGITS))] as const] : [],
  );
  return Object.fromEntries(pairs);
}

/** Null: not an item as some build writes it. */
function storedOf(item: Item, nowMs: number): Stored | null {
  const { api, operation, region, since, version, count, lean, faded } = item;
  // The weights are left out here: late in a year those of older builds pass 2^53, and unmarshalling one would throw.
  const fields = definedOnly({ api, operation, region, since, version });
  try {
    const named = fromItem(durationItem, fields);
    const sinceMs = parseTime(named.since);
    if (sinceMs === null || sinceMs > nowMs + AHEAD_MAX_MS) return null;
    const { since: _, ...rest } = named;
    const stored: Stored = {
      ...rest,
      sinceMs,
      count: numberOf(count),
      lean: numberOf(lean),
      faded: numberOf(faded),
      ends: binsOf(item, 'e'),
      censored: binsOf(item, 'x'),
    };
    const numbers = [stored.count, stored.faded, ...stored.ends, ...stored.censored];
    return Math.abs(stored.lean) <= 1 && numbers.every((jobs) => Number.isFinite(jobs) && jobs >= 0) ? stored : null;
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
