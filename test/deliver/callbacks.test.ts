import { describe, expect, test } from 'vitest';
import { makeCallbackApi } from '../../lib/adapters/aws/callbacks.ts';
import type { AwsAnswer } from '../../lib/adapters/aws/signed-call.ts';
import { makeCloseCallbacks } from '../../lib/deliver/callbacks.ts';
import { CALLBACKS, reopen } from '../../lib/deliver/delivery.ts';
import { makeCallback } from '../../lib/deliver/sinks/callback.ts';
import type { Sink } from '../../lib/deliver/sinks/sink.ts';
import { type CallbackEnd, callbackEnds } from '../../lib/events/callbacks.ts';
import { CALLBACK_KINDS, type CallbackRequest } from '../../lib/job/callbacks.ts';
import { merge } from '../../lib/job/job.ts';
import type { Phase } from '../../lib/job/phase.ts';
import { stopJob } from '../../lib/job/transition.ts';
import { fakeServices, LOST } from '../fakes/aws-services.ts';
import { memoryCallbackTokens } from '../fakes/callback-tokens.ts';
import { aJob, aMessage } from '../fakes/records.ts';
import { aWorld, Crash, type Meddle, START_MS } from '../fakes/webhook-world.ts';

const TASK: CallbackRequest = { kind: 'stepfunctions', token: 'canary-task-token' };
const DURABLE: CallbackRequest = { kind: 'durable', id: 'Y2FuYXJ5/ZHVyYWJsZQ==' };

function endOf(request: CallbackRequest, phase: Phase): readonly CallbackEnd[] {
  const job = stopJob(merge(aJob(), aMessage({ callbacks: [request] }), START_MS), START_MS);
  const history = job.history.map((entry) => ({ ...entry, phase }));
  return callbackEnds('test', { ...job, phase, history }, 0);
}

type Moment = 'before' | 'after';
interface Play {
  readonly request?: CallbackRequest;
  readonly phase?: Phase;
  /** What comes in the place of the service's answer, by the number of the call. */
  readonly answers?: (call: number, moment: Moment) => AwsAnswer | null;
  readonly meddle?: Meddle;
}

/** One callback of one job, from its end to its delivery. */
async function play({ request = TASK, phase = 'succeeded', answers = () => null, meddle = () => undefined }: Play) {
  let calls = 0;
  const services = fakeServices((_request, moment) => {
    if (moment === 'before') calls += 1;
    return answers(calls, moment);
  });
  const around = <Args extends unknown[], Result>(name: string, work: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      meddle(name, 'before');
      const result = await work(...args);
      meddle(name, 'after');
      return result;
    };
  };
  const tokens = memoryCallbackTokens(() => START_MS);
  await tokens.keep([request]);
  services.workflows.open(request.kind, request.kind === 'durable' ? request.id : request.token);
  const ports = {
    api: makeCallbackApi(around('callback', services.call)),
    readToken: around('tokens.read', tokens.read),
    clock: () => world.time.nowMs,
  };
  const sinks = new Map<string, Sink>(CALLBACK_KINDS.map((kind) => [kind, makeCallback(ports, kind)]));
  const world = aWorld({ sinks, meddle });
  const close = makeCloseCallbacks({
    deliveries: { put: around('put', world.deliveries.put), waitingCount: world.deliveries.waitingCount },
    send: around('queue.send', async (sent) => sent.map((message) => world.enqueue(JSON.stringify(message)) !== '')),
    clock: () => world.time.nowMs,
  });
  for (let isPending = true; isPending; ) {
    isPending = await close(endOf(request, phase)).then(
      () => false,
      (error: unknown) => {
        if (!(error instanceof Crash)) throw error;
        return true;
      },
    );
  }
  await world.run();
  return { world, services, close, tokens };
}

