import * as v from 'valibot';
import { expect, test } from 'vitest';
import { wants } from '../../lib/deliver/subscription.ts';
import { EVENT_CATALOGUE } from '../../lib/events/catalogue.ts';
import { deniedEvent, disabledEvent, rejectedEvent, testEvent, transitionEvent } from '../../lib/events/event.ts';
import { EVENT_TYPES } from '../../lib/events/types.ts';
import { NO_DETAIL } from '../../lib/job/observation.ts';
import { transition } from '../../lib/job/transition.ts';
import { START_MS } from '../fakes/clock.ts';
import { aJob } from '../fakes/records.ts';
import { aSubscription } from '../fakes/subscriptions.ts';
import { fakeVendor } from '../fakes/vendor.ts';

const schemaOf = (type: string) => EVENT_CATALOGUE.find((one) => one.type === type)?.schema ?? v.never();

test('the catalogue has every type, in order, each with a sentence of its own', () => {
  expect(EVENT_CATALOGUE.map(({ type }) => type)).toEqual(EVENT_TYPES);
  expect(new Set(EVENT_CATALOGUE.map(({ when }) => when)).size).toBe(EVENT_TYPES.length);
});

test.each(EVENT_CATALOGUE)('the example of $type is as its schema says', ({ schema, example }) => {
  expect(v.safeParse(schema, JSON.parse(JSON.stringify(example))).issues).toBeUndefined();
});

test.each(EVENT_CATALOGUE)('$type goes to a subscription without types: $isDefault', ({ example, isDefault }) => {
  expect(wants(aSubscription({ types: [], filter: {} }), example)).toBe(isDefault);
});

test.each([
  deniedEvent('dev', { subject: 'key#1', account: 'a', deniedSince: '2026-11-20T10:00:00.000Z', reason: 'r' }),
  rejectedEvent('dev', { messageId: 'm', receivedAt: '2026-11-20T10:00:00.000Z', reason: 'r' }),
  disabledEvent('dev', { subscription: 'sub_a', disabledAt: '2026-11-20T10:00:00.000Z', reason: 'r' }),
  testEvent('dev', { id: 'evt_a', subscription: 'sub_a', at: '2026-11-20T10:00:00.000Z' }),
])('a real $type is as its schema says', (event) => {
  expect(v.safeParse(schemaOf(event.type), event).issues).toBeUndefined();
});

test.each(['RUNNING', 'FAIL', 'SUCCESS', 'NEW WORD'])('the event of a job that is %s is as its schema says', (word) => {
  const { judge } = fakeVendor(() => START_MS);
  const { job } = transition(aJob(), { kind: 'status', word, detail: NO_DETAIL }, judge, START_MS);
  const event = transitionEvent('dev', job, job.history[0] as never);
  expect(v.safeParse(schemaOf(event.type), event).issues).toBeUndefined();
});

test('a field that nobody documents is noticed', () => {
  for (const { schema, example } of EVENT_CATALOGUE)
    expect(v.is(schema, { ...example, data: { ...(example.data as object), more: 1 } })).toBe(false);
});
