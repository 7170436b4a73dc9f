import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { CloudEvent, HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { VERSION } from '../../lib/base/version.ts';
import type { Publish } from '../../lib/deliver/outbox.ts';
import type { Stack } from '../../local/stack.ts';
import { anEvent } from '../fakes/webhook-world.ts';
import { type Delivering, startDelivering } from './delivering.ts';

/**
 * Goal: the packaged `deliver` and `api` keep their promises to receivers, good and bad ones. Method: one server of
 * many paths, each an endpoint with a temper of its own; events are told through the outbox, as `watch` does. Every
 * request that arrives is verified with the official packages at the end.
 */
interface Arrival {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}
type Temper = (response: ServerResponse, call: number) => void;

interface Made {
  readonly id: string;
  readonly secret: string;
}
interface Listed {
  readonly eventId: string;
  readonly state: string;
  readonly reason: string | null;
  readonly round: number;
  readonly attempts: readonly { status: number | null; error: string | null; answer: string; durationMs: number }[];
}

const TIMEOUT_MS = 1500;
const settings = { WEBHOOK_TIMEOUT_MS: String(TIMEOUT_MS), RETRY_SCHEDULE_SECONDS: '1' };

const arrivals: Arrival[] = [];
const tempers = new Map<string, Temper>();
/** Every secret that a path's requests may be signed with. */
const secrets = new Map<string, string[]>();
const lines: string[] = [];
const server = createServer((request, response) => void take(request, response));
let url = '';
let delivering: Delivering | undefined;
let stack: Stack;
let publish: Publish;
let sqs: SQSClient;

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '';
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  arrivals.push({ path, headers, body: Buffer.concat(chunks).toString('utf8') });
  response.on('error', () => undefined);
  const answer = tempers.get(path) ?? fine;
  answer(response, at(path).length);
}

const fine: Temper = (response) => void response.writeHead(204).end();
const at = (path: string) => arrivals.filter((arrival) => arrival.path === path);

async function subscribe(path: string, temper: Temper = fine, types = [`jobwatch.job.succeeded`]): Promise<Made> {
  tempers.set(path, temper);
  const filter = types[0] === 'jobwatch.job.succeeded' ? { labels: { to: path.slice(1) } } : {};
  const made = await stack.api.post<Made>('/subscriptions', { url: `${url}${path}`, types, filter });
  secrets.set(path, [made.secret]);
  return made;
}

const deliveriesOf = async ({ id }: Made) =>
  (await stack.api.get<{ deliveries: Listed[] }>(`/subscriptions/${id}/deliveries`)).deliveries;

/** Tells an event that only the subscription of that path wants. */
const send = (path: string, id: string) =>
  publish([
    anEvent({ id, data: { job: { api: 'huawei.elb.v3', account: 'default', labels: { to: path.slice(1) } } } }),
  ]);

const within = { timeout: 15_000, interval: 100 };
const ended = (made: Made, state: string) =>
  vi.waitFor(async () => {
    const [delivery] = await deliveriesOf(made);
    if (delivery?.state !== state) throw new Error(`the delivery is ${JSON.stringify(delivery)}`);
    return delivery;
  }, within);

beforeAll(async () => {
  const environment = { deliver: settings, api: { WEBHOOK_TIMEOUT_MS: settings.WEBHOOK_TIMEOUT_MS } };
  delivering = await startDelivering(server, { environment, onLog: (_name, line) => lines.push(line) });
  ({ stack, url, sqs, publish } = delivering);
}, 90_000);

afterAll(() => delivering?.close(), 30_000);

