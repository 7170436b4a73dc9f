import { describe, expect, test } from 'vitest';
import { NO_MEMORY } from '../../../lib/job/judgement.ts';
import { NO_DETAIL } from '../../../lib/job/observation.ts';
import type { Phase } from '../../../lib/job/phase.ts';
import { signTc3 } from '../../../lib/vendors/tencent/tc3.ts';
import { aCall, aLab, anAccess, json, kinds, NOW_MS, only, poll, TENCENT, text } from '../support.ts';

const HASH = '5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031';
const said = (value: Record<string, unknown>) => json({ Response: { ...value, RequestId: 'R-1' } });
const refused = (Code: string, status = 200) => json({ Response: { Error: { Code, Message: 'no' } } }, status);

describe('TC3-HMAC-SHA256', () => {
  const body = '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}';
  const plain = { 'content-type': 'application/json; charset=utf-8', host: 'cvm.tencentcloudapi.com' };

  // https://www.tencentcloud.com/document/product/597/34545 and the older editions of the page: the asterisks, which
  // look like a key that was blotted out, are the key of the signature that is printed.
  test.each([
    [
      'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE',
      plain,
      HASH,
      '72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168',
    ],
    [
      'Gu5t9xGARNpq86cd98joQYCN3*******',
      plain,
      HASH,
      '2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c',
    ],
    [
      '*'.repeat(32),
      { ...plain, 'x-tc-action': 'describeinstances' },
      '7019a55be8395899b900fb5564e4200d984910f34794a27cb3fb7d10ff6a1e84',
      '10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f',
    ],
  ])('the printed signature of %s', (secretKey, headers, canonicalHash, signature) => {
    const request = { service: 'cvm', headers, body, timestamp: 1_551_113_065, secretId: 'AKID', secretKey };
    const names = Object.keys(headers).join(';');
    expect(signTc3(request)).toEqual({
      canonicalHash,
      signature,
      authorization: `TC3-HMAC-SHA256 Credential=AKID/2019-02-25/cvm/tc3_request, SignedHeaders=${names}, Signature=${signature}`,
    });
  });
});

describe('requests', () => {
  test.each([
    ['tencent.clb', 'ap-guangzhou', 'https://clb.tencentcloudapi.com/', 'DescribeTaskStatus', '{"TaskId":"7"}'],
    [
      'tencent.clb',
      'ap-shanghai-fsi',
      'https://clb.ap-shanghai-fsi.tencentcloudapi.com/',
      'DescribeTaskStatus',
      '{"TaskId":"7"}',
    ],
    ['tencent.gwlb', 'ap-guangzhou', 'https://gwlb.tencentcloudapi.com/', 'DescribeTaskStatus', '{"TaskId":"7"}'],
    ['tencent.vpc', 'ap-guangzhou', 'https://vpc.tencentcloudapi.com/', 'DescribeVpcTaskResult', '{"TaskId":"7"}'],
    ['tencent.eip', 'ap-guangzhou', 'https://vpc.tencentcloudapi.com/', 'DescribeTaskResult', '{"TaskId":7}'],
    [
      'tencent.alb',
      'ap-guangzhou',
      'https://alb.tencentcloudapi.com/',
      'DescribeAsyncJobs',
      '{"RequestIds":["7"],"MaxResults":100}',
    ],
  ])('of %s in %s', async (api, region, url, action, body) => {
    const lab = aLab([said({})]);
    const call = aCall(api, ['7']);
    await poll(lab, { ...call, scope: { ...call.scope, region } }, anAccess({ ...TENCENT, token: 'T' }));
    expect(lab.requests[0]).toMatchObject({ method: 'POST', body });
    expect(lab.requests[0]?.url.href).toBe(url);
    expect(lab.requests[0]?.headers).toMatchObject({
      'x-tc-action': action,
      'x-tc-region': region,
      'x-tc-timestamp': String(NOW_MS / 1000),
      'x-tc-token': 'T',
    });
  });

  test('an EIP task beyond 2^53 is asked for digit by digit, and one that is no number not at all', async () => {
    const lab = aLab([said({ Result: 'SUCCESS' })]);
    expect(kinds(await poll(lab, aCall('tencent.eip', ['18446744073709551615', 'x', '007'])))).toEqual({
      '18446744073709551615': 'status',
      x: 'malformed',
      '007': 'malformed',
    });
    expect(lab.requests.map(({ body }) => body)).toEqual(['{"TaskId":18446744073709551615}']);
  });

  test.each([
    [1, 1],
    [20, 1],
    [45, 3],
    [200, 10],
  ])('%i jobs of ALB take %i calls', async (jobs, calls) => {
    const ids = Array.from({ length: jobs }, (_, index) => `j${index}`);
    const lab = aLab([
      ({ body = '' }) => {
        const { RequestIds } = JSON.parse(body) as { RequestIds: string[] };
        return said({ Jobs: RequestIds.map((RequestId) => ({ RequestId, Status: 'Processing' })) });
      },
    ]);
    expect(new Set(Object.values(kinds(await poll(lab, aCall('tencent.alb', ids)))))).toEqual(new Set(['status']));
    expect(lab.requests).toHaveLength(calls);
  });
});

