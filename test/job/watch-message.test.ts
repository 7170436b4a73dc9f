import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateKey } from '../../lib/base/duplicate-keys.ts';
import type { ApiFacts, ApiTable } from '../../lib/job/api-facts.ts';
import { describeProblems, parseWakeBody, parseWatchBody } from '../../lib/job/watch-message.ts';

const apis: ApiTable = new Map<string, ApiFacts>([
  ['alibaba.nlb', { api: 'alibaba.nlb', cloud: 'alibaba', needsProject: false, keyShapes: ['LTAI[A-Za-z0-9]{12,30}'] }],
  ['huawei.elb.v3', { api: 'huawei.elb.v3', cloud: 'huawei', needsProject: true }],
]);
const NLB = { api: 'alibaba.nlb', region: 'cn-hangzhou', jobId: '72dcd26b-f12d' };
const REGION =
  'region: expected a region such as eu-central-1: ' +
  'two letters, then parts of lower-case letters and digits, joined by "-".';
const V3 = { api: 'huawei.elb.v3', region: 'eu-de', projectId: '7b77', jobId: 'ef6da45b' };

function reason(body: unknown): string | null {
  const parsed = parseWatchBody(typeof body === 'string' ? body : JSON.stringify(body), apis);
  return parsed.ok ? null : describeProblems(parsed.problems);
}

