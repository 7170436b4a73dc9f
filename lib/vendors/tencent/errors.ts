import type { HttpResponse } from '../../base/http.ts';
import { isObject } from '../../base/is-object.ts';
import {
  type ClassifiedFault,
  classOfStatus,
  type FaultRow,
  retryAfterMs,
  rowOf,
  shownCode,
  withPatience,
} from '../kit/faults.ts';
import { type JsonObject, parseObject } from '../kit/json.ts';

const COMMON = 'https://www.tencentcloud.com/document/product/597/35338';

/** Error codes of the gateway, which come with HTTP 200, and what they mean here. */
export const TENCENT_FAULTS: readonly FaultRow[] = [
  { codes: ['RequestLimitExceeded', 'RequestLimitExceeded.*'], means: 'throttled', source: COMMON },
  {
    codes: ['InternalError', 'InternalError.*', 'InternalServerError', 'ServiceUnavailable', 'ResourceUnavailable'],
    means: 'unreachable',
    source: COMMON,
  },
  { codes: ['AuthFailure.SignatureExpire'], means: 'clock', source: COMMON },
  { codes: ['AuthFailure.UnauthorizedOperation', 'UnauthorizedOperation*'], means: 'scope', source: COMMON },
  {
    codes: ['MFAFailure', 'AuthFailure.MFAFailure', 'OperationDenied*', 'IpInBlacklist', 'IpNotInWhitelist'],
    means: 'scope',
    source: COMMON,
  },
  { codes: ['AuthFailure', 'AuthFailure.*'], means: 'key', source: COMMON },
  // `FailedOperation.TaskFailed` is an error of the query: nothing says that the task has failed.
  {
    codes: ['InvalidAction', 'Missing*', 'UnknownParameter', 'Unsupported*', 'NoSuch*', 'RequestSizeLimit*'],
    means: 'malformed',
    isOfAll: true,
    source: COMMON,
  },
  { codes: ['FailedOperation*', 'Invalid*'], means: 'malformed', source: COMMON },
];

/** Whether a response of status 200 holds an error. */
export function holdsError(response: HttpResponse): boolean {
  return innerOf(response)?.['Error'] !== undefined;
}

/** An error of Tencent Cloud, mostly in a response of status 200. `own`: codes of the product, which come first. */
export function readTencentFault(response: HttpResponse, own: readonly FaultRow[] = []): ClassifiedFault {
  const error = innerOf(response)?.['Error'];
  const code = isObject(error) ? shownCode(error['Code']) : null;
  const fault = { status: response.status, code, message: '' };
  const wishMs = retryAfterMs(response);
  const row = rowOf(fault, [...own, ...TENCENT_FAULTS]);
  const faultClass = withPatience(row?.means ?? classOfStatus(fault.status), response.status, wishMs);
  const mayBeOfOneId = code !== null && row?.isOfAll !== true;
  return { fault, faultClass, retryAfterMs: wishMs, mayBeOfOneId };
}

function innerOf({ body }: HttpResponse): JsonObject | null {
  const inner = parseObject(body)?.['Response'];
  return isObject(inner) ? inner : null;
}
