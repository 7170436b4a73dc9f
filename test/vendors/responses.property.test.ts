import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asciiBytes } from '../../lib/base/ascii-json.ts';
import type { HttpFailure, HttpResponse } from '../../lib/base/http.ts';
import { API_FACTS } from '../../lib/vendors/registry.ts';
import type { Call } from '../../lib/vendors/vendor.ts';
import { aCall, accountFor, aLab, anAccess, failure, HUAWEI_USER, idsOf, json, only, poll } from './support.ts';
import { VOCABULARIES } from './vocabulary.ts';

/** Job ids as messages may hold them: printable ASCII without spaces, `/`, `?`, `#`. */
const jobId = fc.stringMatching(/^[!"$-.0-9:-=@A-Z[-~]{1,40}$/).filter((id) => id !== '.' && id !== '..');
const jobIds = fc.uniqueArray(jobId, { minLength: 1, maxLength: 25 });
const shape = fc.constantFrom<Call['shape'][]>('single', 'batch', 'list');

const status = fc.oneof(
  fc.constantFrom(200, 200, 200, 201, 400, 401, 403, 404, 404, 429, 500, 502, 503),
  fc.integer({ min: 100, max: 599 }),
);
/** JSON out of the names and words of one cloud, with the ids of the call among its values. */
function garbageOf(cloud: string, ids: readonly string[]): fc.Arbitrary<unknown> {
  const { names, words } = VOCABULARIES.get(cloud) ?? { names: [], words: [] };
  const numbers = ids.map(Number).filter((id) => Number.isSafeInteger(id));
  const leaf = fc.oneof(
    fc.oneof(fc.constant(null), fc.boolean(), fc.double(), fc.nat(3), fc.string({ unit: 'binary' })),
    fc.constantFrom('', ...words),
    fc.constantFrom<unknown>(...ids, ...numbers),
  );
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      leaf,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom('__proto__', ...names), tie('value'), { maxKeys: 6 }),
    ),
  })).value;
}
const headerText = fc.oneof(fc.string(), fc.constantFrom('Fri, 20 Nov 2026 16:00:00 GMT', '5', '-1', '1e9'));
const headers = fc.dictionary(
  fc.constantFrom('date', 'retry-after', 'x-acs-retry-after', 'x-subject-token', 'content-type', 'ratelimit-reset'),
  headerText,
);
const bodyOf = (cloud: string, ids: readonly string[]) =>
  fc.oneof(
    garbageOf(cloud, ids).map((told) => JSON.stringify(told) ?? ''),
    fc.string({ unit: 'binary' }),
  );
const responseOf = (cloud: string, ids: readonly string[]): fc.Arbitrary<HttpResponse> =>
  fc.record({ kind: fc.constant('response' as const), status, headers, body: bodyOf(cloud, ids) });
const anyFailure: fc.Arbitrary<HttpFailure> = fc
  .constantFrom<HttpFailure['error'][]>('connect', 'timeout', 'reset', 'too_large', 'tls', 'blocked')
  .map(failure);
const anything = (cloud: string, ids: readonly string[]) =>
  fc.array(fc.oneof({ arbitrary: responseOf(cloud, ids), weight: 5 }, anyFailure), { minLength: 1, maxLength: 12 });

/** An api, ids as it may be asked for, and what the network says then. */
const scenes =
  (answers: (cloud: string, ids: readonly string[]) => fc.Arbitrary<readonly (HttpResponse | HttpFailure)[]>) =>
  (name: string) =>
    fc
      .tuple(API_FACTS.get(name)?.hasNumericIds === true ? numericIds : jobIds, shape)
      .chain(([ids, form]) =>
        answers(API_FACTS.get(name)?.cloud ?? '', ids).map((script) => ({ name, ids, form, script })),
      );
const numericIds = fc.uniqueArray(fc.integer({ min: 1, max: 10 ** 9 }).map(String), { minLength: 1, maxLength: 25 });
const errorsOf = (cloud: string, ids: readonly string[]) =>
  fc.array(
    responseOf(cloud, ids).filter((response) => response.status !== 200),
    { minLength: 1 },
  );

