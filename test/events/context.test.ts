import { describe, expect, test } from 'vitest';
import { makeWebhook } from '../../lib/deliver/sinks/webhook.ts';
import { contextOf } from '../../lib/events/context.ts';
import { memorySecrets } from '../fakes/secrets.ts';
import { aSubscription } from '../fakes/subscriptions.ts';
import { answer, SECRET, START_MS } from '../fakes/webhook-world.ts';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

function anEventJson(traceparent?: unknown): string {
  return JSON.stringify({ traceparent, data: { job: { id: 'job_a', correlationId: 'c-1' } } });
}

describe('the context of an event', () => {
  test('is its job, the correlation id and the trace', () => {
    expect(contextOf(anEventJson(TRACE))).toEqual({ job: 'job_a', correlationId: 'c-1', traceparent: TRACE });
  });

  test.each([
    ['no trace', undefined],
    ['line breaks, which would be headers of their own', `${TRACE}\r\nx-evil: 1`],
    ['capitals', TRACE.toUpperCase()],
    ['no trace id', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['no parent id', `00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`],
    ['the forbidden version', `ff${TRACE.slice(2)}`],
  ])('has no trace for a header where the message had %s', (_, traceparent) => {
    expect(contextOf(anEventJson(traceparent))).toEqual({ job: 'job_a', correlationId: 'c-1', traceparent: null });
  });

  test.each(['{', '{}', '{"data":{"account":"a","reason":"b"}}'])('is empty for %s', (json) => {
    expect(contextOf(json)).toEqual({ job: null, correlationId: null, traceparent: null });
  });
});

test.each([
  [TRACE, TRACE],
  ['not a trace', undefined],
])('a delivery of a job with the trace %s has the header %s', async (traceparent, header) => {
  const sent: Readonly<Record<string, string>>[] = [];
  const webhook = makeWebhook({
    send: async ({ headers }: { headers: Readonly<Record<string, string>> }) => {
      sent.push(headers);
      return answer(204);
    },
    secrets: memorySecrets({ sub_a: { current: SECRET, previous: null } }),
    clock: () => START_MS,
    checkUrl: () => [],
    consoleUrl: '',
  });
  await webhook.send(aSubscription(), { id: 'evt_1', json: anEventJson(traceparent), attempt: 1 });
  expect(sent.map((headers) => headers['traceparent'])).toEqual([header]);
});
