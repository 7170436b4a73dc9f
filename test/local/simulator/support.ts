import { createHash, randomUUID } from 'node:crypto';
import { type IncomingMessage, request as openRequest } from 'node:http';
import { acs3Signature } from '../../../local/simulator/alibaba/verify-acs3.ts';
import { sdkHmacSignature } from '../../../local/simulator/huawei/verify-sdk-hmac.ts';
import { makeRawRequest } from '../../../local/simulator/raw-request.ts';
import type { CredentialSpec, JobSpec } from '../../../local/simulator/schema.ts';
import type { Simulator, SimulatorOptions } from '../../../local/simulator/simulator.ts';
import { startSimulator } from '../../../local/simulator/start.ts';

export const PROJECT = '7b7705dce1e847b08b3b16dda67fec24';
export const ALIBABA = { vendor: 'alibaba', accessKeyId: 'ali-key', accessKeySecret: 'ali-secret' } as const;
export const HUAWEI = { vendor: 'huawei', accessKeyId: 'hw-key', accessKeySecret: 'hw-secret' } as const;
export const USER = { vendor: 'huawei', domain: 'acme', username: 'watcher', password: 'pass' } as const;
const NOW = Date.parse('2026-11-20T10:00:00Z');

export interface Bench extends Simulator {
  /** Moves the simulator's clock. */
  tick(seconds: number): void;
  nowMs(): number;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A simulator with a clock of its own and the three credentials above; `await using` closes it. */
export async function aSimulator(options: SimulatorOptions = {}): Promise<Bench> {
  let nowMs = NOW;
  const credentials: CredentialSpec[] = [ALIBABA, HUAWEI, USER, ...(options.credentials ?? [])];
  const simulator = await startSimulator({ clock: () => nowMs, ...options, credentials });
  return {
    ...simulator,
    tick(seconds) {
      nowMs += seconds * 1000;
    },
    nowMs: () => nowMs,
    [Symbol.asyncDispose]: () => simulator.close(),
  };
}

export function aJob(job: Partial<JobSpec> & Pick<JobSpec, 'api'>): JobSpec {
  const isHuawei = job.api.startsWith('huawei.');
  const status = isHuawei ? 'RUNNING' : 'Processing';
  return { jobId: 'j1', ...(isHuawei ? { projectId: PROJECT } : {}), steps: [{ status }], ...job };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** Undefined if the text is no JSON. */
  readonly json: ReturnType<typeof JSON.parse>;
}

/** One request by a client that knows nothing of any vendor. Rejects as `node:http` does. */
export function send(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; signal?: AbortSignal } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body = '', signal } = options;
    const outgoing = openRequest(url, { method, headers, agent: false, ...(signal ? { signal } : {}) }, (message) => {
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk));
      message.on('error', reject);
      message.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: message.statusCode ?? 0, headers: message.headers, text, json: parse(text) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export interface AlibabaCall {
  readonly action?: string;
  readonly version?: string;
  readonly query?: string;
  readonly key?: { accessKeyId: string; accessKeySecret: string; securityToken?: string };
  readonly nonce?: string;
  readonly dateMs?: number;
  /** Put over the headers before signing. */
  readonly claim?: Record<string, string>;
  /** Put over the signed headers after signing; an empty value takes a header away. */
  readonly tamper?: Record<string, string>;
}

/** A call signed as Alibaba wants it: NLB GetJobStatus unless told otherwise. */
export function callAlibaba(simulator: Bench, call: AlibabaCall): Promise<Answer> {
  const { key = ALIBABA, query = '', dateMs = simulator.nowMs() } = call;
  const sent: Record<string, string> = {
    host: new URL(simulator.url).host,
    'x-acs-action': call.action ?? 'GetJobStatus',
    'x-acs-version': call.version ?? '2022-04-30',
    'x-acs-date': new Date(dateMs).toISOString().replace(/\.\d+/, ''),
    'x-acs-signature-nonce': call.nonce ?? randomUUID(),
    'x-acs-content-sha256': createHash('sha256').update('').digest('hex'),
    ...call.claim,
  };
  if ('securityToken' in key && key.securityToken !== undefined) {
    sent['x-acs-accesskey-id'] = key.accessKeyId;
    sent['x-acs-security-token'] = key.securityToken;
  }
  const names = Object.keys(sent).sort();
  const raw = makeRawRequest('POST', `/?${query}`, Object.entries(sent).flat(), Buffer.alloc(0));
  const { signature } = acs3Signature(raw, names, key.accessKeySecret);
  const authorization =
    `ACS3-HMAC-SHA256 Credential=${key.accessKeyId},` + `SignedHeaders=${names.join(';')},Signature=${signature}`;
  const headers = withoutEmpty({ ...sent, authorization, ...call.tamper });
  return send(`${simulator.url}/?${query}`, { method: 'POST', headers });
}

export function listAlb(simulator: Bench, query: string): Promise<Answer> {
  return callAlibaba(simulator, { action: 'ListAsynJobs', version: '2020-06-16', query });
}

export function listNlb(simulator: Bench, ...jobIds: string[]): Promise<Answer> {
  const query = jobIds.map((jobId, index) => `JobIds.${index + 1}=${jobId}`).join('&');
  return callAlibaba(simulator, { action: 'ListAsynJobs', query });
}

export interface HuaweiCall {
  readonly key?: { accessKeyId: string; accessKeySecret: string; securityToken?: string };
  readonly dateMs?: number;
  readonly tamper?: Record<string, string>;
}

/** `path` with its query, e.g. `/v1.0/p/jobs/j1`. */
export function callHuawei(simulator: Bench, path: string, call: HuaweiCall = {}): Promise<Answer> {
  const { key = HUAWEI, dateMs = simulator.nowMs() } = call;
  const sent: Record<string, string> = {
    host: new URL(simulator.url).host,
    'x-sdk-date': new Date(dateMs).toISOString().replace(/[-:]|\.\d+/g, ''),
  };
  if ('securityToken' in key && key.securityToken !== undefined) sent['x-security-token'] = key.securityToken;
  const names = Object.keys(sent).sort();
  const raw = makeRawRequest('GET', path, Object.entries(sent).flat(), Buffer.alloc(0));
  const { signature } = sdkHmacSignature(raw, names, key.accessKeySecret);
  const authorization =
    `SDK-HMAC-SHA256 Access=${key.accessKeyId}, ` + `SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return send(`${simulator.url}${path}`, { headers: withoutEmpty({ ...sent, authorization, ...call.tamper }) });
}

export function showV1(simulator: Bench, jobId = 'j1', call: HuaweiCall = {}): Promise<Answer> {
  return callHuawei(simulator, `/v1.0/${PROJECT}/jobs/${jobId}`, call);
}

export function showV3(simulator: Bench, jobId = 'j1', call: HuaweiCall = {}): Promise<Answer> {
  return callHuawei(simulator, `/v3/${PROJECT}/elb/jobs/${jobId}`, call);
}

export function listV3(simulator: Bench, query = ''): Promise<Answer> {
  return callHuawei(simulator, `/v3/${PROJECT}/elb/jobs?${query}`);
}

export function login(
  simulator: Bench,
  password: string = USER.password,
  project: object = { id: PROJECT },
): Promise<Answer> {
  const user = { name: USER.username, password, domain: { name: USER.domain } };
  const auth = { identity: { methods: ['password'], password: { user } }, scope: { project } };
  return send(`${simulator.url}/v3/auth/tokens`, { method: 'POST', body: JSON.stringify({ auth }) });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withoutEmpty(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
}
