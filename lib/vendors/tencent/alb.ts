import { isObject } from '../../base/is-object.ts';
import { boundDetail } from '../../job/detail.ts';
import { judgeByTable } from '../../job/judgement.ts';
import { NO_DETAIL, type Observation, type Trouble } from '../../job/observation.ts';
import type { Phase } from '../../job/phase.ts';
import { type Batching, pollBatches } from '../kit/batches.ts';
import type { Api } from '../kit/cloud.ts';
import { idText, type JsonObject, statusWord } from '../kit/json.ts';
import { isSpoiled, type RequestResult } from '../kit/request-result.ts';
import { makeResults, type Results } from '../kit/results.ts';
import type { TencentAccount } from './account.ts';
import type { TencentCall, TencentClient, TencentSession } from './client.ts';

const STATUSES = new Map<Lowercase<string>, Phase>([
  ['processing', 'running'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
]);
/** No limit is published. */
const BATCH_MAX = 20;
const PAGES_MAX = 10;
/** That unknown ids are left out is not published either: a job is given up late. */
const LEFT_OUT: Observation = {
  kind: 'missing',
  reason: 'a complete list leaves the id out',
  believedAfterMs: 600_000,
};
const UNREADABLE: Trouble = { kind: 'malformed', reason: 'the list is not one that can be read to its end' };

/** Application Load Balancer, 2025-10-30: DescribeAsyncJobs, for one id and for several. */
export const TENCENT_ALB: Api<TencentAccount, TencentCall> = {
  api: 'tencent.alb',
  needsProject: false,
  grouping: { batchMax: BATCH_MAX, listPageMax: 0 },
  judge: judgeByTable(STATUSES),
  fill: (client) => async (session, _call, results) => {
    await pollBatches(batchingOf(client), session, results, BATCH_MAX);
    return null;
  },
};

function batchingOf(client: TencentClient): Batching<TencentAccount> {
  async function poll(session: TencentSession, ids: readonly string[]) {
    const results = makeResults(ids);
    const trouble = await readPages(client, session, ids, results);
    if (ids.length > 1 && trouble !== null && isSpoiled(trouble)) return 'spoiled';
    results.fillRest(trouble ?? LEFT_OUT);
    return results;
  }

  async function pollOne(session: TencentSession, id: string): Promise<Observation> {
    const listed = await poll(session, [id]);
    return listed === 'spoiled' ? UNREADABLE : (listed.observations.get(id) ?? UNREADABLE);
  }

  return { pollMany: poll, pollOne };
}

/** Null: the list was read to its end, and each of its entries has an id. */
async function readPages(
  client: TencentClient,
  session: TencentSession,
  ids: readonly string[],
  results: Results,
): Promise<Trouble | null> {
  let next = '';
  let isWhole = true;
  for (let count = 0; count < PAGES_MAX; count++) {
    const page = readPage(await client(session, callFor(ids, next)));
    if (page.kind !== 'page') return page;
    isWhole = seeAll(results, page.jobs, page.requestId) && isWhole;
    if (results.unseen().length === 0) return null;
    const end = endOfList(page.next, next, isWhole);
    if (end !== 'more') return end;
    next = page.next;
  }
  return UNREADABLE;
}

/** Null: a whole list came to its end. A token that repeats would lead round for ever. */
function endOfList(next: string, before: string, isWhole: boolean): Trouble | null | 'more' {
  if (next === '') return isWhole ? null : UNREADABLE;
  return next === before ? UNREADABLE : 'more';
}

function callFor(ids: readonly string[], next: string): TencentCall {
  const body = JSON.stringify({ RequestIds: ids, MaxResults: 100, ...(next === '' ? {} : { NextToken: next }) });
  return { product: 'alb', version: '2025-10-30', action: 'DescribeAsyncJobs', body, mayMiss: false };
}

interface Page {
  readonly kind: 'page';
  readonly jobs: readonly unknown[];
  readonly requestId: string | null;
  /** `''`: the last. */
  readonly next: string;
}

function readPage(result: RequestResult): Page | Trouble {
  if (result.kind !== 'ok') return result.kind === 'missing' ? UNREADABLE : result;
  const response = result.body['Response'];
  if (!isObject(response)) return UNREADABLE;
  const { Jobs: jobs, NextToken: token, RequestId: requestId } = response;
  const next = token ?? '';
  if (!Array.isArray(jobs) || typeof next !== 'string') return UNREADABLE;
  return { kind: 'page', jobs, requestId: idText(requestId), next };
}

function seeAll(results: Results, jobs: readonly unknown[], requestId: string | null): boolean {
  let isWhole = true;
  for (const job of jobs) {
    if (isObject(job) && typeof job['RequestId'] === 'string') results.see(job['RequestId'], readJob(job, requestId));
    else isWhole = false;
  }
  return isWhole;
}

function readJob(job: JsonObject, requestId: string | null): Observation {
  const word = statusWord(job['Status']);
  if (word === null) return { kind: 'malformed', reason: 'the entry of the job has no readable Status' };
  const ids = job['ResourceIds'];
  const resourceId = Array.isArray(ids) ? idText(ids[0]) : null;
  const detail = boundDetail({ ...NO_DETAIL, operation: idText(job['ApiName']), resourceId, requestId });
  return { kind: 'status', word, detail };
}
