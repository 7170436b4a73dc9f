import type { HttpResponse } from '../../base/http.ts';
import { isObject } from '../../base/is-object.ts';
import {
  type ClassifiedFault,
  classOfStatus,
  type Fault,
  type FaultClass,
  type FaultRow,
  retryAfterMs,
  rowOf,
  shownCode,
  withPatience,
} from '../kit/faults.ts';
import { type JsonObject, parseObject } from '../kit/json.ts';

const GATEWAY = 'https://support.huaweicloud.com/devg-apisign';
const ECS = 'https://docs.otc.t-systems.com/elastic-cloud-server/api-ref/appendix/error_codes.html';
const EVS = 'https://docs.otc.t-systems.com/elastic-volume-service/api-ref/appendix/error_codes.html';
const IMS = 'https://docs.otc.t-systems.com/image-management-service/api-ref/appendix/error_codes.html';
const RDS = 'https://docs.otc.t-systems.com/relational-database-service/api-ref/appendix/error_codes.html';
const DDS = 'https://docs.otc.t-systems.com/document-database-service/api-ref/appendices/error_codes.html';
const CCE = 'https://docs.otc.t-systems.com/cloud-container-engine/api-ref/appendix/status_code.html';
const IAM = 'https://support.huaweicloud.com/intl/en-us/api-iam/iam_02_0006.html';
const CLASSIC = 'https://support.huaweicloud.com/intl/en-us/eu-west-0-api-elb/elb_gc_0001.html';

/**
 * Error codes of the gateway (`APIG.*` in older regions, read as `APIGW.*`) and of ELB, and what they mean here. Text
 * is looked at only where one code stands for faults that must be told apart.
 */
export const HUAWEI_FAULTS: readonly FaultRow[] = [
  { codes: ['APIGW.0301', 'APIGW.0303'], message: /signature expired/i, means: 'clock', source: GATEWAY },
  // Also `AK access failed to reach the limit,forbidden`: the key is locked (`cloud.ts` has the rule).
  { codes: ['APIGW.0301'], means: 'key', source: GATEWAY },
  { codes: ['APIGW.0302'], means: 'scope', source: GATEWAY },
  { codes: ['APIGW.0308'], means: 'throttled', source: GATEWAY },
  { codes: ['APIGW.0201'], minStatus: 500, means: 'unreachable', source: GATEWAY },
  { codes: ['APIGW.0201', 'APIGW.0101'], means: 'malformed', source: GATEWAY },
  { codes: ['ELB.1102'], means: 'key', source: CLASSIC },
  // Its own codes with 404: to a request for one job there is nothing else that could not be found.
  { codes: ['ELB.*'], minStatus: 404, means: 'missing', source: CLASSIC },
  // Who asked may not enter the project or the service; a key that is wrong is told by the gateway.
  { codes: ['IAM.*'], minStatus: 500, means: 'unreachable', source: IAM },
  { codes: ['IAM.*'], minStatus: 429, means: 'throttled', source: IAM },
  { codes: ['IAM.*'], means: 'scope', source: IAM },
];

/** A code that stands for a failed look-up and for a job that is not there: misses by it must last. */
const WEAK_WITNESS_MS = 600_000;

/** What the job service says, which classic ELB seems to share: its job ids look the same. */
export const JOB_SERVICE_FAULTS: readonly FaultRow[] = [
  // `Incorrect tenant ID`: a wrong project in one message must not lose the job, nor stop the account.
  { codes: ['Common.0011'], message: /tenant|project/i, means: 'scope', source: EVS },
  { codes: ['Common.0011'], means: 'missing', believedAfterMs: WEAK_WITNESS_MS, source: EVS },
  { codes: ['Common.0018'], means: 'scope', source: ECS },
  // With HTTP status 202.
  { codes: ['Common.0024'], means: 'throttled', source: ECS },
];

/** `GET /v1/{project_id}/jobs/{job_id}` of ECS and others. */
export const COMPUTE_FAULTS: readonly FaultRow[] = [
  ...JOB_SERVICE_FAULTS,
  { codes: ['Common.0021', 'Common.0025'], means: 'unreachable', source: ECS },
  { codes: ['Common.1503'], means: 'throttled', source: ECS },
  { codes: ['Common.0013'], means: 'key', source: ECS },
  { codes: ['IMG.0060'], means: 'throttled', source: IMS },
];

/** `GET /v3/{project_id}/jobs?id=` of the databases. */
export const DATABASE_FAULTS: readonly FaultRow[] = [
  { codes: ['DBS.200543'], means: 'missing', believedAfterMs: WEAK_WITNESS_MS, source: RDS },
  { codes: ['DBS.280443'], means: 'throttled', source: DDS },
];

export const CCE_FAULTS: readonly FaultRow[] = [{ codes: ['CCE.02429001'], means: 'throttled', source: CCE }];

/**
 * A response of Huawei Cloud that is no success. It is `missing` only to a request for one job, by a code that says so
 * or a 404 of the service itself, which is a weak witness: the project, say, may be what was not found. The gateway
 * responds 404 for a wrong path, and a bare 404 may come from anywhere.
 */
export function readHuaweiFault(
  response: HttpResponse,
  about: 'job' | 'list',
  own: readonly FaultRow[] = [],
): ClassifiedFault {
  const { code, message } = readError(parseObject(response.body));
  const fault = { status: response.status, code, message };
  const coded = { ...fault, code: code?.replace(/^APIG\./, 'APIGW.') ?? null };
  const row = rowOf(coded, [...own, ...HUAWEI_FAULTS]);
  const wishMs = retryAfterMs(response);
  const faultClass = withPatience(believed(row?.means ?? null, coded, about), response.status, wishMs);
  const classified = { fault, faultClass, retryAfterMs: wishMs };
  const span = row?.means === 'missing' ? row.believedAfterMs : WEAK_WITNESS_MS;
  return faultClass !== 'missing' || span === undefined ? classified : { ...classified, believedAfterMs: span };
}

/**
 * That a job is unknown is believed of a request for it alone, and with no status that says that something is broken.
 */
function believed(means: FaultClass | null, { status, code }: Fault, about: 'job' | 'list'): FaultClass {
  const byStatus = classOfStatus(status);
  if (means === 'missing') return about === 'job' && (status === 400 || status === 404) ? 'missing' : byStatus;
  const known = means ?? byStatus;
  const isUnknownJob = about === 'job' && status === 404 && code !== null && !isGatewayCode(code);
  return isUnknownJob && known === 'malformed' ? 'missing' : known;
}

function isGatewayCode(code: string): boolean {
  return /^apigw?\./i.test(code);
}

/**
 * `{error_code, error_msg}` (gateway, ELB v3), `{error: {code, message}}` (classic ELB), `{code, message}` (other
 * services). IAM's `{error: {code: 401}}` only repeats the HTTP status: that is no code.
 */
function readError(body: JsonObject | null): { code: string | null; message: string } {
  if (body === null) return { code: null, message: '' };
  const inner = isObject(body['error']) ? body['error'] : body;
  const code = body['error_code'] ?? inner['code'] ?? inner['error_code'];
  const message = body['error_msg'] ?? inner['message'] ?? inner['error_msg'];
  return { code: shownCode(code), message: typeof message === 'string' ? message.slice(0, 1000) : '' };
}
