import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeInvoke } from '../../lib/adapters/aws/invoke-lambda.ts';
import type { SignedCall } from '../../lib/adapters/aws/signed-call.ts';
import { startLambda } from '../../local/engines/lambda.ts';
import { type Call, startGateway } from '../../local/gateway/gateway.ts';
import type { LocalServer } from '../../local/gateway/http-server.ts';
import type { InvokeResult } from '../../local/runtime/instance.ts';
import type { FunctionSpec } from '../../local/runtime/spec.ts';
import { makeWorkflows } from '../../local/services/workflows.ts';
import { parseTemplate } from '../../local/template/template.ts';
import { type EventQueue, eventQueuesOf, makeEventQueue } from '../../local/triggers/event-queue.ts';
import { signedCallTo } from '../adapters/aws/aws-calls.ts';
import { fakeClock } from '../fakes/clock.ts';

const BUSY: InvokeResult = {
  ok: false,
  error: { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' },
};
const FAILED: InvokeResult = { ok: false, error: { errorType: 'RangeError', errorMessage: 'as asked' } };
const DONE: InvokeResult = { ok: true, payload: null };

/** A function that answers with these results, the last one for ever. */
function aFunction(...results: InvokeResult[]) {
  const events: unknown[] = [];
  const invoke = async (event: unknown): Promise<InvokeResult> => {
    events.push(event);
    return (results.length > 1 ? results.shift() : results[0]) ?? DONE;
  };
  const spec = { name: 'watch', functionName: 'jobwatch-dev-watch' } as FunctionSpec;
  return { spec, invoke, events };
}

describe("a function's queue", () => {
  function aQueue(fn: ReturnType<typeof aFunction>) {
    const errors: unknown[] = [];
    const clock = fakeClock();
    const waits: number[] = [];
    const sleep = async (ms: number) => {
      waits.push(ms);
      clock.advance(ms);
    };
    const queue = makeEventQueue({ fn, maxAgeMs: 60_000, onError: (error) => errors.push(error), clock, sleep });
    return { queue, errors, waits };
  }

  test('invokes it once for each event', async () => {
    const fn = aFunction(DONE);
    const { queue, errors } = aQueue(fn);
    queue.add({ worker: 2 });
    queue.add({ worker: 3 });
    await queue.settled();
    expect([fn.events, errors]).toEqual([[{ worker: 2 }, { worker: 3 }], []]);
  });

  test('tries a throttled event again, after longer and longer waits', async () => {
    const fn = aFunction(BUSY, BUSY, BUSY, DONE);
    const { queue, errors, waits } = aQueue(fn);
    queue.add({});
    await queue.settled();
    expect([fn.events.length, waits, errors]).toEqual([4, [1000, 2000, 4000], []]);
  });

  test('drops an event that has become too old, and says so', async () => {
    const fn = aFunction(BUSY);
    const { queue, errors, waits } = aQueue(fn);
    queue.add({});
    await queue.settled();
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000]);
    expect(errors).toMatchObject([{ errorType: 'TooManyRequestsException' }]);
  });

  test('does not repeat an event whose function failed', async () => {
    const fn = aFunction(FAILED);
    const { queue, errors } = aQueue(fn);
    queue.add({});
    await queue.settled();
    expect([fn.events.length, errors]).toMatchObject([1, [{ errorType: 'RangeError' }]]);
  });

  test('that is closed drops what waits', async () => {
    const fn = aFunction(BUSY);
    const { promise: waiting, resolve: begun } = Promise.withResolvers<void>();
    const sleep = (_: number, signal: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve());
        begun();
      });
    const errors: unknown[] = [];
    const onError = (error: unknown) => errors.push(error);
    const queue = makeEventQueue({ fn, maxAgeMs: 60_000, onError, clock: fakeClock(), sleep });
    queue.add({});
    await waiting;
    queue.close();
    await queue.settled();
    expect([fn.events.length, errors]).toEqual([1, []]);
  });
});

test('only functions whose failed events are not repeated have a queue', () => {
  const config = (MaximumRetryAttempts: number | undefined, FunctionName: string) => ({
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: { FunctionName, Qualifier: '$LATEST', MaximumEventAgeInSeconds: 60, MaximumRetryAttempts },
  });
  const template = parseTemplate(
    { Resources: { A: config(0, 'a'), B: config(2, 'b'), C: config(undefined, 'c'), D: config(0, 'nobody') } },
    't',
  );
  const functions = ['a', 'b', 'c'].map((functionName) => ({ ...aFunction(), spec: { functionName } as FunctionSpec }));
  const references = { ref: (name: string) => name, attribute: () => '' };
  const queues = eventQueuesOf(template, references, functions as never, () => undefined);
  expect([...queues.keys()]).toEqual(['a']);
});

describe("Lambda's Invoke", () => {
  let servers: LocalServer[] = [];
  let added: unknown[] = [];
  let calls: Call[] = [];
  let refusal: string | null = null;
  let call: SignedCall;

  beforeEach(async () => {
    [added, calls, refusal] = [[], [], null];
    const queue: EventQueue = {
      functionName: 'watch',
      add: (event) => void added.push(event),
      settled: async () => undefined,
      close: () => undefined,
    };
    const lambda = await startLambda(new Map([['jobwatch-dev-watch', queue]]), makeWorkflows());
    const admit = (one: Call) => {
      calls.push(one);
      return refusal;
    };
    const gateway = await startGateway({ service: 'lambda', target: lambda.url, admit });
    servers = [gateway, lambda];
    const credentials = async () => ({ accessKeyId: 'watch', secretAccessKey: 'local' });
    call = signedCallTo(gateway.url, { credentials });
  });

  afterEach(async () => void (await Promise.all(servers.map((server) => server.close()))));

  test('puts an event on the queue of the function, and is seen with its caller', async () => {
    expect(await makeInvoke(call, 'jobwatch-dev-watch')({ worker: 2 })).toBeNull();
    expect(added).toEqual([{ worker: 2 }]);
    expect(calls).toMatchObject([
      { service: 'lambda', action: 'Invoke', functionName: 'jobwatch-dev-watch', caller: 'watch' },
    ]);
  });

  test('without the right is refused, and nothing is put on the queue', async () => {
    refusal = 'watch is not authorized';
    expect(await makeInvoke(call, 'jobwatch-dev-watch')({})).toBe('AccessDeniedException');
    expect(added).toEqual([]);
  });

  test.each<[string, Partial<Parameters<SignedCall>[0]>, string]>([
    ['of an unknown function', { path: '/2015-03-31/functions/other/invocations' }, 'ResourceNotFoundException'],
    ['that waits for the answer', { headers: {} }, 'InvalidParameterValueException'],
    ['with an event that is no JSON', { body: '{' }, 'InvalidRequestContentException'],
    ['by another path', { path: '/2015-03-31/functions' }, 'UnknownOperationException'],
  ])('%s is refused', async (_, overrides, error) => {
    const request = {
      service: 'lambda' as const,
      path: '/2015-03-31/functions/jobwatch-dev-watch/invocations',
      headers: { 'x-amz-invocation-type': 'Event' },
      body: '{}',
      repeatable: false,
    };
    expect((await call({ ...request, ...overrides })).error).toBe(error);
    expect(added).toEqual([]);
  });
});
