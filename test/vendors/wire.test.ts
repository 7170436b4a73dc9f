import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { Account } from '../../lib/vendors/account.ts';
import { signAcs3 } from '../../lib/vendors/alibaba/acs3.ts';
import { ALIBABA, aCall, aLab, anAccess, fixture, HUAWEI, json, poll } from './support.ts';

const captureSchema = v.array(
  v.object({ method: v.string(), url: v.string(), rawHeaders: v.array(v.string()), body: v.string() }),
);

function capture(name: string) {
  const [first] = v.parse(captureSchema, fixture(`vendors/wire/${name}.json`));
  if (first === undefined) throw new Error(`nothing captured in ${name}`);
  const headers: Record<string, string> = {};
  for (let index = 0; index < first.rawHeaders.length; index += 2) {
    headers[(first.rawHeaders[index] ?? '').toLowerCase()] = first.rawHeaders[index + 1] ?? '';
  }
  return { ...first, headers, url: new URL(first.url, `http://${headers['host']}`) };
}

function at<A extends Account>(account: A, api: string, origin: string): A {
  return { ...account, endpoints: { [api]: origin } };
}

/** Headers of the SDK's HTTP client, which say nothing to the service. */
const CLIENTS_OWN = ['connection', 'user-agent', 'accept-encoding', 'content-length'];

function withoutClientsOwn(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !CLIENTS_OWN.includes(name)));
}

describe('requests are those that Huawei Cloud’s own SDK sends, to the letter of the signature', () => {
  const v1 = aCall('huawei.elb.v1', ['ff8080825ecc523f015ecd0a98f82f77']);
  const v3 = aCall('huawei.elb.v3', ['ef6da45b-35d9-4c18-8c35-0b80d94ab9e6']);
  test.each([
    ['hw_v1_job', v1, HUAWEI],
    ['hw_v1_job_sts', v1, { ...HUAWEI, securityToken: 'SECTOKEN+/=' }],
    ['hw_elb_v3_show_job', v3, HUAWEI],
  ] as const)('%s', async (name, call, account) => {
    const captured = capture(name);
    const lab = aLab([json({})]);
    await poll(lab, call, anAccess(at(account, call.scope.api, captured.url.origin)));
    expect(lab.requests).toHaveLength(1);
    expect(lab.requests[0]?.method).toBe(captured.method);
    expect(lab.requests[0]?.url.href).toBe(captured.url.href);
    expect(lab.requests[0]?.headers).toEqual(withoutClientsOwn(captured.headers));
    expect(lab.requests[0]?.body).toBeUndefined();
  });

  test('a list has the path, the names and the escapes of the SDK', async () => {
    const captured = capture('hw_elb_v3_list_jobs');
    const lab = aLab([json({ jobs: [], page_info: { next_marker: 'm1' } }), json({ jobs: [] })]);
    const list = { shape: 'list', beganAfterMs: Date.parse('2024-03-23T08:20:42.999Z') } as const;
    await poll(lab, aCall('huawei.elb.v3', ['x'], list), anAccess(HUAWEI, 2));
    expect(lab.requests[1]?.url.pathname).toBe(captured.url.pathname);
    expect(captured.url.search).toContain('begin_time=2024-03-23T08%3A20%3A42&');
    expect(lab.requests[0]?.url.search).toBe('?begin_time=2024-03-23T08%3A20%3A42&limit=100');
    expect(lab.requests[1]?.url.search).toBe('?begin_time=2024-03-23T08%3A20%3A42&limit=100&marker=m1');
  });
});