describe.each([...API_FACTS.keys()])('whatever the network answers %s', (api) => {
  test('a poll has a result for exactly its ids, acquires before every request and shows no secret', async () => {
    const cases = fc.tuple(scenes(anything)(api), fc.nat(30), fc.boolean());
    await fc.assert(
      fc.asyncProperty(cases, async ([{ name, ids, form, script }, paid, asUser]) => {
        const lab = aLab(script);
        const plain = accountFor(name);
        const account = asUser && plain.vendor === 'huawei' ? HUAWEI_USER : plain;
        const result = await poll(lab, aCall(name, ids, { shape: form }), anAccess(account, paid));
        expect([...result.observations.keys()].sort()).toEqual([...ids].sort());
        expect(lab.requests.length).toBeLessThanOrEqual(paid);
        expect(result.keyRefusals + result.keyDoubts).toBeLessThanOrEqual(lab.requests.length);
        expect(JSON.stringify([...result.observations])).not.toMatch(/testsk|p4ss/);
        for (const seen of result.observations.values()) {
          if (seen.kind !== 'status') expect(seen.reason.length).toBeLessThan(400);
          else expect(asciiBytes(seen.detail)).toBeLessThanOrEqual(8192);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('nothing but a 200 makes a status, and nothing but JSON makes a status or a miss', async () => {
    const notJson = fc.string({ unit: 'binary' }).filter((text) => !isJsonObject(text));
    const useless = fc.oneof(
      fc.record({ kind: fc.constant('response' as const), status, headers, body: notJson }),
      anyFailure,
      fc
        .record({
          kind: fc.constant('response' as const),
          status: fc.constant(200),
          headers,
          body: fc.jsonValue().map((told) => JSON.stringify(told)),
        })
        .filter(({ body: text }) => !isJsonObject(text)),
    );
    await fc.assert(
      fc.asyncProperty(scenes(() => fc.array(useless, { minLength: 1 }))(api), async ({ name, ids, form, script }) => {
        const result = await poll(aLab(script), aCall(name, ids, { shape: form }));
        for (const { kind } of result.observations.values()) expect(['status', 'missing']).not.toContain(kind);
      }),
      { numRuns: 40 },
    );
  });

  test('an error answer never makes a status', async () => {
    await fc.assert(
      fc.asyncProperty(scenes(errorsOf)(api), async ({ name, ids, form, script }) => {
        const result = await poll(aLab(script), aCall(name, ids, { shape: form }));
        for (const { kind } of result.observations.values()) expect(kind).not.toBe('status');
      }),
      { numRuns: 40 },
    );
  });
});

describe('cut answers', () => {
  const whole: Record<string, unknown> = {
    'alibaba.nlb': { RequestId: 'R', Status: 'Succeeded' },
    'alibaba.alb': { Jobs: [{ Id: 'j1', Status: 'Succeeded' }], RequestId: 'R' },
    'huawei.elb.v1': { status: 'SUCCESS', job_id: 'j1' },
    'huawei.elb.v3': { job: { status: 'COMPLETE', job_id: 'j1' }, request_id: 'r' },
    'huawei.ecs': { status: 'SUCCESS', job_id: 'j1' },
    'huawei.dcs': { status: 'SUCCESS', job_id: 'j1' },
    'huawei.sfsturbo': { status: 'success', job_id: 'j1' },
    'huawei.rds': { job: { status: 'Completed', id: 'j1' } },
    'tencent.clb': { Response: { Status: 0, RequestId: 'R' } },
    'tencent.alb': { Response: { Jobs: [{ RequestId: 'j1', Status: 'Succeeded' }] } },
    'tencent.vpc': { Response: { Status: 'SUCCESS' } },
    'huawei.cce': { metadata: { uid: 'j1' }, status: { phase: 'Success' } },
    'hetzner.actions': { action: { id: 1, status: 'success' } },
  };

  test.each(Object.entries(whole))('%s: no beginning of a good answer is a good answer', async (name, good) => {
    const text = JSON.stringify(good);
    const kindOf = async (length: number) => {
      const response: HttpResponse = { kind: 'response', status: 200, headers: {}, body: text.slice(0, length) };
      return only(await poll(aLab([response]), aCall(name, [API_FACTS.get(name)?.hasNumericIds === true ? '1' : 'j1'])))
        .kind;
    };
    expect(await kindOf(text.length)).toBe('status');
    for (let length = 0; length < text.length; length += 1) expect(await kindOf(length)).toBe('malformed');
  });
});

describe('an NLB that refuses batches with unknown ids', () => {
  test('gives each known id a status and each unknown one a miss, in fewer than two requests an id', async () => {
    const ids = fc.uniqueArray(jobId, { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(ids, fc.infiniteStream(fc.boolean()), async (jobIds, coins) => {
        const known = new Set(jobIds.filter(() => coins.next().value));
        const lab = aLab([
          (request) => {
            const wanted = idsOf(request);
            if (!wanted.every((id) => known.has(id))) return json({ Code: 'ResourceNotFound.JobId' }, 404);
            if (request.headers['x-acs-action'] === 'GetJobStatus') return json({ Status: 'Processing' });
            return json({ Jobs: wanted.map((Id) => ({ Id, Status: 'Processing' })) });
          },
        ]);
        const result = await poll(lab, aCall('alibaba.nlb', jobIds));
        for (const [id, { kind }] of result.observations) expect(kind).toBe(known.has(id) ? 'status' : 'missing');
        expect(lab.requests.length).toBeLessThan(2 * jobIds.length);
        expect(new Set(lab.requests.map((request) => idsOf(request).join())).size).toBe(lab.requests.length);
      }),
      { numRuns: 150 },
    );
  });
});

function isJsonObject(text: string): boolean {
  try {
    const told: unknown = JSON.parse(text);
    return typeof told === 'object' && told !== null && !Array.isArray(told);
  } catch {
    return false;
  }
}