describe('words', () => {
  const words: Phase[] = ['succeeded', 'failed', 'running'];

  test.each(['tencent.clb', 'tencent.gwlb'])('%s: a status is a number, and no other type is one', async (api) => {
    const vendor = aLab([said({})]).vendors.get(api);
    for (const [number, phase] of [...words, null, null].entries()) {
      const seen = only(await poll(aLab([said({ Status: number })]), aCall(api, ['j'])));
      expect(seen).toMatchObject({ kind: 'status', word: String(number) });
      const judged = vendor?.judge({ word: String(number), detail: NO_DETAIL }, NO_MEMORY, NOW_MS);
      expect(judged?.phase).toBe(phase);
    }
    for (const Status of ['0', '1', null, undefined, 0.5, true, {}])
      expect(only(await poll(aLab([said({ Status })]), aCall(api, ['j']))).kind).toBe('malformed');
  });

  test.each([
    ['tencent.vpc', 'Status', ['SUCCESS', 'FAILED', 'RUNNING']],
    ['tencent.eip', 'Result', ['SUCCESS', 'FAILED', 'RUNNING']],
    ['tencent.alb', '', ['Succeeded', 'Failed', 'Processing']],
  ])('%s: each word in both cases of letters', async (api, field, told) => {
    const vendor = aLab([said({})]).vendors.get(api);
    for (const [place, word] of [...told, 'Zombie'].entries()) {
      for (const written of [word, word.toLowerCase(), word.toUpperCase()]) {
        const job = { RequestId: '1', Status: written };
        const response = said(field === '' ? { Jobs: [job] } : { [field]: written });
        expect(only(await poll(aLab([response]), aCall(api, ['1'])))).toMatchObject({ kind: 'status', word: written });
        const judged = vendor?.judge({ word: written, detail: NO_DETAIL }, NO_MEMORY, NOW_MS);
        expect(judged?.phase).toBe(words[place] ?? null);
      }
    }
  });

  test('the reason of a failure is told, and only of a failure', async () => {
    const at = async (Status: number) =>
      only(await poll(aLab([said({ Status, Message: 'm', LoadBalancerIds: ['lb-1'] })]), aCall('tencent.clb', ['j'])));
    expect(await at(1)).toMatchObject({ detail: { resourceId: 'lb-1', error: { message: 'm' }, requestId: 'R-1' } });
    expect(await at(0)).toMatchObject({ detail: { error: null } });
  });
});

