import { alibabaError } from './alibaba/reply.ts';
import type { ReplacingFault } from './fault-schema.ts';
import { huaweiError, iamError } from './huawei/reply.ts';
import { htmlReply, JSON_TYPE, jsonReply, type Reply } from './reply.ts';
import type { Call } from './world.ts';

/** The answer that a fault puts in the place of the service's own. */
export function replacementReply(fault: ReplacingFault, call: Pick<Call, 'cloud' | 'api'>): Reply {
  return { ...makeReplacement(fault, call), outcome: `fault:${fault.kind}` };
}

export function makeReplacement(fault: ReplacingFault, call: Pick<Call, 'cloud' | 'api'>): Reply {
  switch (fault.kind) {
    case 'throttle':
      return throttled(call, fault.status, fault.retryAfterMs);
    case 'error':
      return failed(call, fault.status, fault.code, fault.message);
    case 'html':
      return htmlReply(fault.status, '');
    case 'redirect':
      return { status: 302, headers: { location: fault.location }, body: '', outcome: '' };
    case 'empty':
      return { status: 200, headers: { 'content-type': JSON_TYPE }, body: '', outcome: '' };
    case 'jsonNull':
      return jsonReply(200, null, '');
    case 'jsonArray':
      return jsonReply(200, [], '');
    default:
      return fault satisfies never;
  }
}

/** Alibaba names its wait in milliseconds in a header of its own, Huawei (where it names one) in whole seconds. */
export function throttled(
  { cloud }: Pick<Call, 'cloud'>,
  status: number | undefined,
  waitMs: number | undefined,
): Reply {
  if (cloud === 'alibaba') {
    const headers: Record<string, string> = waitMs === undefined ? {} : { 'x-acs-retry-after': String(waitMs) };
    return alibabaError(status ?? 400, 'Throttling.User', 'Request was denied due to user flow control.', headers);
  }
  const headers: Record<string, string> =
    waitMs === undefined ? {} : { 'retry-after': String(Math.ceil(waitMs / 1000)) };
  const message = 'The throttling threshold has been reached: policy user over ratelimit,limit:200,time:1 minute';
  return huaweiError(status ?? 429, 'APIGW.0308', message, headers);
}

export function failed(
  { cloud, api }: Pick<Call, 'cloud' | 'api'>,
  status: number,
  code: string | undefined,
  message: string | undefined,
): Reply {
  if (cloud === 'alibaba') {
    const usual = status === 503 ? 'ServiceUnavailable' : 'InternalError';
    return alibabaError(status, code ?? usual, message ?? 'The request processing has failed.');
  }
  if (api === 'huawei.iam') return iamError(status, code ?? 'Error', message ?? 'The request processing has failed.');
  return huaweiError(status, code ?? 'APIGW.0201', message ?? 'Backend unavailable');
}