describe('a workflow that waits', () => {
  test.each([TASK, DURABLE])('goes on with what the event says: $kind', async (request) => {
    const { world, services } = await play({ request });
    const [only] = services.workflows.ends;
    expect(services.workflows.ends).toHaveLength(1);
    expect(only?.end.kind === 'success' && JSON.parse(only.end.output)).toMatchObject({
      phase: 'succeeded',
      job: { jobId: 'a' },
      timing: { polls: 0 },
    });
    expect(world.theDelivery()).toMatchObject({ subscription: CALLBACKS, state: 'delivered', attempts: 1 });
    expect(JSON.stringify([world.theDelivery(), world.lines])).not.toMatch(/canary|Y2FuYXJ5/);
  });

  test.each(
    (['failed', 'rollback_failed', 'canceled', 'timed_out', 'lost', 'stopped'] as const).flatMap((phase) =>
      [TASK, DURABLE].map((request) => [phase, request] as const),
    ),
  )('fails where the job is %s', async (phase, request) => {
    const { services } = await play({ request, phase });
    expect(services.workflows.ends.map(({ end }) => end)).toMatchObject([
      { kind: 'failure', error: `jobwatch.${phase}` },
    ]);
    const [only] = services.workflows.ends;
    expect(only?.end.kind === 'failure' && JSON.parse(only.end.cause)).toMatchObject({ phase });
  });

  test('is told again as long as its service is in trouble, or has not given the right', async () => {
    const trouble = ['ThrottlingException', 'AccessDeniedException'];
    const { world } = await play({
      answers: (call, moment) => {
        const error = trouble[call - 1];
        return moment === 'before' && error !== undefined ? { error, status: 400, failure: null, body: '' } : null;
      },
    });
    expect(world.theDelivery()).toMatchObject({ state: 'delivered', attempts: 3 });
  });

  test.each([
    ['an answer that was lost', LOST],
    ['an answer of 500', { error: 'InternalFailure', status: 500, failure: null, body: '' }],
  ])('that is closed already after %s was told', async (_, lost) => {
    const { world, services } = await play({
      answers: (call, moment) => (call === 1 && moment === 'after' ? lost : null),
    });
    expect(services.workflows.ends).toHaveLength(1);
    expect(world.theDelivery()).toMatchObject({ state: 'delivered', attempts: 2 });
  });

  test('that was told stays told when it is told again', async () => {
    const { world } = await play({});
    const told = world.theDelivery();
    await world.deliveries.save({ ...reopen(told, told.createdAt), round: 1 });
    world.enqueue(JSON.stringify({ subscription: CALLBACKS, eventId: told.eventId, round: 1 }));
    await world.run();
    expect(world.theDelivery()).toMatchObject({ state: 'delivered', attempts: 2, round: 1 });
  });
});

describe('a workflow that waits no more', () => {
  const gone = (code: string, status = 400): Play => ({
    answers: (_call, moment) => (moment === 'before' ? { error: code, status, failure: null, body: '' } : null),
  });

  test.each([
    ['stepfunctions', TASK, gone('TaskTimedOut')],
    ['stepfunctions', TASK, gone('TaskDoesNotExist')],
    ['stepfunctions', TASK, gone('InvalidToken')],
    ['durable', DURABLE, gone('CallbackTimeoutException')],
    ['durable', DURABLE, gone('ResourceNotFoundException', 404)],
  ])('is canceled with the reason and not tried again: %s', async (_, request, options) => {
    const { world, services } = await play({ ...options, request });
    expect(services.requests).toHaveLength(1);
    expect(world.theDelivery()).toMatchObject({
      state: 'canceled',
      reason: expect.stringMatching(/^the callback is completed, has timed out or never existed: \w+$/),
    });
    expect([world.queue, world.dead]).toEqual([[], []]);
  });

  test('a refusal before it does not make it a success', async () => {
    const { world } = await play({
      answers: (call, moment) => {
        if (moment === 'after') return null;
        const error = call === 1 ? 'ThrottlingException' : 'TaskTimedOut';
        return { error, status: 400, failure: null, body: '' };
      },
    });
    expect(world.theDelivery()).toMatchObject({ state: 'canceled', attempts: 2 });
  });

  test('is canceled where its token is no longer stored', async () => {
    const { world, tokens, close } = await play({ phase: 'failed' });
    tokens.stored.clear();
    const other: CallbackRequest = { kind: 'stepfunctions', token: 'another' };
    await close(endOf(other, 'failed'));
    await world.run();
    expect(world.deliveries.all().map(({ state, reason }) => [state, reason])).toEqual([
      ['delivered', null],
      ['canceled', 'its token is no longer stored'],
    ]);
  });
});

describe.each([
  ['at once', undefined],
  ['after an answer that was lost', (call: number, moment: Moment) => (call === 1 && moment === 'after' ? LOST : null)],
] as const)('a callback that is closed %s', (_, answers) => {
  async function live(dieAt: number, at: Moment, request: CallbackRequest, phase: Phase) {
    let effects = 0;
    const meddle: Meddle = (_port, moment) => {
      if (moment !== at) return;
      effects += 1;
      if (effects === dieAt) throw new Crash();
    };
    const played = await play({ request, phase, meddle, ...(answers === undefined ? {} : { answers }) });
    return { ...played, effects };
  }

  test.each([
    [TASK, 'succeeded'],
    [TASK, 'failed'],
    [DURABLE, 'succeeded'],
    [DURABLE, 'lost'],
  ] as const)('is closed once, and rightly, wherever the worker dies: %o %s', async (request, phase) => {
    const { effects } = await live(0, 'before', request, phase);
    expect(effects).toBeGreaterThan(7);
    for (let number = 1; number <= effects; number += 1) {
      for (const moment of ['before', 'after'] as const) {
        const { world, services } = await live(number, moment, request, phase);
        const at = `${moment} effect ${number}`;
        expect(
          services.workflows.ends.map(({ end }) => end.kind),
          at,
        ).toEqual([phase === 'succeeded' ? 'success' : 'failure']);
        expect(world.theDelivery().state, at).toBe('delivered');
        expect([world.queue, world.dead], at).toEqual([[], []]);
      }
    }
  });
});
