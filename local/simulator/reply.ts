import { randomUUID } from 'node:crypto';
import type { ReplacingFault } from './fault-schema.ts';
import type { Call } from './world.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `ok` or the vendor's error code: what the counters call it. */
  readonly outcome: string;
}

const JSON_TYPE = 'application/json;charset=utf-8';
const HTML_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n';

export function jsonReply(
  status: number,
  value: unknown,
  outcome: string,
  headers: Record<string, string> = {},
): Reply {
  return { status, headers: { 'content-type': JSON_TYPE, ...headers }, body: JSON.stringify(value), outcome };
}

export function htmlReply(status: number, outcome: string): Reply {
  return { status, headers: { 'content-type': 'text/html' }, body: HTML_PAGE, outcome };
}

/** `value` gets the request id that every answer of the gateway carries. */
export function alibabaReply(value: Record<string, unknown>): Reply {
  const RequestId = randomUUID().toUpperCase();
  return jsonReply(200, { RequestId, ...value }, 'ok', { 'x-acs-request-id': RequestId });
}

export function alibabaError(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Reply {
  const RequestId = randomUUID().toUpperCase();
  const body = {
    RequestId,
    HostId: 'simulator.aliyuncs.com',
    Code: code,
    Message: message,
    Recommend: `https://api.aliyun.com/troubleshoot?q=${encodeURIComponent(code)}&requestId=${RequestId}`,
  };
  return jsonReply(status, body, code, { 'x-acs-request-id': RequestId, ...headers });
}

/** `make` is given the request id, which ELB v3 repeats in the body and v1.0 does not. */
export function huaweiReply(make: (requestId: string) => unknown): Reply {
  const requestId = randomUUID().replaceAll('-', '');
  return jsonReply(200, make(requestId), 'ok', { 'x-request-id': requestId });
}

/** The shape of the API gateway and of ELB v3. */
export function huaweiError(
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): Reply {
  const requestId = randomUUID().replaceAll('-', '');
  const body = { error_msg: message, error_code: code, request_id: requestId };
  return jsonReply(status, body, code, { 'x-request-id': requestId, ...headers });
}

export function iamError(status: number, title: string, message: string): Reply {
  return jsonReply(status, { error: { code: status, message, title } }, `IAM.${status}`);
}

/** The answer that a fault puts in the place of the service's own. */
export function replacementReply(fault: ReplacingFault, call: Pick<Call, 'cloud' | 'api'>): Reply {
  return { ...makeReplacement(fault, call), outcome: `fault:${fault.kind}` };
}

function makeReplacement(fault: ReplacingFault, call: Pick<Call, 'cloud' | 'api'>): Reply {
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
function throttled({ cloud }: Pick<Call, 'cloud'>, status: number | undefined, waitMs: number | undefined): Reply {
  if (cloud === 'alibaba') {
    const headers: Record<string, string> = waitMs === undefined ? {} : { 'x-acs-retry-after': String(waitMs) };
    return alibabaError(status ?? 400, 'Throttling.User', 'Request was denied due to user flow control.', headers);
  }
  const headers: Record<string, string> =
    waitMs === undefined ? {} : { 'retry-after': String(Math.ceil(waitMs / 1000)) };
  const message = 'The throttling threshold has been reached: policy user over ratelimit,limit:200,time:1 minute';
  return huaweiError(status ?? 429, 'APIGW.0308', message, headers);
}

function failed(
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
