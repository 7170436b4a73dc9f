import { describe, expect, it } from 'vitest';
import { parseAccount } from '../../lib/vendors/account.ts';
import { API_FACTS } from '../../lib/vendors/registry.ts';

const ALIBABA = { vendor: 'alibaba', accessKeyId: 'LTAIid', accessKeySecret: 'hush' };
const HUAWEI = { vendor: 'huawei', accessKeyId: 'id', accessKeySecret: 'hush' };
const HETZNER = { vendor: 'bearer', cloud: 'hetzner', token: 'hush' };
const USER = { vendor: 'huawei', iamEndpoint: 'https://iam.example.com', domain: 'd', username: 'u', password: 'hush' };

describe('an account', () => {
  it.each([
    [ALIBABA],
    [{ ...ALIBABA, securityToken: 'token', endpoints: { 'alibaba.nlb': 'https://nlb-vpc.cn-hangzhou.aliyuncs.com' } }],
    [HUAWEI],
    [HETZNER],
    [{ ...HETZNER, endpoints: { 'hetzner.actions': 'https://hetzner.example.com' } }],
    [
      {
        ...HUAWEI,
        endpoints: { 'huawei.elb.v3': 'https://elb.example.com:443', 'huawei.elb.v1': 'http://127.0.0.1:8080' },
      },
    ],
    [USER],
    [{ ...USER, iamEndpoint: 'https://iam.example.com/' }],
  ])('is taken: %j', (account) => {
    expect(parseAccount(JSON.stringify(account), API_FACTS)).toEqual({ ok: true, account });
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'the account is not JSON'],
    ['a list', [], 'the account is not a JSON object'],
    ['no vendor', { accessKeyId: 'x' }, 'vendor: expected "alibaba", "huawei", "tencent" or "bearer"'],
    ['another vendor', { ...ALIBABA, vendor: 'aws' }, 'vendor: expected "alibaba", "huawei", "tencent" or "bearer"'],
    [
      'a cloud that takes no token as its vendor',
      { ...HETZNER, vendor: 'hetzner' },
      expect.stringMatching(/^vendor: expected "alibaba"/),
    ],
    ['a token of no cloud', { ...HETZNER, cloud: undefined }, expect.stringMatching(/^cloud: expected .*"hetzner"/)],
    [
      'a token of a cloud that signs',
      { ...HETZNER, cloud: 'alibaba' },
      expect.stringMatching(/^cloud: expected .*"hetzner"/),
    ],
    ['no token', { ...HETZNER, token: undefined }, 'token: missing'],
    [
      'a token that would break its header',
      { ...HETZNER, token: 'hush\r\nhost: evil' },
      'token: expected a token of letters, digits and -._~+/=',
    ],
    [
      'an end point of another cloud',
      { ...HETZNER, endpoints: { 'alibaba.nlb': 'https://nlb.example.com' } },
      'endpoints: expected names out of hetzner.actions',
    ],
    ['no secret', { ...ALIBABA, accessKeySecret: undefined }, 'accessKeySecret: missing'],
    ['an empty secret', { ...ALIBABA, accessKeySecret: '' }, 'accessKeySecret: expected text that is not empty'],
    ['a number', { ...ALIBABA, accessKeyId: 7 }, 'accessKeyId: expected text'],
    ['a user without its end point', { ...USER, iamEndpoint: undefined }, 'iamEndpoint: missing'],
    [
      'an end point with a path',
      { ...USER, iamEndpoint: 'https://iam.example.com/v3' },
      'iamEndpoint: expected https://host[:port] without a path (http: only for a loopback address)',
    ],
    [
      'http to the world',
      { ...USER, iamEndpoint: 'http://iam.example.com' },
      'iamEndpoint: expected https://host[:port] without a path (http: only for a loopback address)',
    ],
    [
      'an unknown api',
      { ...HUAWEI, endpoints: { 'huawei.elb.v33': 'https://elb.example.com' } },
      expect.stringMatching(/^endpoints: expected names out of huawei.elb.v1, huawei.elb.v3, huawei.ecs, /),
    ],
    [
      'a bad end point',
      { ...HUAWEI, endpoints: { 'huawei.elb.v3': 'elb.example.com' } },
      'endpoints: expected https://host[:port] without a path (http: only for a loopback address)',
    ],
    [
      'a secret as a name',
      { ...ALIBABA, wJalrXUtnFEMI: 'x' },
      'an unknown field, expected only vendor, accessKeyId, accessKeySecret, securityToken, endpoints',
    ],
  ])('is refused with %s, and no value is shown', (_, account, reason) => {
    const text = typeof account === 'string' ? account : JSON.stringify(account);
    expect(parseAccount(text, API_FACTS)).toEqual({ ok: false, reason });
  });
});
