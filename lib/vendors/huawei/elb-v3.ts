import { isObject } from '../../base/is-object.ts';
import { toIso } from '../../base/time.ts';
import type { Observation, Trouble } from '../../job/observation.ts';
import type { Query } from '../kit/canonical.ts';
import type { Api } from '../kit/cloud.ts';
import { idText, type JsonObject, type ParsedJob } from '../kit/json.ts';
import { pollSingly } from '../kit/poll.ts';
import type { RequestResult } from '../kit/request-result.ts';
import { endsCall, type Results } from '../kit/results.ts';
import type { HuaweiAccount } from './account.ts';
import type { HuaweiClient, HuaweiGet, HuaweiSession } from './client.ts';
import { judgeV3 } from './elb-v3-judge.ts';
import { type JobPlace, readJob, readSingle } from './job.ts';
import type { HuaweiService } from './service.ts';

const ELB: HuaweiService = { host: 'elb', faults: [] };

/** 2000 are documented, but a response with as many sub-jobs would be megabytes; a page of 100 is some 150 kB. */
const LIST_PAGE_MAX = 100;
/** What is not among the first 5000 jobs is polled singly: a list is read for at most some 400 jobs. */
const PAGES_MAX = 50;

/** After a list that could not be read: do single jobs work? */
const UNLISTED_SINGLES_MAX = 4;

/**
 * Dedicated load balancers, v3: one job by its id, or the list of all since a time, page by page. `job_id` is
 * documented to take one id, so a list is not narrowed by it. https://support.huaweicloud.com/api-elb/ListJobs.html
 * https://support.huaweicloud.com/api-elb/ShowJob.html
 */
export const HUAWEI_ELB_V3: Api<HuaweiAccount, HuaweiGet> = {
  api: 'huawei.elb.v3',
  needsProject: true,
  grouping: { batchMax: 0, listPageMax: LIST_PAGE_MAX },
  judge: judgeV3,
  fill: (client) => async (session, call, results) => {
    const isList = call.shape === 'list';
    const pages = isList ? await pollList(client, session, call.beganAfterMs, results) : null;
    // Without the list, single calls side by side are sooner than one after another: this call tries a few.
    const singlesMax = isList && pages === null ? UNLISTED_SINGLES_MAX : call.jobIds.length;
    await pollSingly(results, (jobId) => pollOne(client, session, jobId), singlesMax);
    return pages;
  },
};

const PLACE: JobPlace = { jobOf: (body) => body['job'], idField: 'job_id', read: readV3Job };

async function pollOne(client: HuaweiClient, session: HuaweiSession, jobId: string): Promise<Observation> {
  const projectId = session.scope.projectId ?? '';
  const path = `/v3/${projectId}/elb/jobs/${jobId}`;
  const result = await client(session, { service: ELB, projectId, path, query: [], about: 'job' });
  return readSingle(result, jobId, PLACE);
}

/**
 * Reads pages until all ids are seen or the list ends; returns how many it took, null if it could not be read. Absence
 * from the list is no miss: what it does not show stays unseen. So does everything after a page that can't be read,
 * since the single requests may work.
 */
async function pollList(
  client: HuaweiClient,
  session: HuaweiSession,
  beganAfterMs: number | null,
  results: Results,
): Promise<number | null> {
  const projectId = session.scope.projectId ?? '';
  const path = `/v3/${projectId}/elb/jobs`;
  const markers = new Set<string>();
  let marker: string | null = null;
  let pages = 0;
  while (results.unseen().length > 0 && pages < PAGES_MAX) {
    const query = listQuery(beganAfterMs, marker);
    const result: RequestResult = await client(session, {
      service: ELB,
      projectId,
      path,
      query,
      about: 'list',
    });
    if (isForAll(result, pages)) results.fillRest(result);
    if (result.kind !== 'ok' || !seePage(results, result.body)) return null;
    pages += 1;
    marker = nextMarker(result.body['page_info']);
    if (marker === null || markers.has(marker)) break;
    markers.add(marker);
  }
  return pages;
}

/** Whether single requests would meet it as well. The right to list is one of its own: its first page shows it. */
function isForAll(result: RequestResult, pagesRead: number): result is Trouble {
  if (result.kind === 'ok' || result.kind === 'missing' || !endsCall(result)) return false;
  return pagesRead > 0 || result.kind !== 'denied' || result.what !== 'scope';
}

/** False if the body is not a page of the list. */
function seePage(results: Results, body: JsonObject): boolean {
  const { jobs } = body;
  if (!Array.isArray(jobs)) return false;
  const requestId = idText(body['request_id']);
  for (const job of jobs) {
    if (isObject(job) && typeof job['job_id'] === 'string') results.see(job['job_id'], readV3Job(job, requestId));
  }
  return true;
}

function listQuery(beganAfterMs: number | null, marker: string | null): Query {
  const begin: Query = beganAfterMs === null ? [] : [['begin_time', toIso(beganAfterMs).slice(0, 19)]];
  const after: Query = marker === null ? [] : [['marker', marker]];
  return [...begin, ['limit', String(LIST_PAGE_MAX)], ...after];
}

function nextMarker(info: unknown): string | null {
  const marker = isObject(info) ? info['next_marker'] : null;
  return typeof marker === 'string' && marker !== '' ? marker : null;
}

/** What decides between success and failure must be readable: unlike v1.0, v3 tells failures beside the status. */
function readV3Job(job: JsonObject, requestId: string | null): ParsedJob {
  const { sub_jobs: subJobs, error_code: code } = job;
  const codeIsPlain = code === undefined || code === null || typeof code === 'string' || typeof code === 'number';
  if (!codeIsPlain) return { kind: 'malformed', reason: 'the error_code of the job is not a text' };
  const listIsPlain = subJobs === undefined || subJobs === null || (Array.isArray(subJobs) && subJobs.every(hasStatus));
  if (!listIsPlain)
    return { kind: 'malformed', reason: 'the sub_jobs of the job are not a list of jobs with a status' };
  return readJob(job, requestId);
}

function hasStatus(sub: unknown): boolean {
  return isObject(sub) && typeof (sub['status'] ?? '') === 'string';
}
