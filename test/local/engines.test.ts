import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findDynoxide, startDynamo } from '../../local/engines/dynamodb.ts';
import { makeParameterStore, type ParameterStore } from '../../local/engines/parameters.ts';
import type { Engine } from '../../local/engines/sqs.ts';
import { startSsm } from '../../local/engines/ssm.ts';

describe('the DynamoDB engine', () => {
  test('is the one that AWS_ENDPOINT_URL_DYNAMODB names, before all others', async () => {
    const engine = await startDynamo({ env: { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' } });
    expect(engine).toMatchObject({ kind: 'external', url: 'http://127.0.0.1:1', pid: null });
  });

  test('is never another than the kind that was asked for', async () => {
    await expect(startDynamo({ env: {}, kind: 'external' })).rejects.toThrow(
      'there is no external engine on this machine',
    );
  });

  test.runIf(process.platform !== 'win32')('that ends before it listens is tried again and then told', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jobwatch-path-'));
    const path = join(folder, 'dynoxide');
    writeFileSync(path, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    // The packaged binary goes first where it is installed, so that the broken one is found on other platforms only.
    const binary = findDynoxide(folder);
    if (binary === path) await expect(startDynamo({ env: { PATH: folder } })).rejects.toThrow('did not start');
    else expect(binary).toContain('@dynoxide');
    rmSync(folder, { recursive: true });
  });
});

describe('the stand-in for SSM, asked by the SDK', () => {
  let store: ParameterStore;
  let engine: Engine;
  let client: SSMClient;

  beforeAll(async () => {
    store = makeParameterStore(() => 1_795_000_000_000);
    engine = await startSsm(store);
    client = new SSMClient({
      endpoint: engine.url,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
  });

  afterAll(async () => {
    client.destroy();
    await engine.close();
  });

  test('each write raises the version', async () => {
    const first = await client.send(new PutParameterCommand({ Name: '/p/a', Value: 'one', Type: 'SecureString' }));
    const second = await client.send(new PutParameterCommand({ Name: '/p/a', Value: 'two', Overwrite: true }));
    expect([first.Version, second.Version]).toEqual([1, 2]);
    const { Parameter } = await client.send(new GetParameterCommand({ Name: '/p/a', WithDecryption: true }));
    expect(Parameter).toMatchObject({ Name: '/p/a', Value: 'two', Version: 2, Type: 'SecureString' });
    expect(Parameter?.LastModifiedDate?.getTime()).toBe(1_795_000_000_000);
  });

  test('a SecureString is sealed for whoever does not ask for it in clear', async () => {
    store.put('/p/secret', 'whsec_1');
    store.put('/p/plain', 'open', 'String');
    const { Parameters } = await client.send(new GetParametersCommand({ Names: ['/p/secret', '/p/plain'] }));
    expect(Parameters?.[0]?.Value).toMatch(/^sealed:/);
    expect(Parameters?.[0]?.Value).not.toContain('whsec_1');
    expect(Parameters?.[1]?.Value).toBe('open');
  });

  test('what is not there is named', async () => {
    await expect(client.send(new GetParameterCommand({ Name: '/none' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
    await expect(client.send(new DeleteParameterCommand({ Name: '/none' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
    const { InvalidParameters } = await client.send(new GetParametersCommand({ Names: ['/p/a', '/none'] }));
    expect(InvalidParameters).toEqual(['/none']);
  });

  test('what is there is not overwritten by accident', async () => {
    store.put('/p/b', 'one');
    const put = client.send(new PutParameterCommand({ Name: '/p/b', Value: 'two', Type: 'String' }));
    await expect(put).rejects.toMatchObject({ name: 'ParameterAlreadyExists' });
  });

  test('a path lists its own children, or all below it, ten a page', async () => {
    for (let index = 0; index < 12; index += 1) store.put(`/q/${String(index).padStart(2, '0')}`, 'x');
    store.put('/q/deep/er', 'x');
    store.put('/quite/else', 'x');
    const first = await client.send(new GetParametersByPathCommand({ Path: '/q' }));
    const second = await client.send(new GetParametersByPathCommand({ Path: '/q', NextToken: first.NextToken }));
    expect([first.Parameters?.length, second.Parameters?.length, second.NextToken]).toEqual([10, 2, undefined]);
    const deep = await client.send(
      new GetParametersByPathCommand({ Path: '/q/', Recursive: true, NextToken: first.NextToken }),
    );
    expect(deep.Parameters?.map(({ Name }) => Name)).toEqual(['/q/10', '/q/11', '/q/deep/er']);
  });

  test('a deleted parameter is gone', async () => {
    store.put('/p/c', 'x');
    await client.send(new DeleteParameterCommand({ Name: '/p/c' }));
    expect(store.get('/p/c')).toBeNull();
  });

  test.each([
    ['127.0.0.1:99', 200],
    ['localhost', 200],
    ['[::1]:99', 200],
    ['rebound.example.com', 403],
    ['127.0.0.1.example.com', 403],
    ['0x7f.example', 403],
    ['192.168.0.7', 403],
  ])('gives nothing to who calls it %j', async (host, status) => {
    store.put('/jobwatch/dev/accounts/real', 'a real key', 'SecureString');
    const headers = { host, 'x-amz-target': 'AmazonSSM.GetParameter' };
    const request = http.request(engine.url, { method: 'POST', headers });
    request.end(JSON.stringify({ Name: '/jobwatch/dev/accounts/real', WithDecryption: true }));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const body = Buffer.concat(await response.toArray()).toString();
    expect([response.statusCode, body.includes('a real key')]).toEqual([status, status === 200]);
  });
});
