import { expect, test } from 'vitest';
import type { HttpRequest } from '../../../lib/base/http.ts';
import { toMs } from '../../../lib/base/time.ts';
import { VERSION } from '../../../lib/base/version.ts';
import { makeWebhook } from '../../../lib/deliver/sinks/webhook.ts';
import { memorySecrets } from '../../fakes/secrets.ts';
import { aSubscription } from '../../fakes/subscriptions.ts';
import { answer } from '../../fakes/webhook-world.ts';

/** What receivers were built against: not a byte of it may change, nor the order of the headers. */
test('the request of a webhook is what it has always been', async () => {
  const requests: HttpRequest[] = [];
  const nowMs = toMs('2026-11-20T10:00:00.999Z');
  const webhook = makeWebhook({
    send: async (request: HttpRequest) => {
      requests.push(request);
      return answer(204);
    },
    secrets: memorySecrets({
      sub_a: {
        current: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
        previous: { secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD', until: '2026-11-20T10:00:01.000Z' },
        older: [{ secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', until: '2026-11-20T10:00:00.999Z' }],
      },
    }),
    clock: () => nowMs,
    checkUrl: () => [],
    consoleUrl: '',
  });
  const json =
    '{"specversion":"1.0","id":"evt_1","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",' +
    '"data":{"job":{"id":"job_a","correlationId":null,"labels":{"team":"\\u00e4"}}}}';
  const url = 'https://hooks.example.com:443/a b?x=1&y=%2F';
  await webhook.send(aSubscription({ url }), { id: 'evt_1', json, attempt: 3 });
  const written = requests.map(({ method, url: { href }, headers, body }) =>
    [`${method} ${href}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', body].join('\n'),
  );
  const signatures = 'v1,aFmzZ4PxV/yig12CDMuMRr3F3ySIGWRWO0b+AA0v+j4= v1,LxI8WgW5lw/+z5feEYo1WEevwIWDrmCV/qmjQka01lc=';
  const request = `POST https://hooks.example.com/a%20b?x=1&y=%2F
content-type: application/cloudevents+json
user-agent: jobwatch/${VERSION}
webhook-id: evt_1
webhook-timestamp: 1795168800
webhook-signature: ${signatures}
traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01

${json}`;
  expect(written).toEqual([request]);
});
