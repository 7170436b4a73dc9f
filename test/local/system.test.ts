import { rmSync } from 'node:fs';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type System, startSystem } from '../../local/system.ts';
import { packageFixture } from './fixtures/package.ts';

let packageDir = '';
let system: System;
let sqs: SQSClient;
let dynamo: DynamoDBClient;
const logs: string[] = [];
const errors: unknown[] = [];

beforeAll(async () => {
  packageDir = await packageFixture();
  system = await startSystem({
    packageDir,
    speed: 600,
    paused: true,
    parameters: { '/fixture/greeting': 'good morning' },
    environment: { '*': { COLOR: 'green' }, echo: { SHAPE: 'round' } },
    onLog: (name, line) => logs.push(`${name}: ${line}`),
    onError: (name, error) => errors.push({ name, error }),
  });
  sqs = new SQSClient(system.clientSettings('sqs'));
  dynamo = new DynamoDBClient(system.clientSettings('dynamodb'));
});

afterEach(async () => {
  await system.pause();
  errors.length = 0;
});

afterAll(async () => {
  sqs.destroy();
  dynamo.destroy();
  await system.close();
  rmSync(packageDir, { recursive: true });
});

async function notes(): Promise<string[]> {
  const { Items } = await dynamo.send(
    new ScanCommand({ TableName: system.outputs['NotesTableName'], ConsistentRead: true }),
  );
  return (Items ?? []).map((item) => item['text']?.S ?? '').sort();
}

async function inFlight(): Promise<string | undefined> {
  const AttributeNames = ['All' as const];
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: system.outputs['NotesQueueUrl'], AttributeNames }),
  );
  return Attributes?.['ApproximateNumberOfMessagesNotVisible'];
}

describe('an invocation', () => {
  test('gets its event, a context, and an environment of its own only', async () => {
    const result = await system.invoke('echo', { a: [1] });
    expect(result).toMatchObject({
      ok: true,
      payload: {
        event: { a: [1] },
        functionName: 'fixture-dev-echo',
        env: {
          STAGE: 'dev',
          QUEUE_ARN: 'arn:aws:sqs:eu-central-1:000000000000:jobwatch-local-NotesQueue',
          COLOR: 'green',
          SHAPE: 'round',
          AWS_LAMBDA_FUNCTION_NAME: 'fixture-dev-echo',
          AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
          AWS_ENDPOINT_URL_SQS: system.urls.sqs,
        },
      },
    });
    const { remainingMs, env, awsRequestId } = (
      result as { payload: { remainingMs: number; env: object; awsRequestId: string } }
    ).payload;
    expect(remainingMs).toBeGreaterThan(0);
    expect(remainingMs).toBeLessThanOrEqual(5000);
    expect(awsRequestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(Object.keys(env)).not.toContain('PATH');
    expect(Object.keys(env)).not.toContain('NODE_OPTIONS');
  });

  test('fails with the name of the error, and the environment stays warm', async () => {
    const { invocations: before } = await payloadOf('echo', {});
    const failed = await system.invoke('echo', { mode: 'throw' });
    expect(failed).toMatchObject({ ok: false, error: { errorType: 'RangeError', errorMessage: 'as asked' } });
    expect((await payloadOf('echo', {}))['invocations']).toBe(Number(before) + 2);
  });

  test('whose environment ends by itself fails, and the next one starts cold', async () => {
    const failed = await system.invoke('echo', { mode: 'exit' });
    expect(failed).toMatchObject({ ok: false, error: { errorType: 'Runtime.ExitError' } });
    expect((await payloadOf('echo', {}))['invocations']).toBe(1);
  });

  test.each(['hang', 'hold'])('that goes on for ever (%s) is ended by the time-out of its function', async (mode) => {
    const failed = await system.invoke('hasty', { mode });
    expect(failed).toMatchObject({ ok: false, error: { errorType: 'Sandbox.Timedout' } });
  });

  test('at the same time as another gets an environment of its own', async () => {
    await system.kill('echo');
    const both = await Promise.all([payloadOf('echo', {}), payloadOf('echo', {})]);
    expect(both.map((payload) => payload['invocations'])).toEqual([1, 1]);
  });

  test('prints to the log', async () => {
    await system.kill('echo');
    logs.length = 0;
    await system.invoke('echo', {});
    await vi.waitFor(() => expect(logs).toContain('echo: invocation 1'), { timeout: 15_000 });
  });

  test('of an unknown function is refused', async () => {
    await expect(system.invoke('nobody')).rejects.toThrow('there is no function nobody');
  });
});

describe('the queue', () => {
  test('is polled for its function; what failed stays, what succeeded is deleted', async () => {
    const bodies = ['one', 'bad', 'two'];
    const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: system.outputs['NotesQueueUrl'], Entries }));
    system.resume('consume');
    await vi.waitFor(async () => expect(await notes()).toEqual(expect.arrayContaining(['one', 'two'])), {
      timeout: 15_000,
    });
    await system.pause();
    expect(await inFlight()).toBe('1');
  });

  test('sees a role refuse what it does not grant', async () => {
    await sqs.send(new SendMessageCommand({ QueueUrl: system.outputs['NotesQueueUrl'], MessageBody: 'forbidden' }));
    system.resume('consume');
    const refusal =
      'AccessDeniedException: consume is not authorized to perform dynamodb:Scan on ' +
      'arn:aws:dynamodb:eu-central-1:000000000000:table/jobwatch-local-NotesTable';
    await vi.waitFor(async () => expect(await notes()).toContain(refusal), { timeout: 15_000 });
  });
});

