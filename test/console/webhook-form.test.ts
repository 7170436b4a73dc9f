import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Subscription } from '../../client/responses.ts';
import {
  changesOf,
  draftOf,
  draftProblems,
  NO_SUBSCRIBE_DRAFT,
  type SubscribeDraft,
  subscriptionOf,
} from '../../console/subscribe/draft.ts';
import { RECEIVERS } from '../../console/subscribe/receivers.ts';
import { freePort } from '../../local/engines/free-port.ts';
import { aSubscription } from '../fakes/subscriptions.ts';

describe('the form of a subscription', () => {
  const draft = (fields: Partial<SubscribeDraft>) => ({ ...NO_SUBSCRIBE_DRAFT, url: 'https://x.example/', ...fields });

  test('sends the fields of its format alone', () => {
    const filled = { robotSecret: ' SEC1 ', language: 'zh', headers: 'X-A: 1\nAuthorization: Bearer a:b' };
    const common = { url: 'https://x.example/' };
    const headers = { 'X-A': '1', Authorization: 'Bearer a:b' };
    expect(subscriptionOf(draft(filled))).toEqual({ ...common, format: 'cloudevents', headers });
    const signed = { format: 'dingtalk', language: 'zh', robotSecret: 'SEC1' };
    expect(subscriptionOf(draft({ ...filled, format: 'dingtalk' }))).toEqual({ ...common, ...signed });
  });

  test('never sends the secret to a robot that knows none', () => {
    expect(subscriptionOf(draft({ format: 'wecom', robotSecret: 'SEC1' }))).toEqual({
      url: 'https://x.example/',
      format: 'wecom',
    });
  });

  test('sees what is missing or odd before it asks', () => {
    expect(draftProblems(NO_SUBSCRIBE_DRAFT).map(({ field }) => field)).toEqual(['url']);
    expect(draftProblems(draft({ headers: 'X-A' })).map(({ field }) => field)).toEqual(['headers']);
    expect(draftProblems(draft({ headers: 'X-A', format: 'slack' }))).toEqual([]);
  });

  test('sends the events and the filter that were chosen, and refuses a choice of none', () => {
    const types = ['jobwatch.job.failed', 'jobwatch.job.lost'];
    const common = { url: 'https://x.example/', format: 'cloudevents' };
    expect(subscriptionOf(draft({ types }))).toEqual(common);
    expect(subscriptionOf(draft({ events: 'all', types }))).toEqual({ ...common, types: ['jobwatch.*'] });
    expect(subscriptionOf(draft({ events: 'chosen', types }))).toEqual({ ...common, types });
    expect(draftProblems(draft({ events: 'chosen' })).map(({ field }) => field)).toEqual(['types']);
    const filter = { api: 'huawei.elb.v3', account: ' prod ', labels: 'team=net\n\nurl=a=b' };
    expect(subscriptionOf(draft(filter))).toEqual({
      ...common,
      filter: { api: 'huawei.elb.v3', account: 'prod', labels: { team: 'net', url: 'a=b' } },
    });
    expect(draftProblems(draft({ labels: 'team' })).map(({ field }) => field)).toEqual(['labels']);
  });
});

describe('the form of a webhook that there is', () => {
  const before = {
    ...aSubscription({ url: 'https://x.example/a', types: ['jobwatch.job.*', 'jobwatch.test'], description: 'net' }),
    filter: { labels: { team: 'net' } },
    headers: ['authorization'],
  } as unknown as Subscription;

  test('shows it as it is, and sends nothing that was not changed', () => {
    expect(draftOf(before)).toMatchObject({ events: 'chosen', labels: 'team=net', headers: '', description: 'net' });
    expect(changesOf(before, draftOf(before))).toEqual({});
    const robot = { ...before, format: 'slack', url: 'https://hooks.slack.com/…c0de', language: 'en', headers: [] };
    expect(changesOf(robot, draftOf(robot))).toEqual({});
    expect(draftProblems(draftOf(robot), robot)).toEqual([]);
  });

  test('sends each changed field as a whole, also one that was emptied', () => {
    const change = (fields: Partial<SubscribeDraft>) => changesOf(before, { ...draftOf(before), ...fields });
    expect(change({ events: 'ends' })).toEqual({ types: [] });
    expect(change({ labels: '' })).toEqual({ filter: {} });
    expect(change({ account: 'prod' })).toEqual({ filter: { account: 'prod', labels: { team: 'net' } } });
    expect(change({ description: ' ' })).toEqual({ description: '' });
    expect(change({ headers: 'X-A: 1' })).toEqual({ headers: { 'X-A': '1' } });
    expect(change({ headers: 'X-A: 1', dropsHeaders: true })).toEqual({ headers: {} });
  });

  test('asks for its headers again when the URL is of another host, and only then', () => {
    const problems = (fields: Partial<SubscribeDraft>) =>
      draftProblems({ ...draftOf(before), ...fields }, before).map(({ problem }) => problem);
    expect(problems({ url: 'https://x.example/other' })).toEqual([]);
    expect(problems({ url: 'https://y.example/a' })).toEqual([
      'The URL is of another host: give authorization again for that one, or choose to send none.',
    ]);
    expect(problems({ url: 'https://y.example/a', headers: 'Authorization: b' })).toEqual([]);
    expect(problems({ url: 'https://y.example/a', dropsHeaders: true })).toEqual([]);
    const bare = { ...before, headers: [] } as Subscription;
    expect(draftProblems({ ...draftOf(bare), url: 'https://y.example/a' }, bare)).toEqual([]);
  });
});

const PROGRAMS = {
  Node: [process.execPath, '--input-type=module', '-e'],
  Python: ['python3', '-u', '-c'],
} as const;

describe.each(['Node', 'Python'] as const)('the receiver in %s', (language) => {
  test('takes what is signed, and nothing else', { timeout: 30_000 }, async (context) => {
    const [program, ...args] = PROGRAMS[language];
    const probe = spawn(program, ['--version']);
    const isThere = await Promise.race([once(probe, 'close').then(() => true), once(probe, 'error').then(() => false)]);
    if (!isThere) return context.skip(`${program} is not installed`);
    const port = await freePort();
    const key = Buffer.alloc(32, 7);
    const env = { ...process.env, PORT: String(port), WEBHOOK_SECRET: `whsec_${key.toString('base64')}` };
    const receiver = spawn(program, [...args, RECEIVERS[language]], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const body = '{"id":"evt_1","type":"jobwatch.job.failed","data":{}}';
      const at = String(Math.floor(Date.now() / 1000));
      const sign = (text: string) => createHmac('sha256', key).update(`evt_1.${at}.${text}`).digest('base64');
      const send = (signature: string) =>
        fetch(`http://127.0.0.1:${port}/`, {
          method: 'POST',
          headers: { 'webhook-id': 'evt_1', 'webhook-timestamp': at, 'webhook-signature': signature },
          body,
        }).then(({ status }) => status);
      await expect.poll(() => send(`v1,${sign('other')}`).catch(() => 'not up'), { timeout: 20_000 }).toBe(400);
      const printed = once(receiver.stdout, 'data');
      expect(await send(`v1,${sign('other')} v1,${sign(body)}`)).toBe(204);
      expect(String(await printed)).toContain('evt_1 jobwatch.job.failed');
    } finally {
      receiver.kill();
    }
  });
});
