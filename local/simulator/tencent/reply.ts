import { randomUUID } from 'node:crypto';
import { jsonReply, type Reply } from '../reply.ts';
import type { CloudErrors } from '../world.ts';

export function tencentReply(value: Record<string, unknown>): Reply {
  return jsonReply(200, { Response: { ...value, RequestId: randomUUID() } }, 'ok');
}

/** An error has status 200 too. https://www.tencentcloud.com/document/product/597/35338 */
export function tencentError(code: string, message: string, status = 200): Reply {
  return jsonReply(status, { Response: { Error: { Code: code, Message: message }, RequestId: randomUUID() } }, code);
}

export const TENCENT_ERRORS: CloudErrors = {
  /** Names no wait of its own accord. */
  throttled: (status = 200, waitMs) => {
    const reply = tencentError('RequestLimitExceeded', 'Your current request times exceeds the limit.', status);
    if (waitMs === undefined) return reply;
    return { ...reply, headers: { ...reply.headers, 'retry-after': String(Math.ceil(waitMs / 1000)) } };
  },
  failed: (status, code = 'InternalError', message = 'An internal error has occurred.') =>
    tencentError(code, message, status),
};
