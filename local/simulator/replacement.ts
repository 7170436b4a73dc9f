import type { ReplacingFault } from './fault-schema.ts';
import { htmlReply, JSON_TYPE, jsonReply, type Reply } from './reply.ts';
import type { Call, CloudErrors } from './world.ts';

/** The answer that a fault puts in the place of the service's own. */
export function replacementReply(fault: ReplacingFault, { errors }: Pick<Call, 'errors'>): Reply {
  return { ...makeReplacement(fault, errors), outcome: `fault:${fault.kind}` };
}

function makeReplacement(fault: ReplacingFault, { throttled, failed }: CloudErrors): Reply {
  switch (fault.kind) {
    case 'throttle':
      return throttled(fault.status, fault.retryAfterMs);
    case 'error':
      return failed(fault.status, fault.code, fault.message);
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
