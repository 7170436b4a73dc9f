import type { HttpResponse } from '../../base/http.ts';
import { isObject } from '../../base/is-object.ts';
import { type ClassifiedFault, classOf, type FaultRow, retryAfterMs, shownCode, withPatience } from '../kit/faults.ts';
import { type JsonObject, parseObject } from '../kit/json.ts';

const GATEWAY = 'https://support.huaweicloud.com/devg-apisign';
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
];

/**
 * A response of Huawei Cloud that is no success. It is `missing` only to a request for one job, answered 404 by the
 * service itself: the gateway responds 404 for a wrong path, and a bare 404 may come from anywhere.
 */
export function readHuaweiFault(
  response: HttpResponse,
  about: 'job' | 'list',
  own: readonly FaultRow[] = [],
): ClassifiedFault {
  const { code, message } = readError(parseObject(response.body));
  const fault = { status: response.status, code, message };
  const known = classOf({ ...fault, code: code?.replace(/^APIG\./, 'APIGW.') ?? null }, [...own, ...HUAWEI_FAULTS]);
  const unknownJob = about === 'job' && response.status === 404 && code !== null && !isGatewayCode(code);
  const wishMs = retryAfterMs(response);
  const faultClass = withPatience(unknownJob && known === 'malformed' ? 'missing' : known, response.status, wishMs);
  return { fault, faultClass, retryAfterMs: wishMs };
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
