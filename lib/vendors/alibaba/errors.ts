import type { HttpResponse } from '../../base/http.ts';
import {
  boundRetry,
  type ClassifiedFault,
  classOf,
  type FaultRow,
  retryAfterMs,
  shownCode,
  withPatience,
} from '../kit/faults.ts';
import { parseObject } from '../kit/json.ts';

const COMMON = 'https://help.aliyun.com/document_detail/48054.html';
const NLB = 'https://www.alibabacloud.com/help/en/slb/api-getjobstatus';
const SIGNATURE = 'https://help.aliyun.com/document_detail/434846.html';
const TERRAFORM = 'https://github.com/aliyun/terraform-provider-alicloud';

/** Error codes of the gateway and of NLB and ALB, and what they mean here. */
export const ALIBABA_FAULTS: readonly FaultRow[] = [
  { codes: ['Throttling', 'Throttling.*'], means: 'throttled', source: COMMON },
  { codes: ['Rejected.Throttling'], means: 'throttled', source: TERRAFORM },
  { codes: ['SystemBusy'], means: 'throttled', source: NLB },
  { codes: ['ServiceUnavailable', 'InternalError'], means: 'unreachable', source: COMMON },
  {
    codes: ['IdempotenceProcessing', 'OperationFailed.ResourceGroupStatusCheckFail'],
    means: 'unreachable',
    source: TERRAFORM,
  },
  { codes: ['ResourceNotFound.JobId'], means: 'missing', source: NLB },
  // Its HTTP status is 404: by the status alone a wrong key would look like a missing job.
  { codes: ['InvalidAccessKeyId', 'InvalidAccessKeyId.*'], means: 'key', source: COMMON },
  { codes: ['SignatureDoesNotMatch', 'IncompleteSignature'], means: 'key', source: SIGNATURE },
  { codes: ['InvalidSecurityToken', 'InvalidSecurityToken.*', 'MissingSecurityToken'], means: 'key', source: COMMON },
  { codes: ['SignatureNonceUsed'], means: 'nonce', source: SIGNATURE },
  { codes: ['InvalidTimeStamp.Expired', 'InvalidTimeStamp.Format'], means: 'clock', source: SIGNATURE },
  { codes: ['Forbidden', 'Forbidden.*'], means: 'scope', source: NLB },
  {
    codes: ['InvalidAction.NotFound', 'InvalidApi.NotFound', 'UnsupportedHTTPMethod'],
    means: 'malformed',
    source: COMMON,
  },
  { codes: ['Missing*', 'Invalid*', 'IllegalParam*'], means: 'malformed', source: COMMON },
  // Only calls that change something are documented to fail with these.
  {
    codes: ['IncorrectStatus.*', 'ResourceInConfiguring.*', 'Conflict.Lock', 'VipStatusNotSupport'],
    means: 'malformed',
    source: TERRAFORM,
  },
];

/** A response of Alibaba Cloud that is no success: what it means, and the wait that it wishes, if it names one. */
export function readAlibabaFault(response: HttpResponse): ClassifiedFault {
  const json = parseObject(response.body);
  const code = shownCode(json === null ? xmlCode(response.body) : json['Code']);
  const fault = { status: response.status, code, message: '' };
  const wishMs = alibabaRetryMs(response) ?? retryAfterMs(response);
  const faultClass = withPatience(classOf(fault, ALIBABA_FAULTS), response.status, wishMs);
  // That a job is unknown is believed only in the format that was requested.
  const trusted = faultClass === 'missing' && json === null ? 'malformed' : faultClass;
  return { fault, faultClass: trusted, retryAfterMs: wishMs };
}

/** Milliseconds, unlike `Retry-After`. https://github.com/aliyun/darabonba-openapi */
function alibabaRetryMs(response: HttpResponse): number | null {
  const text = response.headers['x-acs-retry-after'];
  return text !== undefined && /^\d{1,12}$/.test(text) ? boundRetry(Number(text)) : null;
}

/** The gateway responds in XML where it did not get as far as reading the wished format. */
function xmlCode(body: string): string | null {
  return /<Code>([A-Za-z0-9._-]{1,100})<\/Code>/.exec(body.slice(0, 4096))?.[1] ?? null;
}