describe('webhooks', { concurrent: true, timeout: 30_000 }, () => {
  test('a failed delivery comes again with the same id and bytes, signed anew at the time of the attempt', async () => {
    const made = await subscribe('/flaky', (response, call) => response.writeHead(call === 1 ? 500 : 200).end('ok'));
    await send('/flaky', 'evt_flaky');
    const { attempts } = await ended(made, 'delivered');
    expect(attempts.map(({ status }) => status)).toEqual([200, 500]);
    const [first, second] = at('/flaky');
    expect(second?.body).toBe(first?.body);
    expect([first, second].map((arrival) => arrival?.headers['webhook-id'])).toEqual(['evt_flaky', 'evt_flaky']);
    expect(Number(second?.headers['webhook-timestamp'])).toBeGreaterThan(Number(first?.headers['webhook-timestamp']));
    expect(first?.headers['user-agent']).toBe(`jobwatch/${VERSION}`);
  });

  test('after rotations all secrets of the last day verify, each alone', async () => {
    const made = await subscribe('/rotated');
    const rotate = () => stack.api.post<{ secret: string }>(`/subscriptions/${made.id}/rotate-secret`);
    const rotated = [made.secret, (await rotate()).secret, (await rotate()).secret];
    await send('/rotated', 'evt_rotated');
    await ended(made, 'delivered');
    const { headers, body } = at('/rotated')[0] ?? { headers: {} as Arrival['headers'], body: '' };
    for (const secret of rotated) expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(3);
    expect(new Set(rotated).size).toBe(3);
  });

  test('410 disables the subscription, cancels what it waits for, and tells the others', async () => {
    const witness = await subscribe('/witness', fine, ['jobwatch.endpoint.disabled']);
    const made = await subscribe('/gone', (response) => response.writeHead(410).end());
    await send('/gone', 'evt_gone');
    expect((await ended(made, 'canceled')).attempts).toHaveLength(1);
    await ended(witness, 'delivered');
    const event: unknown = JSON.parse(at('/witness')[0]?.body ?? '');
    expect(event).toMatchObject({
      type: 'jobwatch.endpoint.disabled',
      data: { subscription: made.id, reason: 'the endpoint answered 410 Gone' },
    });
    const shown = await stack.api.get(`/subscriptions/${made.id}`);
    expect(shown).toMatchObject({ state: 'disabled', disabled: { by: 'jobwatch', at: expect.any(String) } });
    const said = lines.find((line) => line.includes('subscription.disabled')) ?? '{}';
    expect(JSON.parse(said)).toMatchObject({ level: 'WARN', subscription: made.id });
    // Metrics are printed when the invocation ends; one that was held by another endpoint works on before.
    await vi.waitFor(() => {
      const counted = lines.filter((line) => line.includes('EndpointsDisabled')).map((line) => JSON.parse(line));
      expect(counted).toMatchObject([{ service: 'jobwatch', stage: 'dev', EndpointsDisabled: 1, _aws: {} }]);
    }, within);
    await send('/gone', 'evt_meanwhile');
    expect((await ended(made, 'skipped')).eventId).toBe('evt_meanwhile');
    await expect(
      stack.api.post(`/subscriptions/${made.id}/redeliver`, { since: '2026-01-01T00:00:00Z' }),
    ).rejects.toThrow('409');
    tempers.set('/gone', fine);
    await stack.api.post(`/subscriptions/${made.id}/enable`);
    const redelivered = await stack.api.post(`/subscriptions/${made.id}/redeliver`, { since: '2020-01-01T00:00:00Z' });
    expect(redelivered).toEqual({ redelivered: 2, failed: 0 });
    await vi.waitFor(async () => {
      expect((await deliveriesOf(made)).map(({ state }) => state)).toEqual(['delivered', 'delivered']);
    }, within);
  });

  test('an exhausted delivery lies on the dead queue with its reason, and a redelivery brings it', async () => {
    const made = await subscribe('/repaired', (response) => response.writeHead(503).end('under repair'));
    await send('/repaired', 'evt_repaired');
    const exhausted = await ended(made, 'exhausted');
    expect(exhausted).toMatchObject({ reason: 'no attempt is left after 2', round: 0 });
    expect(exhausted.attempts.map(({ answer }) => answer)).toEqual(['under repair', 'under repair']);
    const dead = await vi.waitFor(async () => {
      const QueueUrl = stack.system.outputs['DeadDeliveriesQueueUrl'];
      const received = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MessageAttributeNames: ['All'],
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 0,
        }),
      );
      const found = received.Messages?.find(({ Body }) => Body?.includes('evt_repaired'));
      if (found === undefined) throw new Error('it is not on the dead queue yet');
      return found;
    }, within);
    expect(dead.MessageAttributes?.['reason']?.StringValue).toBe('no attempt is left');
    tempers.set('/repaired', fine);
    await stack.api.post(`/subscriptions/${made.id}/deliveries/evt_repaired/redeliver`);
    const delivered = await ended(made, 'delivered');
    expect(delivered).toMatchObject({ round: 1, reason: null });
    expect(delivered.attempts.map(({ status }) => status)).toEqual([204, 503, 503]);
  });

  test('a test of the endpoint answers what it said, truthfully', async () => {
    const { id } = await subscribe('/tested', (response) => response.writeHead(418).end('short and stout'));
    expect(await stack.api.post(`/subscriptions/${id}/test`)).toMatchObject({
      status: 418,
      error: 'the endpoint answered 418',
      answer: 'short and stout',
    });
    tempers.set('/tested', () => undefined);
    const silent = await stack.api.post<{ durationMs: number }>(`/subscriptions/${id}/test`);
    expect(silent).toMatchObject({ status: null, error: expect.stringMatching(/^timeout: /), answer: '' });
    expect(silent.durationMs).toBeGreaterThanOrEqual(TIMEOUT_MS);
  });

  const written = { bytes: 0 };
  const NASTY: [string, Temper, string, string | null][] = [
    ['without end', endless(written), 'delivered', null],
    ['that is a compressed bomb', bomb, 'delivered', null],
    [
      'that is larger than it says',
      (response) => raw(response, 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok'),
      'exhausted',
      'reset',
    ],
    ['that drips without end', drip, 'exhausted', 'timeout'],
    ['that never comes', () => undefined, 'exhausted', 'timeout'],
    ['that is no HTTP', (response) => raw(response, '\u0000\u0001 what?\r\n\r\n'), 'exhausted', 'reset'],
    [
      'that has headers without end',
      (response) => raw(response, `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`),
      'exhausted',
      'too_large',
    ],
    [
      'that redirects',
      (response) => response.writeHead(307, { location: `${url}/witness` }).end(),
      'exhausted',
      'the endpoint answered 307',
    ],
  ];
  test.each(NASTY)('an answer %s costs its attempts and no more', async (name, temper, state, error) => {
    const path = `/${name.replaceAll(' ', '-')}`;
    const made = await subscribe(path, temper);
    await send(path, `evt_${name.length}`);
    const { attempts } = await ended(made, state);
    expect(attempts).toHaveLength(state === 'delivered' ? 1 : 2);
    expect(at(path)).toHaveLength(attempts.length);
    for (const attempt of attempts) {
      expect(Buffer.byteLength(attempt.answer)).toBeLessThanOrEqual(4 * 1024);
      expect(attempt.durationMs).toBeLessThan(TIMEOUT_MS + 1000);
      if (error === null) expect(attempt.error).toBeNull();
      else expect(attempt.error).toContain(error);
    }
    // What the sockets of both sides hold; of these bytes 16 kB were looked at.
    if (temper === NASTY[0]?.[1]) expect(written.bytes).toBeLessThan(10_000_000);
  });
});