test('a schedule fires, and what its function sends arrives; requests are counted by function and action', async () => {
  system.resetRequestCounts();
  system.resume();
  await vi.waitFor(async () => expect(await notes()).toContain('good morning'), { timeout: 15_000 });
  await system.pause();
  const counts = system.requestCounts();
  expect(counts['tick']?.['ssm:GetParameter']).toBeGreaterThan(0);
  expect(counts['tick']?.['sqs:SendMessage']).toBe(counts['tick']?.['ssm:GetParameter']);
  expect(counts['consume']?.['dynamodb:PutItem']).toBeGreaterThan(0);
  expect(counts['trigger:consume']?.['sqs:DeleteMessageBatch']).toBeGreaterThan(0);
  expect(counts['stack']).toBeUndefined();
});

test('a failed invocation of a schedule is told', async () => {
  system.parameters.remove('/fixture/greeting');
  system.resume('tick');
  const error = expect.objectContaining({ errorType: 'ParameterNotFound' });
  await vi.waitFor(() => expect(errors).toContainEqual({ name: 'tick', error }), { timeout: 15_000 });
  await system.pause('tick');
  system.parameters.put('/fixture/greeting', 'good morning');
});

describe('the HTTP API', () => {
  test('hands requests on in payload format 2.0', async () => {
    const answer = await fetch(`${system.outputs['HttpApiUrl']}/v1/jobs/a%20b?x=1&x=2&y=`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Mark': 'M' },
      body: '{"ä":1}',
    });
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as { event: object }).event).toMatchObject({
      version: '2.0',
      routeKey: 'ANY /v1/{proxy+}',
      rawPath: '/v1/jobs/a%20b',
      rawQueryString: 'x=1&x=2&y=',
      queryStringParameters: { x: '1,2', y: '' },
      pathParameters: { proxy: 'jobs/a b' },
      headers: { 'content-type': 'application/json', 'x-mark': 'M' },
      body: '{"ä":1}',
      isBase64Encoded: false,
      requestContext: { http: { method: 'POST', path: '/v1/jobs/a%20b', sourceIp: '127.0.0.1' }, stage: '$default' },
    });
  });

  test('answers 404 where there is no route', async () => {
    const answer = await fetch(`${system.urls.api}/v2/jobs`);
    expect([answer.status, await answer.text()]).toEqual([404, '{"message":"Not Found"}']);
  });
});

async function payloadOf(name: string, event: unknown): Promise<Record<string, unknown>> {
  const result = await system.invoke(name, event);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.payload as Record<string, unknown>;
}
