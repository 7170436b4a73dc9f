import { type DurableContext, withDurableExecution } from '@aws/durable-execution-sdk-js';
import { LocalDurableTestRunner, WaitingOperationStatus } from '@aws/durable-execution-sdk-js-testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCallbackApi } from '../../lib/adapters/aws/callbacks.ts';
import type { SignedCall } from '../../lib/adapters/aws/signed-call.ts';
import { makeCloseCallbacks } from '../../lib/deliver/callbacks.ts';
import { makeCallback } from '../../lib/deliver/sinks/callback.ts';
import type { Sink } from '../../lib/deliver/sinks/sink.ts';
import { callbackEnds } from '../../lib/events/callbacks.ts';
import type { CallbackRequest } from '../../lib/job/callbacks.ts';
import { merge } from '../../lib/job/job.ts';
import type { Phase } from '../../lib/job/phase.ts';
import { stopJob } from '../../lib/job/transition.ts';
import { memoryCallbackTokens } from '../fakes/callback-tokens.ts';
import { aJob, aMessage } from '../fakes/records.ts';
import { aWorld, START_MS } from '../fakes/webhook-world.ts';

/**
 * Goal: a durable function that waits for a job goes on when jobwatch closes its callback. Method: the function of
 * docs/callbacks.md on the SDK's own local runner; what `deliver` sends to Lambda is handed to the runner.
 */
beforeAll(() => LocalDurableTestRunner.setupTestEnvironment({ skipTime: true }));
afterAll(() => LocalDurableTestRunner.teardownTestEnvironment());

interface Runs {
  readonly phase?: string;
  readonly error?: string;
}

/** Waits for the end of a job whose callback somebody is told. */
function aFunction(submit: (id: string) => void) {
  return withDurableExecution(async (_event: unknown, context: DurableContext): Promise<Runs> => {
    try {
      const end = await context.waitForCallback<string>('the end of the job', async (id) => submit(id));
      return { phase: JSON.parse(end).phase };
    } catch (error) {
      return { error: error instanceof Error ? `${error.message}` : 'no error' };
    }
  });
}

/** Brings the job of the callback to its end, and what `deliver` then sends to whoever stands in for Lambda. */
async function end(request: CallbackRequest, phase: Phase, call: SignedCall): Promise<string> {
  const tokens = memoryCallbackTokens(() => START_MS);
  await tokens.keep([request]);
  const sink = makeCallback({ api: makeCallbackApi(call), readToken: tokens.read, clock: () => START_MS }, 'durable');
  const world = aWorld({ sinks: new Map<string, Sink>([['durable', sink]]) });
  const send = async (sent: readonly object[]) => sent.map((message) => world.enqueue(JSON.stringify(message)) !== '');
  const job = stopJob(merge(aJob(), aMessage({ callbacks: [request] }), START_MS), START_MS);
  const ended = { ...job, phase, history: job.history.map((entry) => ({ ...entry, phase })) };
  await makeCloseCallbacks({ deliveries: world.deliveries, send, clock: () => START_MS })(
    callbackEnds('test', ended, 0),
  );
  await world.run();
  return world.theDelivery().state;
}

async function run(phase: Phase): Promise<{ readonly result: Runs | undefined; readonly state: string }> {
  const submitted = Promise.withResolvers<string>();
  const runner = new LocalDurableTestRunner<Runs>({ handlerFunction: aFunction(submitted.resolve) });
  const running = runner.run({ payload: {} });
  const id = await submitted.promise;
  const call: SignedCall = async ({ path, body }) => {
    const [, encoded = '', verb = ''] = /durable-execution-callbacks\/([^/]+)\/(\w+)$/.exec(path) ?? [];
    expect(decodeURIComponent(encoded)).toBe(id);
    const callback = runner.getOperation('the end of the job');
    await callback.waitForData(WaitingOperationStatus.SUBMITTED);
    if (verb === 'succeed') await callback.sendCallbackSuccess(body);
    else await callback.sendCallbackFailure(JSON.parse(body));
    return { error: null, status: 200, failure: null, body: '' };
  };
  const state = await end({ kind: 'durable', id }, phase, call);
  return { result: (await running).getResult(), state };
}

test('a durable function goes on with the end of the job', async () => {
  expect(await run('succeeded')).toEqual({ result: { phase: 'succeeded' }, state: 'delivered' });
});

test('a durable function catches the end of a job that failed', async () => {
  const { result, state } = await run('failed');
  expect([state, result?.error]).toEqual(['delivered', 'The job ended as jobwatch.failed.']);
});
