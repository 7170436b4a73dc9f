import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { HttpFailure, HttpRequest, HttpResponse, Send } from '../../lib/base/http.ts';
import type { Account } from '../../lib/vendors/account.ts';
import type { AlibabaAccount } from '../../lib/vendors/alibaba/account.ts';
import type { HuaweiKeyAccount, HuaweiUserAccount } from '../../lib/vendors/huawei/account.ts';
import { API_FACTS, makeVendors } from '../../lib/vendors/registry.ts';
import type { TencentAccount } from '../../lib/vendors/tencent/account.ts';
import type { Access, Call, PollResult, Vendor } from '../../lib/vendors/vendor.ts';

export const NOW_MS = Date.parse('2026-11-20T15:35:43Z');
export const PROJECT = '7b7705dce1e847b08b3b16dda67fec24';

export const ALIBABA: AlibabaAccount = { vendor: 'alibaba', accessKeyId: 'testak', accessKeySecret: 'testsk' };
export const HUAWEI: HuaweiKeyAccount = { vendor: 'huawei', accessKeyId: 'testak', accessKeySecret: 'testsk' };
export const TENCENT: TencentAccount = { vendor: 'tencent', secretId: 'testak', secretKey: 'testsk' };
export const HUAWEI_USER: HuaweiUserAccount = {
  vendor: 'huawei',
  iamEndpoint: 'https://iam.eu-de.example',
  domain: 'acme',
  username: 'watcher',
  password: 'p4ss"word',
};

/** Answers the n-th request by the n-th entry, and every later one by the last; a function sees the request. */
export type Script = readonly (Response | ((request: HttpRequest) => Response))[];
type Response = HttpResponse | HttpFailure;

export interface Lab {
  readonly vendors: ReadonlyMap<string, Vendor>;
  readonly requests: HttpRequest[];
  nowMs: number;
}

/** All vendors on one scripted network, a clock that stands and nonces that count. */
export function aLab(script: Script): Lab {
  const requests: HttpRequest[] = [];
  let nonces = 0;
  const send: Send = async (request) => {
    const entry = script[Math.min(requests.length, script.length - 1)];
    requests.push(request);
    if (entry === undefined) throw new Error('the script is empty');
    return typeof entry === 'function' ? entry(request) : entry;
  };
  const nonce = () => {
    nonces += 1;
    return `nonce${nonces}`;
  };
  const lab: Lab = { vendors: makeVendors({ send, nonce, clock: () => lab.nowMs }), requests, nowMs: NOW_MS };
  return lab;
}

export function aCall(api: string, jobIds: readonly string[], more: Partial<Call> = {}): Call {
  const facts = API_FACTS.get(api);
  const projectId = facts?.needsProject === true ? PROJECT : null;
  const region = facts?.needsRegion === false ? 'global' : 'eu-de';
  const shape = jobIds.length === 1 ? 'single' : 'batch';
  return { scope: { api, account: 'default', region, projectId }, shape, jobIds, beganAfterMs: null, ...more };
}

/** Lets this many requests through. */
export function anAccess(account: Account, requestsMax = Number.POSITIVE_INFINITY): Access {
  let spent = 0;
  return { account, acquire: async () => ++spent <= requestsMax };
}

export function poll(lab: Lab, call: Call, access: Access = anAccess(accountFor(call.scope.api))): Promise<PollResult> {
  const vendor = lab.vendors.get(call.scope.api);
  if (vendor === undefined) throw new Error(`no vendor ${call.scope.api}`);
  return vendor.poll(call, access);
}

export function accountFor(api: string): Account {
  const cloud = API_FACTS.get(api)?.cloud ?? '';
  const own = [ALIBABA, HUAWEI, TENCENT].find(({ vendor }) => vendor === cloud);
  return own ?? { vendor: 'bearer', cloud, token: 'testsk' };
}

/** A 200 with this JSON, unless told otherwise. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): HttpResponse {
  return text(JSON.stringify(value), status, { 'content-type': 'application/json', ...headers });
}

export function text(body: string, status = 200, headers: Record<string, string> = {}): HttpResponse {
  return { kind: 'response', status, headers, body };
}

export function failure(error: HttpFailure['error']): HttpFailure {
  return { kind: 'failure', error, code: null, reason: 'the fake network failed' };
}

export function alibabaError(code: string, status: number, headers: Record<string, string> = {}): HttpResponse {
  const Message = 'secret canonical request';
  return json({ RequestId: 'R-1', HostId: 'nlb.aliyuncs.com', Code: code, Message, Recommend: '' }, status, headers);
}

export function queryOf(request: HttpRequest | undefined): Record<string, string> {
  return Object.fromEntries(request?.url.searchParams ?? []);
}

/** The ids that a ListAsynJobs or GetJobStatus request names, in order. */
export function idsOf(request: HttpRequest | undefined): string[] {
  return [...(request?.url.searchParams ?? [])]
    .filter(([name]) => /^JobIds?(\.|$)/.test(name))
    .map(([, value]) => value);
}

export function kinds(result: PollResult): Record<string, string> {
  return Object.fromEntries([...result.observations].map(([id, observation]) => [id, observation.kind]));
}

export function fixture(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/${path}`, import.meta.url), 'utf8'));
}

/** The one observation of a call for one id. */
export function only(result: PollResult) {
  expect(result.observations.size).toBe(1);
  const [observation] = result.observations.values();
  if (observation === undefined) throw new Error('no observation');
  return observation;
}
