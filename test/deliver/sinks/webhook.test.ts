import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CloudEvent, HTTP } from 'cloudevents';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { asciiJson } from '../../../lib/base/ascii-json.ts';
import { VERSION } from '../../../lib/base/version.ts';
import { makeSecret, webhookHeaders } from '../../../lib/deliver/sinks/webhook-signature.ts';
import { rejectedEvent } from '../../../lib/events/event.ts';

const event = rejectedEvent('test', {
  messageId: 'm1',
  receivedAt: '2026-11-20T10:00:00.000Z',
  reason: 'schlecht – 悪い 🙁',
});
const body = asciiJson(event);
// The official verifier reads the real clock.
const timestampMs = Date.now();
const sign = (...secrets: readonly string[]) => webhookHeaders({ id: event.id, timestampMs, body, secrets });

describe('the headers of a webhook', () => {
  test('are those of the specification, to the letter', () => {
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
    const example = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampMs: 1_614_265_330_999,
      body: '{"test": 2432232314}',
    };
    expect(webhookHeaders({ ...example, secrets: [secret] })).toEqual({
      'content-type': 'application/cloudevents+json',
      'user-agent': `jobwatch/${VERSION}`,
      'webhook-id': example.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  test('satisfy the official verifier', () => {
    const secret = makeSecret(randomBytes);
    expect(new Webhook(secret).verify(body, sign(secret))).toEqual(event);
  });

  test('of a changed body, id or secret do not', () => {
    const secret = makeSecret(randomBytes);
    const headers = sign(secret);
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
    expect(() => new Webhook(secret).verify(body, { ...headers, 'webhook-id': 'evt_other' })).toThrow();
    expect(() => new Webhook(makeSecret(randomBytes)).verify(body, headers)).toThrow();
  });

  test('satisfy the old secret and the new one while both sign', () => {
    const [old, fresh] = [makeSecret(randomBytes), makeSecret(randomBytes)];
    const headers = sign(fresh, old);
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
    expect(new Webhook(old).verify(body, headers)).toEqual(event);
    expect(new Webhook(fresh).verify(body, headers)).toEqual(event);
  });

  test('and the body are a CloudEvent to the official SDK', () => {
    const parsed = HTTP.toEvent({ headers: sign(makeSecret(randomBytes)), body });
    if (!(parsed instanceof CloudEvent)) throw new Error('this is not one CloudEvent');
    expect(parsed.validate()).toBe(true);
    expect(parsed).toMatchObject({
      id: event.id,
      type: event.type,
      source: event.source,
      subject: 'm1',
      data: event.data,
    });
  });
});

test('a secret is whsec_ and 32 random bytes in base 64', () => {
  const secret = makeSecret(randomBytes);
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(makeSecret(randomBytes)).not.toBe(secret);
});

test('the version that receivers see is that of the package', () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  expect(VERSION).toBe(version);
});
