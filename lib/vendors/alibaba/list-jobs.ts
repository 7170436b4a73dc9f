import { isObject } from '../../base/is-object.ts';
import type { ApiFacts } from '../../job/api-facts.ts';
import { boundDetail } from '../../job/detail.ts';
import { judgeByTable } from '../../job/judgement.ts';
import { NO_DETAIL, type Observation, type Trouble } from '../../job/observation.ts';
import type { Phase } from '../../job/phase.ts';
import type { Query } from '../kit/canonical.ts';
import { endsCall, type Findings, makeFindings } from '../kit/findings.ts';
import { idText, type JsonObject, statusWord, type Told, timeMs, vendorError } from '../kit/json.ts';
import type { Reply } from '../kit/reply.ts';
import { closeSession, openSession, wrongAccount } from '../kit/session.ts';
import type { Vendor } from '../vendor.ts';
import type { AlibabaRpc, AlibabaSession } from './client.ts';

/** What NLB and ALB share: the words, ListAsynJobs, and batches that one unknown id spoils. */

const ALIBABA_STATUSES: ReadonlyMap<string, Phase> = new Map<string, Phase>([
  ['processing', 'running'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
]);

/**
 * No limit is published; Alibaba's own Kubernetes controller asks 20.
 * https://github.com/kubernetes/cloud-provider-alibaba-cloud
 */
const ALIBABA_BATCH_MAX = 20;

/** A list of at most 20 ids that takes more pages than this is not one that we asked for. */
const PAGES_MAX = 10;

interface AlibabaBatching {
  readonly askOne: (session: AlibabaSession, jobId: string) => Promise<Observation>;
  /** `spoiled`: refused as a whole because at least one id is unknown. */
  readonly askMany: (session: AlibabaSession, jobIds: readonly string[]) => Promise<Findings | 'spoiled'>;
}

/** The whole vendor, from how its api is asked for one id and for many. */
export function alibabaVendor(facts: ApiFacts, batching: AlibabaBatching): Vendor {
  return {
    ...facts,
    grouping: { batchMax: ALIBABA_BATCH_MAX, single: true, listPageMax: 0 },
    statuses: ALIBABA_STATUSES,
    judge: judgeByTable(ALIBABA_STATUSES),
    ask: async (call, access) => {
      if (access.account.vendor !== 'alibaba') return wrongAccount(call, 'alibaba');
      const session = openSession(call, access.account, access);
      const observations = await askBatches(batching, session, call.jobIds);
      return closeSession(session, observations, null);
    },
  };
}

/**
 * Asks for all ids in batches, and halves those that an unknown id spoils; trouble that would meet every request ends
 * it.
 */
async function askBatches(batching: AlibabaBatching, session: AlibabaSession, jobIds: readonly string[]) {
  const findings = makeFindings(jobIds);
  let end: Trouble | null = null;

  function take(jobId: string, observation: Observation): void {
    findings.see(jobId, observation);
    if (endsCall(observation)) end = observation;
  }

  /** Whether the vendor knows every one of the ids; a group that is known to be spoiled is split unasked. */
  async function settle(ids: readonly string[], spoiled: boolean): Promise<boolean> {
    if (end !== null || ids[0] === undefined) return false;
    if (ids.length === 1) {
      const observation = await batching.askOne(session, ids[0]);
      take(ids[0], observation);
      return observation.kind === 'status';
    }
    const answer = spoiled ? 'spoiled' : await batching.askMany(session, ids);
    if (answer !== 'spoiled') {
      for (const [jobId, observation] of answer.observations) take(jobId, observation);
      return [...answer.observations.values()].every(({ kind }) => kind === 'status');
    }
    const middle = Math.ceil(ids.length / 2);
    const firstIsKnown = await settle(ids.slice(0, middle), false);
    await settle(ids.slice(middle), firstIsKnown);
    return false;
  }

  const ids = findings.unseen();
  for (let start = 0; start < ids.length; start += ALIBABA_BATCH_MAX) {
    await settle(ids.slice(start, start + ALIBABA_BATCH_MAX), false);
  }
  if (end !== null) findings.settle(end);
  return findings.observations;
}

/**
 * ListAsynJobs for these ids, all pages of it. An id that a complete, well-formed list leaves out is missing; where the
 * list is not that, nothing is learned about the ids that it did not show.
 * https://help.aliyun.com/document_detail/2254893.html
 */
export async function listJobs(
  rpc: AlibabaRpc,
  session: AlibabaSession,
  jobIds: readonly string[],
  more: Query,
): Promise<Findings | 'spoiled'> {
  const findings = makeFindings(jobIds);
  const ids = jobIds.map((jobId, index) => [`JobIds.${index + 1}`, jobId] as const);
  const tokens = new Set<string>();
  let next: Query = [];
  let complete = true;
  while (findings.unseen().length > 0) {
    const reply: Reply = await rpc(session, 'ListAsynJobs', [...ids, ...more, ...next]);
    if (reply.kind === 'missing') return 'spoiled';
    const page = reply.kind === 'ok' ? readPage(reply.body) : reply;
    if (page.kind !== 'page') {
      findings.settle(page);
      return findings;
    }
    complete = seeAll(findings, page.jobs, idText(page.body['RequestId'])) && complete;
    const end = endOfList(page.nextToken, tokens, complete);
    if (end !== null) findings.settle(end);
    next = [['NextToken', page.nextToken ?? '']];
  }
  return findings;
}

export const UNKNOWN_ID: Observation = {
  kind: 'missing',
  reason: 'the vendor does not know the id (ResourceNotFound.JobId)',
};

/** What a list for one id alone says about it. */
export function onlyOne(listed: Findings | 'spoiled', jobId: string): Observation {
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
function seeAll(findings: Findings, entries: readonly unknown[], requestId: string | null): boolean {
  let readable = true;
  for (const entry of entries) {
    if (isObject(entry) && typeof entry['Id'] === 'string') findings.see(entry['Id'], readJob(entry, requestId));
    else readable = false;
  }
  return readable;
}

/** NLB names no more than `Id` and `Status`; the rest is ALB's. */
function readJob(entry: JsonObject, requestId: string | null): Told {
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