test('every request verified and parsed with the official packages, and no secret was shown', async () => {
  expect(arrivals.length).toBeGreaterThan(20);
  for (const { path, headers, body } of arrivals) {
    const verified = (secrets.get(path) ?? []).map((secret) => new Webhook(secret).verify(body, headers));
    expect(verified).toEqual([JSON.parse(body)]);
    const event = HTTP.toEvent({ headers, body });
    if (!(event instanceof CloudEvent)) throw new Error('this is not one CloudEvent');
    expect(event.validate()).toBe(true);
    expect(event.id).toBe(headers['webhook-id']);
  }
  const { subscriptions } = await stack.api.get<{ subscriptions: { id: string }[] }>('/subscriptions?');
  const shown = [JSON.stringify(subscriptions), ...lines];
  for (const { id } of subscriptions) {
    shown.push(JSON.stringify(await stack.api.get(`/subscriptions/${id}`)));
    shown.push(JSON.stringify(await stack.api.get(`/subscriptions/${id}/deliveries`)));
  }
  const text = shown.join('\n');
  expect(text).not.toContain('whsec_');
  for (const [secret = ''] of secrets.values()) expect(text).not.toContain(secret.slice('whsec_'.length));
});

function endless(written: { bytes: number }): Temper {
  return (response) => {
    const chunk = Buffer.alloc(65_536, 'x');
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed) {
        written.bytes += chunk.length;
        if (!response.write(chunk)) return;
      }
    };
    response.on('drain', more);
    more();
  };
}

function bomb(response: ServerResponse): void {
  response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50_000_000)));
}

function drip(response: ServerResponse): void {
  response.writeHead(200);
  const timer = setInterval(() => response.write('.'), 100);
  response.on('close', () => clearInterval(timer));
}

function raw(response: ServerResponse, text: string): void {
  response.socket?.end(text);
}
