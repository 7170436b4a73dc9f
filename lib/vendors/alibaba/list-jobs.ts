import { isObject } from '../../base/is-object.ts';
import type { VendorConsole } from '../../job/api-facts.ts';
import { boundDetail } from '../../job/detail.ts';
import { judgeByTable } from '../../job/judgement.ts';
import { NO_DETAIL, type Observation, type Trouble } from '../../job/observation.ts';
import type { Phase } from '../../job/phase.ts';
import { type Batching, pollBatches } from '../kit/batches.ts';
import type { Query } from '../kit/canonical.ts';
import type { Api } from '../kit/cloud.ts';
import { idText, type JsonObject, type ParsedJob, statusWord, timeMs, vendorError } from '../kit/json.ts';
import type { RequestResult } from '../kit/request-result.ts';
import { makeResults, type Results } from '../kit/results.ts';
import type { AlibabaAccount } from './account.ts';
import type { AlibabaClient } from './client.ts';

/** What NLB and ALB share: the words, ListAsynJobs, and batches that one unknown id spoils. */

export const ALIBABA_STATUSES: ReadonlyMap<string, Phase> = new Map<Lowercase<string>, Phase>([
  ['processing', 'running'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
]);

/**
 * No limit is published; Alibaba's own Kubernetes controller lists 20.
 * https://github.com/kubernetes/cloud-provider-alibaba-cloud
 */
const ALIBABA_BATCH_MAX = 20;

/** A list of at most 20 ids that takes more pages than this is not one that we requested. */
const PAGES_MAX = 10;

/** The whole api, from how it is polled for one id and for many. */
export function alibabaApi(
  { api, vendorConsole }: { readonly api: string; readonly vendorConsole: VendorConsole },
  batchingOf: (client: AlibabaClient) => Batching<AlibabaAccount>,
): Api<AlibabaAccount, Parameters<AlibabaClient>[1]> {
  return {
    api,
    needsProject: false,
    vendorConsole,
    grouping: { batchMax: ALIBABA_BATCH_MAX, listPageMax: 0 },
    judge: judgeByTable(ALIBABA_STATUSES),
    fill(client) {
      const batching = batchingOf(client);
      return async (session, _call, results) => {
        await pollBatches(batching, session, results, ALIBABA_BATCH_MAX);
        return null;
      };
    },
  };
}

/**
 * ListAsynJobs for these ids, all pages of it. An id that a complete, well-formed list leaves out is missing; where the
 * list is not that, nothing is learned about the ids that it did not show.
 * https://help.aliyun.com/document_detail/2254893.html
 */
export async function listJobs(
  rpc: (action: string, query: Query) => Promise<RequestResult>,
  jobIds: readonly string[],
  more: Query,
): Promise<Results | 'spoiled'> {
  const results = makeResults(jobIds);
  const ids = jobIds.map((jobId, index) => [`JobIds.${index + 1}`, jobId] as const);
  const tokens = new Set<string>();
  let next: Query = [];
  let complete = true;
  while (results.unseen().length > 0) {
    const result: RequestResult = await rpc('ListAsynJobs', [...ids, ...more, ...next]);
    if (result.kind === 'missing') return 'spoiled';
    const page = result.kind === 'ok' ? readPage(result.body) : result;
    if (page.kind !== 'page') {
      results.fillRest(page);
      return results;
    }
    complete = seeAll(results, page.jobs, idText(page.body['RequestId'])) && complete;
    const end = endOfList(page.nextToken, tokens, complete);
    if (end !== null) results.fillRest(end);
    next = [['NextToken', page.nextToken ?? '']];
  }
  return results;
}

export const UNKNOWN_ID: Observation = {
  kind: 'missing',
  reason: 'the vendor does not know the id (ResourceNotFound.JobId)',
};

/** What a list for one id alone says about it. */
export function onlyOne(listed: Results | 'spoiled', jobId: string): Observation {
  return listed === 'spoiled' ? UNKNOWN_ID : (listed.observations.get(jobId) ?? UNKNOWN_ID);
}

/** What the list's end says about ids that it did not show; null if there is a page to come, whose token it notes. */
function endOfList(token: string | null, tokens: Set<string>, complete: boolean): Observation | null {
  if (token === null) return complete ? LEFT_OUT : UNREADABLE_ENTRY;
  if (tokens.has(token) || tokens.size + 1 >= PAGES_MAX) return ENDLESS;
  tokens.add(token);
  return null;
}

const LEFT_OUT: Observation = { kind: 'missing', reason: 'a complete list leaves the id out' };
const UNREADABLE_ENTRY: Trouble = {
  kind: 'malformed',
  reason: 'the list does not show the id and has an entry without one',
};
const ENDLESS: Trouble = { kind: 'malformed', reason: 'the list does not come to an end' };

interface Page {
  readonly kind: 'page';
  readonly body: JsonObject;
  readonly jobs: readonly unknown[];
  readonly nextToken: string | null;
}

function readPage(body: JsonObject): Page | Trouble {
  const jobs = body['Jobs'];
  if (!Array.isArray(jobs)) return { kind: 'malformed', reason: 'the answer has no array Jobs' };
  const token = body['NextToken'] ?? '';
  if (typeof token !== 'string') return { kind: 'malformed', reason: 'the NextToken of the answer is not a text' };
  return { kind: 'page', body, jobs, nextToken: token === '' ? null : token };
}

/** Whether every entry could be told to belong to some id. */
function seeAll(results: Results, entries: readonly unknown[], requestId: string | null): boolean {
  let readable = true;
  for (const entry of entries) {
    if (isObject(entry) && typeof entry['Id'] === 'string') results.see(entry['Id'], readJob(entry, requestId));
    else readable = false;
  }
  return readable;
}

/** NLB names no more than `Id` and `Status`; the rest is ALB's. */
function readJob(entry: JsonObject, requestId: string | null): ParsedJob {
  const word = statusWord(entry['Status']);
  if (word === null) return { kind: 'malformed', reason: 'the entry of the job has no readable Status' };
  const isOver = word.toLowerCase() !== 'processing';
  const detail = boundDetail({
    ...NO_DETAIL,
    operation: idText(entry['ApiName']),
    resourceId: idText(entry['ResourceId']),
    resourceType: idText(entry['ResourceType']),
    beganAt: timeMs(entry['CreateTime']),
    endedAt: isOver ? timeMs(entry['ModifyTime']) : null,
    error: vendorError(entry['ErrorCode'], entry['ErrorMessage']),
    requestId,
  });
  return { kind: 'status', word, detail };
}
