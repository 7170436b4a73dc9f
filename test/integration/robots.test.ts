import { createServer, type IncomingMessage } from 'node:http';
import { type DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Publish } from '../../lib/deliver/outbox.ts';
import type { Stack } from '../../local/stack.ts';
import { FAKES, type FakeRobot, fakeDingTalk, ROBOT_URLS, type Robot } from '../fakes/robots.ts';
import { anEvent } from '../fakes/webhook-world.ts';
import { type Delivering, startDelivering } from './delivering.ts';

/**
 * Goal: the packaged `deliver` and `api` tell groups, believe no refusal, and let nobody see a robot's credential.
 * Method: the strict robots behind one server; afterwards every table, answer and log line is searched.
 */
const SECRET = 'SECcanary9b1deb4d3b7d';
const HEADER = 'canary-header-2f6e';
const robots: Readonly<Record<Robot, FakeRobot>> = {
  dingtalk: fakeDingTalk({ secret: SECRET }),
  feishu: FAKES.feishu({ secret: SECRET }),
  wecom: FAKES.wecom(),
  slack: FAKES.slack(),
};
const NAMES = Object.keys(robots) as Robot[];
const pathOf = (name: Robot) => new URL(ROBOT_URLS[name]).pathname;

const lines: string[] = [];
const server = createServer((request, response) => {
  void answered(request).then(({ status, body }) => response.writeHead(status).end(body));
});
let url = '';
let delivering: Delivering | undefined;
let stack: Stack;
let publish: Publish;
let dynamo: DynamoDBClient;

async function answered(request: IncomingMessage): Promise<{ status: number; body: string }> {
  const called = new URL(request.url ?? '', url);
  const name = NAMES.find((one) => called.pathname === pathOf(one));
  const body = Buffer.concat(await request.toArray()).toString('utf8');
  // An endpoint that repeats what it was sent.
  if (name === undefined) return { status: 403, body: JSON.stringify(request.headers) };
  const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
  return robots[name].answer({ method: 'POST', url: called, headers, body }, Date.now());
}

const here = (name: Robot) => {
  const { pathname, search } = new URL(ROBOT_URLS[name]);
  return `${url}${pathname}${search}`;
};
const subscribe = (body: object) =>
  stack.api.post<{ id: string }>('/subscriptions', { types: ['jobwatch.job.failed'], ...body });

interface Listed {
  readonly state: string;
  readonly attempts: readonly { readonly error: string | null }[];
}
const deliveriesOf = async (id: string) =>
  (await stack.api.get<{ deliveries: Listed[] }>(`/subscriptions/${id}/deliveries`)).deliveries;
const statesOf = async (id: string) => (await deliveriesOf(id)).map(({ state }) => state);

const failedEvent = (id: string) =>
  anEvent({
    ...{ id, type: 'jobwatch.job.failed' },
    data: { job: { id: 'job_a', api: 'huawei.elb.v3', account: 'default', labels: { run: '@all' } }, phase: 'failed' },
  });

beforeAll(async () => {
  const environment = { deliver: { RETRY_SCHEDULE_SECONDS: '1' } };
  delivering = await startDelivering(server, { environment, onLog: (_name, line) => lines.push(line) });
  ({ stack, url, dynamo, publish } = delivering);
}, 90_000);

afterAll(() => delivering?.close(), 30_000);

describe('robots', { timeout: 60_000 }, () => {
  test('are told, at their pace, and a refusal with 200 is none of theirs', async () => {
    const signed = { robotSecret: SECRET };
    const subscriptions = await Promise.all([
      subscribe({ url: here('dingtalk'), format: 'dingtalk', ...signed }),
      subscribe({ url: here('feishu'), format: 'feishu', language: 'zh', ...signed }),
      subscribe({ url: here('wecom'), format: 'wecom' }),
      subscribe({ url: here('slack'), format: 'slack' }),
    ]);
    const refused = await subscribe({ url: here('feishu'), format: 'feishu', robotSecret: `${SECRET}x` });
    const echoed = await subscribe({ url: `${url}/echo/{label.run}`, headers: { 'X-Api-Key': HEADER } });
    await publish([failedEvent('evt_1'), failedEvent('evt_2')]);
    const isOver = async () => {
      for (const { id } of subscriptions) expect(await statesOf(id)).toEqual(['delivered', 'delivered']);
      for (const { id } of [refused, echoed]) expect(await statesOf(id)).toEqual(['exhausted', 'exhausted']);
    };
    await vi.waitFor(isOver, { timeout: 50_000, interval: 200 });
    const [delivery] = await deliveriesOf(refused.id);
    expect(delivery?.attempts[0]?.error).toBe('Feishu answered 19021: sign match fail');
    for (const name of NAMES) {
      expect([name, robots[name].shown.length, robots[name].locks()]).toEqual([name, 2, 0]);
      expect(robots[name].shown[0]?.texts.join('\n')).not.toContain('@all');
    }
    expect(robots.dingtalk.refused).toEqual([]);
  });

  test('have credentials that are in no table but one, in no answer and in no line of a log', async () => {
    const { subscriptions } = await stack.api.get<{ subscriptions: { id: string }[] }>('/subscriptions');
    const shown = [JSON.stringify(subscriptions), ...lines];
    for (const { id } of subscriptions) {
      shown.push(JSON.stringify(await stack.api.get(`/subscriptions/${id}`)));
      shown.push(JSON.stringify(await stack.api.post(`/subscriptions/${id}/test`, { type: 'jobwatch.job.failed' })));
      shown.push(JSON.stringify(await stack.api.get(`/subscriptions/${id}/deliveries`)));
      shown.push(JSON.stringify(await stack.api.get(`/subscriptions/${id}/deliveries/evt_1`)));
    }
    const tables = (await dynamo.send(new ListTablesCommand({}))).TableNames ?? [];
    const secrets: string[] = [];
    for (const table of tables) {
      const { Items = [] } = await dynamo.send(new ScanCommand({ TableName: table }));
      (/secrets/i.test(table) ? secrets : shown).push(JSON.stringify(Items));
    }
    const credentials = [...NAMES.map((name) => here(name).slice(-24, -4)), SECRET, HEADER];
    expect(tables.length).toBeGreaterThan(5);
    expect(lines.length).toBeGreaterThan(10);
    for (const credential of credentials) {
      expect(secrets.join('\n')).toContain(credential);
      expect(shown.filter((text) => text.includes(credential))).toEqual([]);
    }
  });
});