describe('a watch message', () => {
  it('has defaults for all that need not be said', () => {
    expect(parseWatchBody(JSON.stringify(NLB), apis)).toEqual({
      ok: true,
      value: {
        ...NLB,
        account: 'default',
        projectId: null,
        submittedAt: null,
        timeoutSeconds: 86_400,
        notFoundGraceSeconds: 120,
        labels: {},
        group: null,
        correlationId: null,
        traceparent: null,
      },
    });
  });

  it('keeps all that is said, times in UTC', () => {
    const full = {
      ...V3,
      account: 'huawei-prod',
      submittedAt: '2026-11-20T12:00:00+02:00',
      timeoutSeconds: 604_800,
      notFoundGraceSeconds: 0,
      labels: { team: 'net', 'pipeline.run': '42' },
      group: { id: 'release/42 ü', size: 500 },
      correlationId: 'deploy-1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    };
    expect(parseWatchBody(JSON.stringify(full), apis)).toEqual({
      ok: true,
      value: { ...full, submittedAt: '2026-11-20T10:00:00.000Z' },
    });
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'message: expected JSON.'],
    ['an array', '[]', 'message: expected a JSON object.'],
    ['null', 'null', 'message: expected a JSON object.'],
    ['nothing', {}, 'api: required; region: required; jobId: required.'],
    ['a group that is none', { ...NLB, group: 'g' }, 'group: expected an object of `id` and `size`.'],
    ['a group without a size', { ...NLB, group: { id: 'g' } }, 'group.size: required.'],
    [
      'a group with wrong fields',
      { ...NLB, group: { id: '', size: 0, of: 2 } },
      'group.id: expected 1 to 256 characters; group.size: expected a whole number from 1 to 500; ' +
        'group.of: expected an object of `id` and `size`.',
    ],
    [
      'a group that is too large',
      { ...NLB, group: { id: 'g', size: 501 } },
      'group.size: expected a whole number from 1 to 500.',
    ],
    [
      'a group with half a job',
      { ...NLB, group: { id: 'g', size: 1.5 } },
      'group.size: expected a whole number from 1 to 500.',
    ],
    [
      'a group with a long id',
      { ...NLB, group: { id: 'g'.repeat(257), size: 1 } },
      'group.id: expected text of at most 256 characters.',
    ],
    [
      'a key as the id of a group',
      { ...NLB, group: { id: 'LTAI5tExampleKey123456', size: 1 } },
      'group.id: looks like a secret, which is not taken here.',
    ],
    ['a typo', { ...NLB, timeOutSeconds: 60 }, 'timeOutSeconds: unknown field.'],
    [
      'a prototype key',
      '{"api":"alibaba.nlb","region":"eu-de","jobId":"a","__proto__":{"x":1}}',
      '__proto__: unknown field.',
    ],
    [
      'an unknown api beside other faults',
      { ...NLB, api: 'aws.elb', region: 'X', timeOut: 1 },
      'api: expected one of alibaba.nlb, huawei.elb.v3; ' +
        'region: expected a region such as eu-central-1: two letters, then parts of lower-case letters and digits, ' +
        'joined by "-"; ' +
        'timeOut: unknown field.',
    ],
    [
      'a project that does not fit beside other faults',
      { ...NLB, projectId: 'p', region: 'X' },
      'region: expected a region such as eu-central-1: two letters, then parts of lower-case letters and digits, ' +
        'joined by "-"; ' +
        'projectId: not allowed for alibaba.nlb, which has no projects.',
    ],
    [
      'a field twice beside other faults',
      '{"api":"aws","region":"eu-de","jobId":"a","jobId":"b"}',
      'jobId: stands twice; api: expected one of alibaba.nlb, huawei.elb.v3.',
    ],
    [
      'labels with several faults',
      { ...NLB, labels: { 'a b': 'x', token: 'x', c: 1, d: 'https://x' } },
      'labels: expected keys of 1 to 64 letters, digits, "_", "." and "-", and no key of an object\'s prototype; ' +
        'labels: a key looks like the name of a secret, which is not taken here; ' +
        'labels.c: expected text of at most 256 characters; labels.d: looks like a URL, which is not taken here.',
    ],
    [
      'half a character in a label',
      { ...NLB, labels: { a: 'x\ud83d' }, correlationId: '\udc00' },
      'labels.a: expected well-formed Unicode; correlationId: expected well-formed Unicode.',
    ],
    [
      'a secret as the name of a field',
      { ...NLB, LTAI5tAbCdEfGhIjKlMnOpQr: 1 },
      '(a name that is not shown): unknown field.',
    ],
    [
      'a random text as the name of a field',
      { ...NLB, wJalrXUtnFEMI0K7MDENGbPxRfiCYEXAMPLEKEY: 1 },
      '(a name that is not shown): unknown field.',
    ],
    [
      'a secret as the name of a label',
      { ...NLB, labels: { whsec_abc: 1 } },
      'labels.(a name that is not shown): expected text of at most 256 characters.',
    ],
    [
      'a secret as a name twice',
      '{"jw_abc":1,"jw_abc":2}',
      '(a name that is not shown): stands twice; api: required; region: required; jobId: required; (a name that is not shown): unknown field.',
    ],
    ['an inherited name', { ...NLB, constructor: 1 }, 'constructor: unknown field.'],
    ['a field twice', '{"api":"alibaba.nlb","region":"eu-de","jobId":"a","jobId":"b"}', 'jobId: stands twice.'],
    [
      'a label twice',
      '{"api":"alibaba.nlb","region":"eu-de","jobId":"a","labels":{"x":"1","x":"2"}}',
      'x: stands twice.',
    ],
    ['an unknown api', { ...NLB, api: 'aws.elb' }, 'api: expected one of alibaba.nlb, huawei.elb.v3.'],
    ['a host in the region', { ...NLB, region: 'evil.example.com/' }, REGION],
    ['a region with an at sign', { ...NLB, region: 'a@b' }, REGION],
    [
      'a line break in an id',
      { ...NLB, jobId: 'a\nb' },
      'jobId: expected 1 to 128 printable ASCII characters without spaces.',
    ],
    [
      'a path in an id',
      { ...NLB, jobId: '../x' },
      'jobId: expected an id without "/", "?" or "#" that is not "." or "..".',
    ],
    [
      'an id of two dots',
      { ...NLB, jobId: '..' },
      'jobId: expected an id without "/", "?" or "#" that is not "." or "..".',
    ],
    ['an id that is too long', { ...NLB, jobId: 'x'.repeat(129) }, 'jobId: expected text of at most 128 characters.'],
    ['no project for Huawei', { ...V3, projectId: undefined }, 'projectId: required for huawei.elb.v3.'],
    [
      'a project for Alibaba',
      { ...NLB, projectId: 'p' },
      'projectId: not allowed for alibaba.nlb, which has no projects.',
    ],
    ['a bad project', { ...V3, projectId: 'a/b' }, 'projectId: expected 1 to 64 letters, digits, "_" and "-".'],
    ['a bad account', { ...NLB, account: '../x' }, 'account: expected 1 to 64 letters, digits, "_" and "-".'],
    [
      'a time without a zone',
      { ...NLB, submittedAt: '2026-11-20T10:00:00' },
      'submittedAt: expected an ISO 8601 time with a zone, such as 2026-11-20T10:00:00Z.',
    ],
    [
      'a day that does not exist',
      { ...NLB, submittedAt: '2026-02-30T10:00:00Z' },
      'submittedAt: expected an ISO 8601 time with a zone, such as 2026-11-20T10:00:00Z.',
    ],
    [
      'a time-out as text',
      { ...NLB, timeoutSeconds: '60' },
      'timeoutSeconds: expected a whole number of seconds from 60 to 604800.',
    ],
    [
      'a time-out too short',
      { ...NLB, timeoutSeconds: 59 },
      'timeoutSeconds: expected a whole number of seconds from 60 to 604800.',
    ],
    [
      'a time-out of a fraction',
      { ...NLB, timeoutSeconds: 60.5 },
      'timeoutSeconds: expected a whole number of seconds from 60 to 604800.',
    ],
    [
      'a grace too long',
      { ...NLB, notFoundGraceSeconds: 3601 },
      'notFoundGraceSeconds: expected a whole number of seconds from 0 to 3600.',
    ],
    ['labels as a list', { ...NLB, labels: ['a'] }, 'labels: expected an object of texts.'],
    ['a label that is no text', { ...NLB, labels: { a: 1 } }, 'labels.a: expected text of at most 256 characters.'],
    [
      'an odd label key',
      { ...NLB, labels: { 'a b': 'x' } },
      'labels: expected keys of 1 to 64 letters, digits, "_", "." and "-", and no key of an object\'s prototype.',
    ],
    [
      'a label of the prototype',
      { ...NLB, labels: { constructor: 'x' } },
      'labels: expected keys of 1 to 64 letters, digits, "_", "." and "-", and no key of an object\'s prototype.',
    ],
    [
      'eleven labels',
      { ...NLB, labels: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`k${n}`, 'v'])) },
      'labels: expected at most 10 pairs.',
    ],
    [
      'a URL',
      { ...NLB, labels: { link: 'https://ci.example.com/1' } },
      'labels.link: looks like a URL, which is not taken here.',
    ],
    [
      'a named secret',
      { ...NLB, labels: { apiToken: 'x' } },
      'labels: a key looks like the name of a secret, which is not taken here.',
    ],
    [
      'an access key',
      { ...NLB, correlationId: 'LTAI5tAbCdEfGhIjKlMnOpQr' },
      'correlationId: looks like a secret, which is not taken here.',
    ],
    [
      'deep nesting',
      `{"api":"alibaba.nlb","region":"eu-de","jobId":"a","labels":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      'labels: expected an object of texts.',
    ],
    [
      'too many bytes',
      JSON.stringify({ ...NLB, correlationId: 'é'.repeat(33_000) }),
      'message: expected at most 65536 bytes.',
    ],
  ])('is refused with %s, and the reason names the field', (_, body, expected) => {
    expect(reason(body)).toBe(expected);
  });

  it('never shows the offending value', () => {
    const value = 'hunter2-hunter2';
    for (const field of ['api', 'region', 'submittedAt', 'timeoutSeconds', 'labels', 'projectId', 'account', 'extra']) {
      expect(reason({ ...V3, jobId: 'a b', [field]: value.repeat(20) })).not.toContain('hunter2');
    }
  });

  it('is never let through by chance, and the parser never throws', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object().map((value) => JSON.stringify(value)),
      almost(),
    );
    fc.assert(
      fc.property(anything, (body) => {
        const parsed = parseWatchBody(body, apis);
        if (!parsed.ok) {
          expect(parsed.problems.length).toBeGreaterThan(0);
          return;
        }
        const { value } = parsed;
        expect(apis.has(value.api)).toBe(true);
        expect(value.region).toMatch(/^[a-z]{2}(-[a-z0-9]+)+$/);
        expect(value.jobId).toMatch(/^[!-~]{1,128}$/);
        expect(value.jobId).not.toMatch(/[/?#]|^\.\.?$/);
        expect(Object.keys(value.labels).length).toBeLessThanOrEqual(10);
      }),
      { numRuns: 5000 },
    );
  });
});

/**
 * The names that the two clouds and their partners give their regions:
 * https://developer.huaweicloud.com/intl/en-us/endpoint
 */
describe('a region', () => {
  it.each([
    ...['cn-hangzhou', 'cn-shanghai', 'cn-qingdao', 'cn-beijing', 'cn-zhangjiakou', 'cn-huhehaote', 'cn-wulanchabu'],
    ...['cn-shenzhen', 'cn-heyuan', 'cn-guangzhou', 'cn-chengdu', 'cn-hongkong', 'cn-nanjing', 'cn-fuzhou'],
    ...['cn-wuhan-lr', 'cn-zhengzhou-jva', 'cn-hangzhou-finance', 'cn-shanghai-finance-1', 'cn-beijing-finance-1'],
    ...['cn-shenzhen-finance-1', 'cn-north-2-gov-1', 'ap-northeast-1', 'ap-northeast-2', 'ap-southeast-1'],
    ...['ap-southeast-7', 'ap-south-1', 'us-east-1', 'us-west-1', 'us-southeast-1', 'eu-west-1', 'eu-central-1'],
    ...['me-east-1', 'me-central-1', 'na-south-1'],
    ...['cn-north-1', 'cn-north-4', 'cn-north-9', 'cn-north-11', 'cn-east-2', 'cn-east-3', 'cn-east-4', 'cn-east-5'],
    ...['cn-south-1', 'cn-south-2', 'cn-south-4', 'cn-southwest-2', 'cn-northeast-1', 'ap-southeast-2'],
    ...['ap-southeast-3', 'ap-southeast-4', 'af-south-1', 'af-north-1', 'la-south-2', 'la-north-2', 'na-mexico-1'],
    ...['sa-brazil-1', 'tr-west-1', 'ru-moscow-1', 'ru-northwest-2', 'eu-west-0', 'eu-west-101', 'ae-ad-1'],
    ...['my-kualalumpur-1', 'eu-de', 'eu-nl', 'eu-ch2'],
  ])('%s is one', (region) => {
    expect(parseWatchBody(JSON.stringify({ ...NLB, region }), apis).ok).toBe(true);
  });

  it.each([
    ...['oss-cn-hangzhou', 'oss', 'obs', 'obs-eu-de', 's3', 's3-eu-west-1', 'nlb', 'kms', 'vpc-cn-hangzhou', 'ecs'],
    ...['global', 'eu', 'eu-', '-eu', 'eu--de', 'EU-DE', 'eu_de', 'eu-de-', '', 'eu-de.evil', `eu-${'x'.repeat(40)}`],
  ])('%j is none: it would be a part of another host', (region) => {
    const parsed = parseWatchBody(JSON.stringify({ ...NLB, region }), apis);
    expect(parsed.ok ? [] : describeProblems(parsed.problems)).toBe(REGION);
  });
});

describe('an api without regions', () => {
  const ACTION = { api: 'hetzner.actions', jobId: '42' };
  const one = { api: 'hetzner.actions', cloud: 'hetzner', needsProject: false, needsRegion: false };
  const withOne: ApiTable = new Map([...apis, [one.api, one]]);
  const reasonOf = (body: unknown) => {
    const parsed = parseWatchBody(JSON.stringify(body), withOne);
    return parsed.ok ? null : describeProblems(parsed.problems);
  };

  it.each([{}, { region: 'global' }])('is told none: %j', (more) => {
    const parsed = parseWatchBody(JSON.stringify({ ...ACTION, ...more }), withOne);
    expect(parsed).toMatchObject({ ok: true, value: { region: 'global', projectId: null, account: 'default' } });
    const wake = parseWakeBody(JSON.stringify({ ...ACTION, ...more, account: 'default', projectId: null }), withOne);
    expect(wake).toEqual({
      ok: true,
      value: { ...ACTION, region: 'global', account: 'default', projectId: null },
    });
  });

  it('is told so if a message names one', () => {
    expect(reasonOf({ ...ACTION, region: 'eu-de' })).toBe(
      'region: not allowed for hetzner.actions, which has no regions.',
    );
    expect(reasonOf({ ...ACTION, region: 'X', projectId: 'p' })).toBe(
      `${REGION.slice(0, -1)}; projectId: not allowed for hetzner.actions, which has no projects.`,
    );
    expect(reasonOf({ ...ACTION, region: null })).toMatch(/^region: expected a region/);
  });

  it('keeps its identity where the api is not known any more', () => {
    const parsed = parseWakeBody(
      '{"api":"later.jobs","region":"global","account":"a","projectId":null,"jobId":"1"}',
      apis,
    );
    expect(parsed).toMatchObject({ ok: false, identity: { region: 'global', jobId: '1' } });
  });
});

/** Good messages with one field spoiled in any way. */
function almost(): fc.Arbitrary<string> {
  const field = fc.constantFrom(
    'api',
    'region',
    'jobId',
    'projectId',
    'account',
    'submittedAt',
    'timeoutSeconds',
    'labels',
    'x',
  );
  return fc
    .tuple(fc.constantFrom(NLB, V3), field, fc.jsonValue())
    .map(([base, name, value]) => JSON.stringify({ ...base, [name]: value }));
}

describe('a wake message', () => {
  const identity = { ...NLB, account: 'default', projectId: null };

  it('carries identity alone', () => {
    expect(parseWakeBody(JSON.stringify(identity), apis)).toEqual({ ok: true, value: identity });
    expect(parseWakeBody('{"api":"alibaba.nlb"}', apis).ok).toBe(false);
  });
});

describe('duplicate keys', () => {
  it.each([
    ['{"a":1,"b":{"a":2}}', null],
    ['{"a":[{"b":1},{"b":2}],"c":"a"}', null],
    ['{"a":"\\"a\\":","b":1}', null],
    ['{"a":1,"\\u0061":2}', 'a'],
    ['[{"x":{"y":1,"y":2}}]', 'y'],
  ])('in %s: %s', (json, expected) => {
    expect(duplicateKey(json)).toBe(expected);
  });

  it('finds none in what JSON.stringify makes', () => {
    fc.assert(fc.property(fc.json(), (json) => duplicateKey(JSON.stringify(JSON.parse(json))) === null));
  });
});

describe('callbacks', () => {
  const closes = new Set(['stepfunctions', 'durable'] as const);
  const parse = (callbacks: unknown, kinds: ReadonlySet<'stepfunctions' | 'durable'> = closes) => {
    const parsed = parseWatchBody(JSON.stringify({ ...NLB, callbacks }), apis, kinds);
    return parsed.ok ? parsed.value.callbacks : describeProblems(parsed.problems);
  };
  const task = { kind: 'stepfunctions', token: 'AQCEAAAAKgAAAAMA/canary+token==' };
  const durable = { kind: 'durable', id: 'QVFJREJBVVRFYWNlaDEyMw==', heartbeat: true };

  it('are taken as they are', () => {
    expect(parse([task, durable])).toEqual([task, durable]);
    const plain = parseWatchBody(JSON.stringify(NLB), apis, closes);
    expect(plain.ok && 'callbacks' in plain.value).toBe(false);
  });

  it.each<[string, unknown, string]>([
    ['no list', task, 'callbacks: expected a list of 1 to 3 callbacks.'],
    ['an empty list', [], 'callbacks: expected a list of 1 to 3 callbacks.'],
    ['four', [task, task, task, task], 'callbacks: expected a list of 1 to 3 callbacks.'],
    ['no kind', [{}], 'callbacks.0.kind: required.'],
    [
      'another kind',
      [task, { kind: 'webhook' }],
      'callbacks.1.kind: expected a "kind" of "stepfunctions" or "durable".',
    ],
    ['no token', [{ kind: 'stepfunctions' }], 'callbacks.0.token: required.'],
    ['a field too many', [{ ...durable, canary: 1 }], 'callbacks.0.canary: unknown field.'],
    [
      'a token too long',
      [{ ...task, token: 'canary'.repeat(400) }],
      'callbacks.0.token: expected the task token as Step Functions gave it: 1 to 2048 printable ASCII characters ' +
        'without spaces.',
    ],
    [
      'an id of other letters',
      [{ ...durable, id: 'canary-canary' }],
      'callbacks.0.id: expected the callback id as Lambda gave it: 1 to 1024 characters of base64.',
    ],
    ['a heartbeat that is none', [{ ...task, heartbeat: 'yes' }], 'callbacks.0.heartbeat: expected true or false.'],
  ])('with %s are refused with the name of the field, and nothing of the token', (_, callbacks, expected) => {
    expect(parse(callbacks)).toBe(expected);
  });

  it('are refused by a stack that has no right to close them', () => {
    expect(parse([task, durable], new Set())).toBe(
      'callbacks: not allowed for "stepfunctions": this stack is deployed without the parameter callbackStateMachineArns; ' +
        'callbacks: not allowed for "durable": this stack is deployed without the parameter callbackFunctionArns.',
    );
    expect(parse([durable], new Set(['stepfunctions'] as const))).toMatch(/^callbacks: not allowed for "durable"/);
    expect(reason({ ...NLB, callbacks: [task] })).toMatch(/^callbacks: not allowed for "stepfunctions"/);
  });
});
