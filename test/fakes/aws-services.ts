import type { AwsAnswer, AwsRequest, SignedCall } from '../../lib/adapters/aws/signed-call.ts';
import { answerDurable } from '../../local/services/durable-callbacks.ts';
import { type EventBus, makeEventBus } from '../../local/services/event-bus.ts';
import { answerStepFunctions } from '../../local/services/step-functions.ts';
import { type Answer, makeWorkflows, type Workflows } from '../../local/services/workflows.ts';

export const BUS = 'arn:aws:events:eu-central-1:000000000000:event-bus/jobs';

export interface FakeServices {
  readonly workflows: Workflows;
  readonly bus: EventBus;
  readonly call: SignedCall;
  readonly requests: AwsRequest[];
}

/** The services of AWS that workflows run on, past HTTP. `meddle` may answer in their place, before or after. */
export function fakeServices(
  meddle: (request: AwsRequest, moment: 'before' | 'after') => AwsAnswer | null = () => null,
): FakeServices {
  const workflows = makeWorkflows();
  const bus = makeEventBus([BUS]);
  const requests: AwsRequest[] = [];
  const call: SignedCall = async (request) => {
    requests.push(request);
    const instead = meddle(request, 'before');
    if (instead !== null) return instead;
    const answer = answerOf(workflows, bus, request);
    return meddle(request, 'after') ?? awsAnswer(answer);
  };
  return { workflows, bus, call, requests };
}

/** No answer came; the service may have done what it was asked. */
export const LOST: AwsAnswer = { error: 'no whole answer', status: null, failure: 'timeout', body: '' };

function answerOf(workflows: Workflows, bus: EventBus, { service, path, headers, body }: AwsRequest): Answer {
  const request = {
    path,
    body,
    target: headers['x-amz-target'] ?? null,
    contentType: headers['content-type'] ?? '',
  };
  if (service === 'states') return answerStepFunctions(workflows, request);
  if (service === 'events') return bus.answer(request);
  return answerDurable(workflows, request);
}

function awsAnswer({ status, headers, body }: Answer): AwsAnswer {
  const error = status < 300 ? null : (headers['x-amzn-errortype'] ?? `HTTP ${status}`);
  return { error, status, failure: null, body };
}
