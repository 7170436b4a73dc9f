import type { HttpFailure, HttpRequest, HttpResponse, Send } from '../../lib/base/http.ts';
import type { Log } from '../../lib/base/log.ts';
import { toMs } from '../../lib/base/time.ts';
import { type Deliver, type DeliverPorts, makeDeliver } from '../../lib/deliver/deliver.ts';
import type { Delivery } from '../../lib/deliver/delivery.ts';
import { makePublish, type OutboxPorts, type Publish } from '../../lib/deliver/outbox.ts';
import type { Sinks } from '../../lib/deliver/sinks/sink.ts';
import { makeWebhook } from '../../lib/deliver/sinks/webhook.ts';
import type { SlotStore } from '../../lib/deliver/slots.ts';
import type { Subscription } from '../../lib/deliver/subscription.ts';
import type { Event } from '../../lib/events/event.ts';
import { memoryDeliveries } from './deliveries.ts';
import { memorySecrets } from './secrets.ts';
import { memorySlots } from './slots.ts';
import { aSubscription, memorySubscriptions } from './subscriptions.ts';

export const START_MS = toMs('2026-11-20T10:00:00.000Z');
export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const ROBOT_URL = 'https://robot.example.com/send?key=0123456789abcdef';
/** What the deliveries queue delays a message for when it is received. */
export const LEASE_SECONDS = 180;

interface Queued {
  readonly messageId: string;
  readonly body: string;
  readonly sentAtMs: number;
  visibleAtMs: number;
}

interface Call {
  readonly atMs: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly outcome: HttpResponse | HttpFailure;
}

export const answer = (status: number, headers: Record<string, string> = {}, body = ''): HttpResponse => ({
  kind: 'response',
  status,
  headers,
  body,
});
export const silence: HttpFailure = { kind: 'failure', error: 'timeout', code: null, reason: 'no answer' };

/** Called before and after each effect on the outside world; what it throws is a crash there. */
export type Meddle = (port: string, moment: 'before' | 'after') => void;

export interface WorldOptions {
  readonly subscriptions?: readonly Subscription[];
  readonly waitsSeconds?: readonly number[];
  /** What the endpoints answer to the calls that are made, in turn; the last for ever. */
  readonly answers?: readonly (HttpResponse | HttpFailure)[];
  readonly meddle?: Meddle;
  /** In the place of webhooks. */
  readonly sinks?: Sinks;
  readonly slots?: () => SlotStore;
}

