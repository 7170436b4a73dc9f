import type * as v from 'valibot';
import { nullIfUnreadable } from '../../base/item-error.ts';
import { type Clock, type Iso, parseTime, toIso, toMs } from '../../base/time.ts';
import { type Job, LONGEST_WATCH_MS } from '../../job/job.ts';
import type { Position } from '../../job/store.ts';
import { encodeCursor, PAGE_DEFAULT, positionOf } from '../http/cursor.ts';
import { isJobId } from '../http/ids.ts';
import type { ApiJobs } from '../ports.ts';
import type { jobsQuery } from '../schemas.ts';
import type { EmptyDays } from './empty-days.ts';

export type JobsQuery = v.InferOutput<typeof jobsQuery>;

export interface JobPage {
  readonly jobs: readonly Job[];
  readonly nextCursor: string | null;
}

/**
 * One page costs at most about this, whatever the filters: a page may be short, even empty, and still have a next one.
 */
const QUERIES_MAX = 130;
const RECORDS_MAX = 1000;
/**
 * A response of a Lambda function may have 6 MB.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const BYTES_MAX = 4_000_000;
const KEYS_MAX = 100;
const DAYS_AT_ONCE = 32;

const DAY_MS = 86_400_000;
/**
 * A record is kept for 90 days after its end, and a watch lasts 7. What was opened again may be older: it is found by
 * its id.
 */
const OLDEST_DAYS = 120;
const CLOCKS_APART_MS = 5 * 60_000;

export interface JobListPorts {
  readonly jobs: ApiJobs;
  readonly empty: EmptyDays;
  readonly clock: Clock;
}

/**
 * Jobs, newest first. Walks the index of days back from now, or from where the cursor stands, past the days that are
 * known to be empty, and reads each record that it names. null: the cursor is none of this list.
 */
export async function listJobs({ jobs, empty, clock }: JobListPorts, query: JobsQuery): Promise<JobPage | null> {
  const list = listName(query);
  const start = query.cursor === undefined ? null : positionOf(list, query.cursor, isPlace);
  if (query.cursor !== undefined && start === null) return null;
  const nowMs = clock();
  const reachMs = nowMs - OLDEST_DAYS * DAY_MS;
  const oldestMs = Math.max(sinceMs(query), reachMs);
  const newestMs = Math.min(nowMs, msOf(query.endedUntil) ?? nowMs);
  const walk: Walk = { jobs, empty, query, oldest: toIso(oldestMs), limit: Number(query.limit ?? PAGE_DEFAULT) };
  const page: Page = {
    found: [],
    place: start ?? { createdAt: toIso(newestMs + CLOCKS_APART_MS), id: '' },
    queries: 0,
    records: 0,
    bytes: 0,
  };
  await empty.ready();
  await collect(walk, page);
  await empty.keep(toIso(reachMs).slice(0, 10));
  const { found, place } = page;
  return { jobs: found, nextCursor: isOver(walk, place) ? null : encodeCursor(list, [place.createdAt, place.id]) };
}

interface Walk {
  readonly jobs: ApiJobs;
  readonly empty: EmptyDays;
  readonly query: JobsQuery;
  readonly oldest: Iso;
  readonly limit: number;
}

type Day = Awaited<ReturnType<ApiJobs['idsOfDay']>>;

/** What the walk has so far. */
interface Page {
  readonly found: Job[];
  /** The last place looked at: where the next page begins. */
  place: Position;
  queries: number;
  records: number;
  bytes: number;
}

/** Looks at one day after the other, and at ever more days at once while they are empty. */
async function collect(walk: Walk, page: Page): Promise<void> {
  let width = 1;
  while (!isFull(walk, page) && !isOver(walk, page.place)) {
    const places = upcoming(walk, page, width);
    const limit = isFiltered(walk.query) ? KEYS_MAX : Math.min(KEYS_MAX, walk.limit - page.found.length);
    const days = await Promise.all(
      places.map((place) => walk.jobs.idsOfDay(dayOf(place), limit, place.id === '' ? null : place)),
    );
    page.queries += days.length;
    width = days.every(({ ids }) => ids.length === 0) ? Math.min(width * 2, DAYS_AT_ONCE) : 1;
    await takeDays(walk, page, places, days);
  }
}

/** Goes on to the next day only where the one before was seen to its end. */
async function takeDays(walk: Walk, page: Page, places: readonly Position[], days: readonly Day[]): Promise<void> {
  for (const [index, { ids, next }] of days.entries()) {
    if (!(await take(walk, page, ids))) return;
    const place = places[index] ?? page.place;
    if (ids.length === 0 && next === null && isDayBegin(place)) walk.empty.learn(dayOf(place));
    page.place = next ?? endOf(dayOf(place));
    if (next !== null) return;
  }
}

