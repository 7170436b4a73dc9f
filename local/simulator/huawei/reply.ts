import { randomUUID } from 'node:crypto';
import { jsonReply, type Reply } from '../reply.ts';
import type { CloudErrors } from '../world.ts';

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

export const HUAWEI_ERRORS: CloudErrors = {
  /** Where it names a wait, it does so in whole seconds. */
  throttled(status = 429, waitMs) {
    // The job service's own: https://docs.otc.t-systems.com/elastic-cloud-server/api-ref/appendix/error_codes.html
    if (status === 202) {
      return jsonReply(202, { error: { code: 'Common.0024', message: 'Flow limit exceeded' } }, 'Common.0024');
    }
    const headers: Record<string, string> =
      waitMs === undefined ? {} : { 'retry-after': String(Math.ceil(waitMs / 1000)) };
    const message = 'The throttling threshold has been reached: policy user over ratelimit,limit:200,time:1 minute';
    return huaweiError(status, 'APIGW.0308', message, headers);
  },
  failed: (status, code = 'APIGW.0201', message = 'Backend unavailable') => huaweiError(status, code, message),
};

export const IAM_ERRORS: CloudErrors = {
  ...HUAWEI_ERRORS,
  failed: (status, code = 'Error', message = 'The request processing has failed.') => iamError(status, code, message),
};
