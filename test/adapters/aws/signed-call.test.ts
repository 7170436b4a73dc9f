import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeInvoke } from '../../../lib/adapters/aws/invoke-lambda.ts';
import { makeReadParameter } from '../../../lib/adapters/aws/parameter.ts';
import type { AwsRequest, SignedCallOptions } from '../../../lib/adapters/aws/signed-call.ts';
import { makeSend } from '../../../lib/adapters/http/send.ts';
import type { HttpFailure, HttpRequest, HttpResponse } from '../../../lib/base/http.ts';
import { signedCallTo } from './aws-calls.ts';

interface Seen {
  readonly request: IncomingMessage;
  readonly body: string;
}

type Reply = { status: number; body?: string; headers?: Record<string, string> } | 'cut' | 'hang';

const OK: Reply = { status: 200, body: '{}' };
const REQUEST: AwsRequest = { service: 'ssm', path: '/', headers: {}, body: '{}', repeatable: true };
const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI', sessionToken: 'a+token/of=one' };

let replies: Reply[] = [];
let seen: Seen[] = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  seen.push({ request, body });
  const reply = replies.length > 1 ? replies.shift() : replies[0];
  if (reply === 'cut') request.socket.destroy();
  else if (reply !== 'hang' && reply !== undefined) response.writeHead(reply.status, reply.headers).end(reply.body);
});
let url = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  [replies, seen] = [[OK], []];
});

describe('a signed call', () => {
  it('is signed as the official client of SSM signs the same request', async () => {
    const ssm = new SSMClient({ region: 'eu-west-3', endpoint: url, credentials: KEYS, maxAttempts: 1 });
    await ssm.send(new GetParameterCommand({ Name: '/a/ü', WithDecryption: true })).catch(() => undefined);
    ssm.destroy();
    const official = seen[0];
    const date = String(official?.request.headers['x-amz-date']);
    const atMs = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
    // The official client signs more headers than it needs to; the same ones are given here.
    const authorization = String(official?.request.headers.authorization);
    const signed = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
    const given = signed.filter((name) => !['host', 'x-amz-date', 'x-amz-security-token'].includes(name));
    const headers = Object.fromEntries(given.map((name) => [name, String(official?.request.headers[name])]));
    const call = signedCallTo(url, { region: 'eu-west-3', credentials: async () => KEYS, clock: () => atMs });
    await call({ ...REQUEST, headers, body: official?.body ?? '' });
    expect(seen[1]?.request.headers.authorization).toBe(authorization);
    expect(authorization).toContain('/eu-west-3/ssm/aws4_request');
    expect(seen[1]?.request.headers['x-amz-security-token']).toBe(KEYS.sessionToken);
    expect(seen[1]?.body).toBe('{"Name":"/a/ü","WithDecryption":true}');
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['lambda', 'eu-central-1', {}, 'https://lambda.eu-central-1.amazonaws.com/'],
    ['ssm', 'cn-north-1', {}, 'https://ssm.cn-north-1.amazonaws.com.cn/'],
    ['ssm', 'us-gov-west-1', {}, 'https://ssm.us-gov-west-1.amazonaws.com/'],
    ['ssm', 'eusc-de-east-1', {}, 'https://ssm.eusc-de-east-1.amazonaws.eu/'],
    ['lambda', 'eusc-de-east-1', {}, 'https://lambda.eusc-de-east-1.amazonaws.eu/'],
    ['ssm', 'x', { AWS_ENDPOINT_URL: 'https://all.test' }, 'https://all.test/'],
    [
      'ssm',
      'x',
      { AWS_ENDPOINT_URL: 'https://all.test', AWS_ENDPOINT_URL_SSM: 'https://ssm.test:1' },
      'https://ssm.test:1/',
    ],
    ['lambda', 'x', { AWS_ENDPOINT_URL_SSM: 'https://ssm.test' }, 'https://lambda.x.amazonaws.com/'],
    ['states', 'eu-central-1', {}, 'https://states.eu-central-1.amazonaws.com/'],
    ['events', 'cn-north-1', {}, 'https://events.cn-north-1.amazonaws.com.cn/'],
    ['states', 'x', { AWS_ENDPOINT_URL_SFN: 'https://sfn.test' }, 'https://sfn.test/'],
    ['events', 'x', { AWS_ENDPOINT_URL_EVENTBRIDGE: 'https://bus.test' }, 'https://bus.test/'],
  ])('of %s in %s with %o goes to %s', async (service, region, environment, address) => {
    const sent: HttpRequest[] = [];
    const send = async (request: HttpRequest): Promise<HttpResponse> => {
      sent.push(request);
      return { kind: 'response', status: 200, headers: {}, body: '' };
    };
    await signedCallTo(url, { send, region, environment })({ ...REQUEST, service: service as 'ssm' });
    expect(sent.map((request) => [request.url.href, request.headers['host']])).toEqual([
      [address, new URL(address).host],
    ]);
  });

  it.each<[string, Reply, number, number]>([
    ['a 500', { status: 500 }, 3, 1],
    ['a 503', { status: 503, body: '{"__type":"ServiceUnavailable"}' }, 3, 1],
    ['a 429', { status: 429 }, 3, 3],
    ['a throttling', { status: 400, body: '{"__type":"com.amazon#ThrottlingException"}' }, 3, 3],
    ['a cut connection', 'cut', 3, 1],
    ['a refusal', { status: 400, body: '{"__type":"AccessDeniedException"}' }, 1, 1],
    ['a redirect', { status: 307, headers: { location: '/elsewhere' } }, 1, 1],
    ['an endless answer', { status: 200, body: 'x'.repeat(20_000) }, 1, 1],
  ])('that finds %s is tried again where that does no harm', async (_, reply, repeatable, single) => {
    for (const [isRepeatable, tries] of [
      [true, repeatable],
      [false, single],
    ] as const) {
      [replies, seen] = [[reply], []];
      const { error } = await signedCallTo(url)({ ...REQUEST, repeatable: isRepeatable });
      expect([isRepeatable, seen.length, error === null]).toEqual([isRepeatable, tries, false]);
    }
  });

  it('takes the answer of a later try, signed anew', async () => {
    replies = [{ status: 500 }, 'cut', { status: 200, body: 'here' }];
    let nowMs = 0;
    const clock = () => {
      nowMs += 1000;
      return nowMs;
    };
    expect(await signedCallTo(url, { clock })(REQUEST)).toEqual({
      error: null,
      status: 200,
      failure: null,
      body: 'here',
    });
    expect(new Set(seen.map(({ request }) => request.headers.authorization)).size).toBe(3);
  });

  it('waits longer before each further try, by chance', async () => {
    replies = [{ status: 500 }];
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    await signedCallTo(url, { sleep, random: () => 0.5 })(REQUEST);
    expect(waits).toEqual([50, 100]);
  });

  it('gives up on a service that never answers', async () => {
    replies = ['hang'];
    const send = makeSend({ timeoutMs: 30, maxBytes: 100 });
    const { error } = await signedCallTo(url, { send })({ ...REQUEST, repeatable: false });
    expect(error).toContain('gave no whole answer within 30 ms');
    expect(seen).toHaveLength(1);
  });

  it('tries again when nobody was there, even what is not to be repeated', async () => {
    const tries: string[] = [];
    const send = async ({ method }: HttpRequest): Promise<HttpFailure> => {
      tries.push(method);
      return { kind: 'failure', error: 'connect', code: 'ECONNREFUSED', reason: 'no connection' };
    };
    expect(await signedCallTo(url, { send })({ ...REQUEST, repeatable: false })).toEqual({
      error: 'no connection',
      status: null,
      failure: 'connect',
      body: '',
    });
    expect(tries).toHaveLength(3);
  });

  it.each<[Reply, string]>([
    [{ status: 400, body: '{"__type":"com.amazonaws.ssm#ParameterNotFound"}' }, 'ParameterNotFound'],
    [{ status: 403, headers: { 'x-amzn-errortype': 'AccessDeniedException:http://x/' } }, 'AccessDeniedException'],
    [{ status: 418, body: `{"__type":"<b>${KEYS.secretAccessKey}</b>"}` }, 'HTTP 418'],
    [{ status: 400, body: `<html>${KEYS.secretAccessKey}` }, 'HTTP 400'],
  ])('names the error of %o and nothing else of the answer', async (reply, error) => {
    replies = [reply];
    expect((await signedCallTo(url)(REQUEST)).error).toBe(error);
  });

  it('rejects without credentials, before anything is sent', async () => {
    const credentials: SignedCallOptions['credentials'] = () => Promise.reject(new Error('no credentials'));
    await expect(signedCallTo(url, { credentials })(REQUEST)).rejects.toThrow('no credentials');
    expect(seen).toEqual([]);
  });
});