/**
 * The page's place and the ends of the days before it, without those that are empty. If none is left, the page's place
 * is past the last.
 */
function upcoming(walk: Walk, page: Page, width: number): readonly Position[] {
  const places: Position[] = [];
  let place = page.place;
  while (places.length < width && !isOver(walk, place)) {
    if (!isDayBegin(place) || !walk.empty.has(dayOf(place))) places.push(place);
    place = endOf(dayOf(place));
  }
  if (places.length === 0) page.place = place;
  return places;
}

/** Whether the place stands before the newest job of its day. */
function isDayBegin({ createdAt, id }: Position): boolean {
  return id === '' && createdAt.endsWith('T23:59:59.999Z');
}

/** Adds what matches; false if the page was full before the ids had ended. */
async function take(walk: Walk, page: Page, ids: readonly string[]): Promise<boolean> {
  const jobs = await Promise.all(ids.map((id) => walk.jobs.get(id).catch(nullIfUnreadable)));
  for (const job of jobs) {
    if (isFull(walk, page)) return false;
    page.records += 1;
    if (job === null) continue;
    if (matches(job, walk)) {
      page.found.push(job);
      page.bytes += JSON.stringify(job).length;
    }
    page.place = { createdAt: job.createdAt, id: job.id };
  }
  return true;
}

function isFull({ limit }: Walk, { found, queries, records, bytes }: Page): boolean {
  return found.length >= limit || queries >= QUERIES_MAX || records >= RECORDS_MAX || bytes >= BYTES_MAX;
}

function isOver({ oldest }: Walk, place: Position): boolean {
  return place.createdAt < oldest;
}

function isFiltered({ cursor: _, limit: __, since: ___, ...filters }: JobsQuery): boolean {
  return Object.values(filters).some((filter) => filter !== undefined);
}

const EXACT = ['api', 'account', 'region', 'jobId'] as const;

function matches(job: Job, { query, oldest }: Walk): boolean {
  if (job.createdAt < oldest) return false;
  if (!isEndWithin(job, query)) return false;
  if (query.phase !== undefined && !query.phase.split(',').includes(job.phase)) return false;
  if (query.operation !== undefined && job.detail.operation !== query.operation) return false;
  if (EXACT.some((field) => query[field] !== undefined && job[field] !== query[field])) return false;
  const { idPrefix } = query;
  if (idPrefix !== undefined && !job.id.startsWith(idPrefix) && !job.jobId.startsWith(idPrefix)) return false;
  return Object.entries(query.label ?? {}).every(
    ([key, value]) => Object.hasOwn(job.labels, key) && job.labels[key] === value,
  );
}

/** An empty id is the place before the newest job of a day. */
function isPlace(id: string): boolean {
  return id === '' || isJobId(id);
}

/** The place before the newest job of the day before: an empty id stands before all. */
function endOf(day: string): Position {
  return { createdAt: toIso(toMs(`${day}T00:00:00.000Z`) - 1), id: '' };
}

function dayOf(place: { readonly createdAt: string }): string {
  return place.createdAt.slice(0, 10);
}

/** Nothing that ended since then was created earlier than the longest watch before, but for what was opened again. */
function sinceMs({ since, endedSince }: JobsQuery): number {
  const endedMs = msOf(endedSince);
  return Math.max(msOf(since) ?? 0, endedMs === null ? 0 : endedMs - LONGEST_WATCH_MS - CLOCKS_APART_MS);
}

function isEndWithin({ endedAt }: Job, { endedSince, endedUntil }: JobsQuery): boolean {
  const [sinceMs, untilMs] = [msOf(endedSince), msOf(endedUntil)];
  if (sinceMs === null && untilMs === null) return true;
  const endedMs = msOf(endedAt ?? undefined);
  return endedMs !== null && endedMs >= (sinceMs ?? endedMs) && (untilMs === null || endedMs < untilMs);
}

function msOf(time: string | undefined): number | null {
  return time === undefined ? null : parseTime(time);
}

/** A cursor belongs to the filters that it was made with; the size of the page may change. */
function listName({ cursor: _, limit: __, ...filters }: JobsQuery): string {
  const label = Object.entries(filters.label ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const { phase, api, account, region, operation, jobId, idPrefix, since, endedSince, endedUntil } = filters;
  // Cursors of a list without these are those of older builds.
  const ended = endedSince === undefined && endedUntil === undefined ? [] : [endedSince, endedUntil];
  const place = [account, region, operation, jobId, idPrefix];
  return JSON.stringify(['jobs', phase, api, ...place, since, label, ...ended]);
}
