import { htmlReply, jsonReply, type Reply } from '../reply.ts';
import type { Options } from '../schema.ts';
import { huaweiError } from './reply.ts';

/** What Huawei answers for an unknown job is not published; each of its documented shapes of an error can be played. */
export function unknownHuaweiJob(shape: Options['huaweiUnknownJob' | 'huaweiUnknownServiceJob']): Reply {
  const message = 'The job does not exist.';
  switch (shape) {
    case 'elb':
      return huaweiError(404, 'ELB.8904', message);
    case 'classic':
      return jsonReply(404, { error: { message, code: 'ELB.6101' } }, 'ELB.6101');
    case 'plain':
      return jsonReply(404, { code: 'itemNotFound', message }, 'itemNotFound');
    case 'gateway':
      return huaweiError(404, 'APIGW.0101', 'The API does not exist or has not been published in the environment');
    case 'html':
      return htmlReply(404, 'html404');
    // https://docs.otc.t-systems.com/elastic-volume-service/api-ref/appendix/error_codes.html
    case 'common':
      return jsonReply(400, { error: { message: 'No jobs found', code: 'Common.0011' } }, 'Common.0011');
    case 'inside':
      return jsonReply(200, { code: 'Common.0011', message: 'Invalid job ID' }, 'Common.0011');
    default:
      return shape satisfies never;
  }
}