describe('a parameter', () => {
  it('comes decrypted, with its version', async () => {
    replies = [{ status: 200, body: '{"Parameter":{"Name":"/a","Value":"v","Version":3}}' }];
    expect(await makeReadParameter(signedCallTo(url))('/a')).toEqual({ value: 'v', version: '3' });
    expect(seen[0]?.request.headers).toMatchObject({
      'x-amz-target': 'AmazonSSM.GetParameter',
      'content-type': 'application/x-amz-json-1.1',
    });
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ Name: '/a', WithDecryption: true });
  });

  it('that is not there is null', async () => {
    replies = [{ status: 400, body: '{"__type":"ParameterNotFound"}' }];
    expect(await makeReadParameter(signedCallTo(url))('/a')).toBeNull();
  });

  it.each<[string, Reply, string]>([
    ['a missing right', { status: 400, body: '{"__type":"AccessDeniedException"}' }, 'AccessDeniedException'],
    ['no JSON', { status: 200, body: '<secret>' }, 'a malformed answer'],
    ['an answer without a value', { status: 200, body: '{"Parameter":{"Version":1}}' }, 'a malformed answer'],
  ])('rejects on %s, and says why', async (_, reply, code) => {
    replies = [reply];
    const fault = { name: 'ParameterError', code, message: `SSM's GetParameter failed: ${code}` };
    await expect(makeReadParameter(signedCallTo(url))('/a')).rejects.toMatchObject(fault);
  });
});

describe('an event for a function', () => {
  it('is put on its queue', async () => {
    replies = [{ status: 202 }];
    expect(await makeInvoke(signedCallTo(url), 'jobwatch-dev-watch')({ worker: 2 })).toBeNull();
    expect(seen[0]?.request.url).toBe('/2015-03-31/functions/jobwatch-dev-watch/invocations');
    expect(seen[0]?.request.headers['x-amz-invocation-type']).toBe('Event');
    expect(seen[0]?.body).toBe('{"worker":2}');
  });

  it('is not sent again if it may have been taken', async () => {
    replies = ['cut'];
    expect(await makeInvoke(signedCallTo(url), 'watch')({})).toContain('broke');
    expect(seen).toHaveLength(1);
  });
});