describe('errors inside HTTP 200', () => {
  test.each([
    ['RequestLimitExceeded', 'throttled'],
    ['RequestLimitExceeded.UinLimitExceeded', 'throttled'],
    ['InternalError', 'unreachable'],
    ['InternalError.Db', 'unreachable'],
    ['ServiceUnavailable', 'unreachable'],
    ['ResourceUnavailable', 'unreachable'],
    ['AuthFailure.SignatureFailure', 'denied'],
    ['AuthFailure.SecretIdNotFound', 'denied'],
    ['AuthFailure.TokenFailure', 'denied'],
    ['AuthFailure.UnauthorizedOperation', 'denied'],
    ['UnauthorizedOperation.CamNoAuth', 'denied'],
    ['OperationDenied', 'denied'],
    ['FailedOperation.TaskFailed', 'malformed'],
    ['InvalidParameter', 'malformed'],
    ['SomethingNew', 'malformed'],
  ])('%s is %s', async (code, kind) => {
    for (const api of ['tencent.clb', 'tencent.vpc', 'tencent.eip', 'tencent.alb'])
      expect(only(await poll(aLab([refused(code)]), aCall(api, ['1']))).kind).toBe(kind);
  });

  test('a refused key is counted once, a refused permission is the scope’s', async () => {
    const key = await poll(aLab([refused('AuthFailure.SignatureFailure')]), aCall('tencent.clb', ['a', 'b']));
    expect([key.keyRefusals, only({ ...key, observations: new Map([...key.observations].slice(0, 1)) })]).toMatchObject(
      [1, { what: 'key' }],
    );
    const scope = await poll(aLab([refused('UnauthorizedOperation')]), aCall('tencent.clb', ['a']));
    expect([scope.keyRefusals, only(scope)]).toMatchObject([0, { what: 'scope' }]);
  });

  test('an unknown task is told by VPC alone, and an ALB job by a complete list', async () => {
    const by = async (api: string) => only(await poll(aLab([refused('ResourceNotFound')]), aCall(api, ['1']))).kind;
    expect([await by('tencent.vpc'), await by('tencent.clb'), await by('tencent.eip')]).toEqual([
      'missing',
      'malformed',
      'malformed',
    ]);
    const listed = async (...Jobs: unknown[]) => only(await poll(aLab([said({ Jobs })]), aCall('tencent.alb', ['1'])));
    expect(await listed()).toMatchObject({ kind: 'missing', believedAfterMs: 600_000 });
    expect((await listed({ Status: 'Failed' })).kind).toBe('malformed');
    expect(only(await poll(aLab([text('{"Jobs":[]}')]), aCall('tencent.alb', ['1']))).kind).toBe('malformed');
  });

  test.each(['InvalidParameter', 'InvalidParameterValue.RequestId', 'FailedOperation', 'SomethingNew'])(
    'one id that spoils its batch with %s is found by halves, and the others are told',
    async (code) => {
      const ids = Array.from({ length: 20 }, (_, index) => `j${index}`);
      const lab = aLab([
        ({ body = '' }) => {
          const { RequestIds } = JSON.parse(body) as { RequestIds: string[] };
          if (RequestIds.includes('j7')) return refused(code);
          return said({ Jobs: RequestIds.map((RequestId) => ({ RequestId, Status: 'Processing' })) });
        },
      ]);
      const result = await poll(lab, aCall('tencent.alb', ids));
      const expected = Object.fromEntries(ids.map((id) => [id, id === 'j7' ? 'malformed' : 'status']));
      expect(kinds(result)).toEqual(expected);
      expect(result.observations.get('j7')).toMatchObject({ reason: expect.stringContaining(code) });
      expect(lab.requests.length).toBeLessThanOrEqual(10);
    },
  );

  test.each([
    ['a refusal of all', refused('UnsupportedRegion')],
    ['a version that is not there', refused('NoSuchVersion')],
    ['a refused permission', refused('UnauthorizedOperation')],
    ['a limit', refused('RequestLimitExceeded')],
    ['an outage', refused('InternalError')],
    ['a body that is none', text('<html/>')],
    ['a list that is none', said({ Jobs: 7 })],
    ['a 400 without a code', text('', 400)],
  ])('%s is met once by a batch', async (_, response) => {
    const lab = aLab([response]);
    await poll(lab, aCall('tencent.alb', ['a', 'b', 'c', 'd']));
    expect(lab.requests).toHaveLength(1);
  });

  test('a list is read over its pages, and not for ever', async () => {
    const pages = [
      said({ Jobs: [{ RequestId: 'a', Status: 'Failed' }], NextToken: 't' }),
      said({ Jobs: [{ RequestId: 'b', Status: 'Failed' }] }),
    ];
    expect(kinds(await poll(aLab(pages), aCall('tencent.alb', ['a', 'b', 'c'])))).toEqual({
      a: 'status',
      b: 'status',
      c: 'missing',
    });
    const endless = aLab([said({ Jobs: [], NextToken: 't' })]);
    expect(kinds(await poll(endless, aCall('tencent.alb', ['a'])))).toEqual({ a: 'malformed' });
    expect(endless.requests).toHaveLength(2);
  });

  test('a body without Response is none', async () => {
    for (const api of ['tencent.clb', 'tencent.vpc', 'tencent.eip', 'tencent.alb'])
      expect(only(await poll(aLab([json({ Status: 0, Result: 'SUCCESS' })]), aCall(api, ['1']))).kind).toBe(
        'malformed',
      );
  });
});