describe('requests are those of Alibaba Cloud’s own SDK, but for the name of its credentials provider', () => {
  const nlb = 'alibaba.nlb';
  test.each([
    ['nlb_GetJobStatus_generic', aCall(nlb, ['72dcd26b-f12d-4c27-b3af-18f6aed5a001']), ALIBABA, ['ClientToken']],
    ['nlb_GetJobStatus_generic_sts', aCall(nlb, ['j1']), { ...ALIBABA, securityToken: 'STS-TOKEN-abc/+=' }, []],
    ['nlb_ListAsynJobs_generic', aCall(nlb, ['j1', 'j2']), ALIBABA, []],
    ['alb_keepalive_two_calls', aCall('alibaba.alb', ['a']), ALIBABA, []],
  ] as const)('%s', async (name, call, account, notSent) => {
    const captured = capture(name);
    const lab = aLab([json({})]);
    lab.nowMs = Date.parse('2026-11-20T15:34:29.700Z');
    await poll(lab, call, anAccess(at(account, call.scope.api, captured.url.origin)));
    const request = lab.requests[0];
    const { authorization, 'x-acs-signature-nonce': nonce, ...headers } = request?.headers ?? {};
    for (const parameter of notSent) captured.url.searchParams.delete(parameter);
    const more = call.scope.api === 'alibaba.alb' ? [['MaxResults', '100']] : [];
    const {
      authorization: _,
      'x-acs-signature-nonce': __,
      'x-acs-credentials-provider': ___,
      ...sdk
    } = captured.headers;

    expect(request?.method).toBe(captured.method);
    expect(request?.url.origin).toBe(captured.url.origin);
    expect(request?.url.pathname).toBe('/');
    expect([...(request?.url.searchParams ?? [])]).toEqual([...captured.url.searchParams, ...more]);
    expect(headers).toEqual(withoutClientsOwn(sdk));
    expect(request?.body).toBe('');

    const { accept: ____, ...unsigned } = headers as Record<string, string>;
    const signed = { ...unsigned, 'x-acs-signature-nonce': nonce ?? '' };
    const query = [...captured.url.searchParams, ...more] as [string, string][];
    expect(authorization).toBe(
      signAcs3({ method: 'POST', headers: signed, query, body: '', ...account }).authorization,
    );
    const names = /SignedHeaders=([^,]+)/.exec(captured.headers['authorization'] ?? '')?.[1] ?? '';
    expect(authorization).toContain(`SignedHeaders=${names.replace('x-acs-credentials-provider;', '')},`);
  });

  test('characters that the SDK leaves bare in the URL are escaped, and mean the same', async () => {
    const captured = capture('alb_ListAsynJobs_typed');
    const lab = aLab([json({})]);
    const ids = ['72dcd26b-f12d-4c27-b3af-18f6aed5a001', 'b2', 'c d*~(é)'];
    await poll(lab, aCall('alibaba.alb', ids));
    const sent = lab.requests[0]?.url;
    expect(sent?.search).toContain('JobIds.3=c%20d%2A~%28%C3%A9%29');
    for (const name of ['JobIds.1', 'JobIds.2', 'JobIds.3']) {
      expect(sent?.searchParams.get(name)).toBe(captured.url.searchParams.get(name));
    }
  });
});

describe('end points', () => {
  test.each([
    ['alibaba.nlb', 'https://nlb.eu-de.aliyuncs.com/'],
    ['alibaba.alb', 'https://alb.eu-de.aliyuncs.com/'],
    ['huawei.elb.v1', 'https://elb.eu-de.myhuaweicloud.com/v1.0/7b7705dce1e847b08b3b16dda67fec24/jobs/a%21b'],
    ['huawei.elb.v3', 'https://elb.eu-de.myhuaweicloud.com/v3/7b7705dce1e847b08b3b16dda67fec24/elb/jobs/a%21b'],
  ])('%s is found by the region', async (api, url) => {
    const lab = aLab([json({})]);
    await poll(lab, aCall(api, ['a!b']));
    expect(lab.requests[0]?.url.href.replace(/\?.*/, '')).toBe(url);
    expect(lab.requests[0]?.headers['host']).toBe(new URL(url).host);
  });

  test('an account’s own end point is used for its api alone, with the port in the signed host', async () => {
    const lab = aLab([json({})]);
    const account = { ...ALIBABA, endpoints: { 'alibaba.alb': 'http://127.0.0.1:8080/' } };
    await poll(lab, aCall('alibaba.alb', ['a']), anAccess(account));
    await poll(lab, aCall('alibaba.nlb', ['a']), anAccess(account));
    expect(lab.requests.map(({ headers }) => headers['host'])).toEqual(['127.0.0.1:8080', 'nlb.eu-de.aliyuncs.com']);
    expect(lab.requests[0]?.headers['authorization']).toContain('SignedHeaders=host;');
  });
});