/** The webhook side with queues, stores, endpoints and time in memory. */
export function aWorld(options: WorldOptions = {}) {
  const { waitsSeconds = [5, 300], answers = [answer(200)], meddle = () => {} } = options;
  const initial = options.subscriptions ?? [aSubscription({ types: ['jobwatch.*'] })];
  const time = { nowMs: START_MS };
  const clock = () => time.nowMs;
  const queue: Queued[] = [];
  const dead: { body: string; reason: string }[] = [];
  const calls: Call[] = [];
  const lines: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const deliveries = memoryDeliveries(clock);
  const subscriptions = memorySubscriptions(...initial);
  const secrets = memorySecrets(
    Object.fromEntries(
      initial.map(({ id, format }) => [
        id,
        format === 'cloudevents'
          ? { current: SECRET, previous: null }
          : { current: null, previous: null, url: ROBOT_URL },
      ]),
    ),
  );
  const { slots = memorySlots } = options;
  const { take } = slots();
  let messages = 0;

  const enqueue = (body: string): string => {
    messages += 1;
    const messageId = `m${messages}`;
    queue.push({ messageId, body, sentAtMs: time.nowMs, visibleAtMs: time.nowMs });
    return messageId;
  };
  const logAs =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      lines.push({ level, message, fields });
    };
  const log: Log = { info: logAs('info'), warn: logAs('warn'), error: logAs('error') };

  /** Every effect may be cut off before it happens or after it has. */
  const effect = <Args extends readonly unknown[], Result>(name: string, work: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      meddle(name, 'before');
      const result = await work(...args);
      meddle(name, 'after');
      return result;
    };
  };
  const outbox: OutboxPorts = {
    subscriptions: { list: effect('subscriptions.list', subscriptions.list) },
    deliveries: {
      put: effect('deliveries.put', deliveries.put),
      waitingCount: effect('deliveries.waitingCount', deliveries.waitingCount),
    },
    send: effect('queue.send', async (sent) => sent.map((message) => enqueue(JSON.stringify(message)) !== '')),
    clock,
  };
  const publish: Publish = makePublish(outbox);
  const send: Send = effect('http', async ({ url, headers, body = '' }: HttpRequest) => {
    const outcome = answers[Math.min(calls.length, answers.length - 1)] ?? silence;
    calls.push({ atMs: time.nowMs, url: url.href, headers, body, outcome });
    time.nowMs += 20;
    return outcome;
  });
  const sinksOver = (over: Send): Sinks => {
    const getting = { get: effect('secrets.get', secrets.get) };
    return new Map([
      ['webhook', makeWebhook({ secrets: getting, send: over, clock, checkUrl: () => [], consoleUrl: '' })],
    ]);
  };
  const ports: DeliverPorts = {
    deliveries: {
      get: effect('deliveries.get', deliveries.get),
      save: effect('deliveries.save', deliveries.save),
      addAttempt: effect('deliveries.addAttempt', deliveries.addAttempt),
    },
    subscriptions: {
      get: effect('subscriptions.get', subscriptions.get),
      save: effect('subscriptions.save', subscriptions.save),
      setCircuit: effect('subscriptions.setCircuit', subscriptions.setCircuit),
      leaseProbe: effect('subscriptions.leaseProbe', subscriptions.leaseProbe),
      setLastSuccess: effect('subscriptions.setLastSuccess', subscriptions.setLastSuccess),
    },
    sinks: options.sinks ?? sinksOver(send),
    slots: { take: effect('slots.take', take) },
    delay: effect('queue.delay', async (receiptHandle, seconds) => {
      const message = queue.find(({ messageId }) => messageId === receiptHandle);
      if (message !== undefined) message.visibleAtMs = time.nowMs + seconds * 1000;
    }),
    deadLetter: effect('queue.deadLetter', async (body, reason) => {
      dead.push({ body, reason });
    }),
    publish,
    clock,
    random: () => 0,
    log,
  };
  const start = (): Deliver => makeDeliver(ports, { stage: 'test', waitsSeconds, timeoutMs: 15_000 });
  let deliver = start();

  /** One receive of one message. What is thrown ends the process: the next receive finds a fresh one. */
  const receive = async (message: Queued): Promise<'done' | 'keep' | 'crash'> => {
    message.visibleAtMs = time.nowMs + LEASE_SECONDS * 1000;
    const { messageId, body, sentAtMs } = message;
    try {
      const result = await deliver({ messageId, body, sentAtMs, receiptHandle: messageId });
      if (result === 'done') queue.splice(queue.indexOf(message), 1);
      return result;
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      deliver = start();
      return 'crash';
    }
  };

  return {
    time,
    queue,
    dead,
    calls,
    lines,
    deliveries,
    subscriptions,
    secrets,
    ports,
    send,
    sinksOver,
    publish,
    enqueue,
    receive,
    /** Handles whatever is visible; answers how many messages that were. */
    tick: async (): Promise<number> => {
      const visible = queue.filter(({ visibleAtMs }) => visibleAtMs <= time.nowMs);
      for (const message of visible) await receive(message);
      return visible.length;
    },
    /** Goes from one visibility to the next until the queue is empty, or so much time has passed. */
    run: async (forMs = 30 * 24 * 3_600_000): Promise<void> => {
      const endMs = time.nowMs + forMs;
      while (queue.length > 0) {
        const nextMs = Math.min(...queue.map(({ visibleAtMs }) => visibleAtMs));
        if (nextMs > endMs) break;
        time.nowMs = Math.max(time.nowMs, nextMs);
        for (const message of queue.filter(({ visibleAtMs }) => visibleAtMs <= time.nowMs)) await receive(message);
      }
    },
    theDelivery: (): Delivery => {
      const [only, ...others] = deliveries.all();
      if (only === undefined || others.length > 0)
        throw new Error(`there are ${others.length + (only ? 1 : 0)} deliveries`);
      return only;
    },
  };
}

export class Crash extends Error {
  override readonly name = 'Crash';
}

export function anEvent(fields: Partial<Event> = {}): Event {
  return {
    specversion: '1.0',
    id: 'evt_1',
    type: 'jobwatch.job.succeeded',
    time: '2026-11-20T09:59:00.000Z',
    source: '/jobwatch/test/huawei.elb.v3/default/eu-de/p',
    subject: 'job-1',
    datacontenttype: 'application/json',
    data: { job: { api: 'huawei.elb.v3', account: 'default', labels: { team: 'net' } } },
    ...fields,
  };
}
