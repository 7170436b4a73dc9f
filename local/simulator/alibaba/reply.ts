import { randomUUID } from 'node:crypto';
import { jsonReply, type Reply } from '../reply.ts';

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
