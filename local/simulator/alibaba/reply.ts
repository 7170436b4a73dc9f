import { randomUUID } from 'node:crypto';
import { jsonReply, type Reply } from '../reply.ts';
import type { CloudErrors } from '../world.ts';

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

export const ALIBABA_ERRORS: CloudErrors = {
  /** Names its wait in milliseconds, in a header of its own. */
  throttled(status = 400, waitMs) {
    const headers: Record<string, string> = waitMs === undefined ? {} : { 'x-acs-retry-after': String(waitMs) };
    return alibabaError(status, 'Throttling.User', 'Request was denied due to user flow control.', headers);
  },
  failed(status, code, message = 'The request processing has failed.') {
    const usual = status === 503 ? 'ServiceUnavailable' : 'InternalError';
    return alibabaError(status, code ?? usual, message);
  },
};
