import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from '../../../lib/api/http/cursor.ts';
import * as responses from '../../../lib/api/responses.ts';
import { makeApiWorld } from '../../fakes/api-world.ts';

test('a cursor gives back the place that it was made from, for its own list alone', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.array(fc.string({ maxLength: 40 }), { maxLength: 4 }),
      fc.string(),
      (list, position, other) => {
        const cursor = encodeCursor(list, position);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeCursor(list, position.length, cursor)).toEqual(position);
        expect(decodeCursor(list, position.length + 1, cursor)).toBeNull();
        if (other !== list) expect(decodeCursor(other, position.length, cursor)).toBeNull();
      },
    ),
  );
});

test('no text but a cursor is read as one', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json()), (text) => {
      expect(decodeCursor('jobs', 2, text)).toBeNull();
    }),
  );
});

const ROUTES = [
  ['POST', '/v1/jobs'],
  ['POST', '/v1/subscriptions'],
  ['PATCH', '/v1/subscriptions/ID'],
  ['POST', '/v1/subscriptions/ID/redeliver'],
  ['POST', '/v1/subscriptions/ID/test'],
] as const;

/** Bodies that look right in part: real field names, odd values. */
const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('alibaba.nlb', 'eu-de', 'https://a.example', '2026-11-20T10:00:00Z', '__proto__'),
);
const names = [
  'api',
  'region',
  'jobId',
  'projectId',
  'labels',
  'jobs',
  'url',
  'types',
  'filter',
  'description',
  'state',
  'since',
  'until',
  'cursor',
  'constructor',
  '__proto__',
];
const shaped = fc.uniqueArray(
  fc.tuple(fc.constantFrom(...names), fc.oneof(odd, fc.array(odd), fc.dictionary(fc.constantFrom(...names), odd))),
  {
    selector: ([name]) => name,
  },
);
const bodies = fc.oneof(
  fc.json(),
  shaped.map(
    (pairs) => `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`,
  ),
  fc.string(),
);

test('no body whatever makes a fault, and every refusal is a problem that says why', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ROUTES), bodies, async ([method, path], rawBody) => {
      const world = makeApiWorld();
      const { body } = await world.request('POST', '/v1/subscriptions', { body: { url: 'https://a.example' } });
      const response = await world.request(method, path.replace('ID', body.id), { rawBody });
      expect(response.status).toBeLessThan(500);
      if (response.status >= 400) v.parse(responses.problem, response.body);
    }),
    { numRuns: 500 },
  );
});
