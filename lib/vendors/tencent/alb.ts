import { isObject } from '../../base/is-object.ts';
import { boundDetail } from '../../job/detail.ts';
import { judgeByTable } from '../../job/judgement.ts';
import { NO_DETAIL, type Observation, type Trouble } from '../../job/observation.ts';
import type { Phase } from '../../job/phase.ts';
import { type Batching, pollBatches } from '../kit/batches.ts';
import type { Api } from '../kit/cloud.ts';
import { idText, type JsonObject, statusWord } from '../kit/json.ts';
import { type Page, readPages, UNREADABLE } from '../kit/pages.ts';
import { isSpoiled, type RequestResult } from '../kit/request-result.ts';
import { makeResults } from '../kit/results.ts';
import type { TencentAccount } from './account.ts';
import type { TencentCall, TencentClient, TencentSession } from './client.ts';

const STATUSES = new Map<Lowercase<string>, Phase>([
  ['processing', 'running'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
]);
/** No limit is published. */
const BATCH_MAX = 20;
/** That unknown ids are left out is not published either: a job is given up late. */
const LEFT_OUT: Observation = {
  kind: 'missing',
  reason: 'a complete list leaves the id out',
  believedAfterMs: 600_000,
};

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
    let requestId: string | null = null;
    const trouble = await readPages<string>(results, {
      async readPage(next) {
        const page = readPage(await client(session, callFor(ids, next)));
        if (page.kind === 'page') requestId = page.requestId;
        return page;
      },
      see(job) {
        if (!isObject(job) || typeof job['RequestId'] !== 'string') return false;
        results.see(job['RequestId'], readJob(job, requestId));
        return true;
      },
    });
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

function callFor(ids: readonly string[], next: string | null): TencentCall {
  const body = JSON.stringify({ RequestIds: ids, MaxResults: 100, ...(next === null ? {} : { NextToken: next }) });
  return { product: 'alb', version: '2025-10-30', action: 'DescribeAsyncJobs', body };
}

function readPage(result: RequestResult): (Page<string> & { readonly requestId: string | null }) | Trouble {
  if (result.kind !== 'ok') return result.kind === 'missing' ? UNREADABLE : result;
  const response = result.body['Response'];
  if (!isObject(response)) return UNREADABLE;
  const { Jobs: jobs, NextToken: token, RequestId: requestId } = response;
  const next = token ?? '';
  if (!Array.isArray(jobs) || typeof next !== 'string') return UNREADABLE;
  return { kind: 'page', jobs, requestId: idText(requestId), next: next === '' ? null : next };
}

function readJob(job: JsonObject, requestId: string | null): Observation {
  const word = statusWord(job['Status']);
  if (word === null) return { kind: 'malformed', reason: 'the entry of the job has no readable Status' };
  const ids = job['ResourceIds'];
  const resourceId = Array.isArray(ids) ? idText(ids[0]) : null;
  const detail = boundDetail({ ...NO_DETAIL, operation: idText(job['ApiName']), resourceId, requestId });
  return { kind: 'status', word, detail };
}
