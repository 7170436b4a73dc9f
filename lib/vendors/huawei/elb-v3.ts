import { isObject } from '../../base/is-object.ts';
import { toIso } from '../../base/time.ts';
import type { ApiFacts } from '../../job/api-facts.ts';
import type { Observation } from '../../job/observation.ts';
import type { Query } from '../kit/canonical.ts';
import { endsCall, type Findings, makeFindings } from '../kit/findings.ts';
import { idText, type JsonObject, type Told } from '../kit/json.ts';
import type { Reply } from '../kit/reply.ts';
import { answerAll, closeSession, NO_PROJECT, openSession, wrongAccount } from '../kit/session.ts';
import type { Call, Vendor } from '../vendor.ts';
import { type HuaweiApi, type HuaweiDeps, type HuaweiSession, makeHuaweiApi } from './client.ts';
import { judgeV3, V3_STATUSES } from './elb-v3-judge.ts';
import { readJob, readSingle } from './job.ts';

export const HUAWEI_ELB_V3: ApiFacts = { api: 'huawei.elb.v3', cloud: 'huawei', needsProject: true };

/** 2000 are documented, but an answer with as many sub-jobs would be megabytes; a page of 100 is some 150 kB. */
const LIST_PAGE_MAX = 100;
/** What is not among the first 5000 jobs is asked singly: a list is read for at most some 400 jobs. */
const PAGES_MAX = 50;

/**
 * Dedicated load balancers, v3: one job by its id, or the list of all since a time, page by page. `job_id` is
 * documented to take one id, so a list is not narrowed by it. https://support.huaweicloud.com/api-elb/ListJobs.html
 * https://support.huaweicloud.com/api-elb/ShowJob.html
 */
export function makeHuaweiElbV3(deps: HuaweiDeps): Vendor {
  const api = makeHuaweiApi(deps, HUAWEI_ELB_V3.api);
  return {
    ...HUAWEI_ELB_V3,
    grouping: { batchMax: 0, single: true, listPageMax: LIST_PAGE_MAX },
    statuses: V3_STATUSES,
    judge: judgeV3,
    ask: async (call, access) => {
      const { projectId } = call.scope;
      if (access.account.vendor !== 'huawei') return wrongAccount(call, 'huawei');
      if (projectId === null) return answerAll(call, NO_PROJECT);
      const session = openSession(call, access.account, access);
      const findings = makeFindings(call.jobIds);
      const pages = call.shape === 'list' ? await readList(api, session, projectId, call, findings) : null;
      await askSingly(api, session, projectId, findings);
      return closeSession(session, findings.observations, pages);
    },
  };
}

/**
 * Reads pages until all ids are seen or the list ends; answers how many it took, null if it could not be read. Absence
 * from the list is no miss: what it does not show stays unseen. So does everything after a page that can't be read,
 * since the single requests may work.
 */
async function readList(
  api: HuaweiApi,
  session: HuaweiSession,
  projectId: string,
  call: Call,
  findings: Findings,
): Promise<number | null> {
  const markers = new Set<string>();
  let marker: string | null = null;
  let pages = 0;
  while (findings.unseen().length > 0 && pages < PAGES_MAX) {
    const path = `/v3/${projectId}/elb/jobs`;
    const reply: Reply = await api(session, projectId, {
      path,
      query: listQuery(call.beganAfterMs, marker),
      about: 'list',
    });
    if (reply.kind !== 'missing' && reply.kind !== 'ok' && endsCall(reply)) findings.settle(reply);
    if (reply.kind !== 'ok' || !seePage(findings, reply.body)) return null;
    pages += 1;
    marker = nextMarker(reply.body['page_info']);
    if (marker === null || markers.has(marker)) break;
    markers.add(marker);
  }
  return pages;
}

/** False if the body is not a page of the list. */
function seePage(findings: Findings, body: JsonObject): boolean {
  const { jobs } = body;
  if (!Array.isArray(jobs)) return false;
  const requestId = idText(body['request_id']);
  for (const job of jobs) {
    if (isObject(job) && typeof job['job_id'] === 'string') findings.see(job['job_id'], readV3Job(job, requestId));
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

async function askSingly(api: HuaweiApi, session: HuaweiSession, projectId: string, findings: Findings): Promise<void> {
  for (const jobId of findings.unseen()) {
    const path = `/v3/${projectId}/elb/jobs/${jobId}`;
    const reply = await api(session, projectId, { path, query: [], about: 'job' });
    const observation: Observation = readSingle(reply, jobId, (body) => body['job'], readV3Job);
    findings.see(jobId, observation);
    if (!endsCall(observation)) continue;
    findings.settle(observation);
    return;
  }
}

/** What decides between success and failure must be readable: unlike v1.0, v3 tells failures beside the status. */
function readV3Job(job: JsonObject, requestId: string | null): Told {
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
