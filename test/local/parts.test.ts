import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeCleanup } from '../../local/cleanup.ts';
import { grantsOf, refusalOf } from '../../local/gateway/access.ts';
import type { Service } from '../../local/gateway/aws-json.ts';
import { unzip } from '../../local/runtime/unzip.ts';
import { type References, resolve } from '../../local/template/intrinsics.ts';
import { makeReferences } from '../../local/template/physical.ts';
import { parseTemplate } from '../../local/template/template.ts';
import { matchRoute } from '../../local/triggers/http-route.ts';
import { succeeded } from '../../local/triggers/queue.ts';
import { rateMs } from '../../local/triggers/rate.ts';
import { makeSchedule } from '../../local/triggers/schedule.ts';
import { template as fixture } from './fixtures/template.ts';
import { zipOf } from './fixtures/zip.ts';

const references: References = {
  ref: (name) => `<${name}>`,
  attribute: (logicalId, attribute) => `<${logicalId}.${attribute}>`,
};

describe('an intrinsic', () => {
  test.each<[unknown, unknown]>([
    [{ Ref: 'Q' }, '<Q>'],
    [{ 'Fn::GetAtt': ['Q', 'Arn'] }, '<Q.Arn>'],
    [{ 'Fn::GetAtt': 'Q.Arn' }, '<Q.Arn>'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Q' }]] }, 'a-<Q>'],
    [{ 'Fn::Sub': `a/\${Q}/\${Q.Arn}/\${!Q}` }, `a/<Q>/<Q.Arn>/\${Q}`],
    [{ 'Fn::Sub': [`\${x}-\${Q}`, { x: { Ref: 'Y' } }] }, '<Y>-<Q>'],
    [{ 'Fn::Select': ['1', { 'Fn::Split': [':', 'a:b'] }] }, 'b'],
    [{ a: { Ref: 'AWS::NoValue' }, b: [{ Ref: 'AWS::NoValue' }, 1] }, { b: [1] }],
    [
      { Ref: 'Q', other: 1 },
      { Ref: 'Q', other: 1 },
    ],
    [
      [null, true, 1.5],
      [null, true, 1.5],
    ],
  ])('in %j becomes %j', (value, expected) => {
    expect(resolve(value, references)).toEqual(expected);
  });

  test('that is not known is refused by name', () => {
    expect(() => resolve({ 'Fn::If': ['c', 1, 2] }, references)).toThrow('Fn::If is not supported here');
  });
});

describe('references', () => {
  const template = parseTemplate(fixture, 'fixture');
  const real = makeReferences(template, { stackName: 's', sqsUrl: 'http://127.0.0.1:9' });

  test.each<[string, string]>([
    ['NotesQueue', 'http://127.0.0.1:9/000000000000/s-NotesQueue'],
    ['NotesTable', 's-NotesTable'],
    ['EchoLambdaFunction', 'fixture-dev-echo'],
    ['AWS::StackName', 's'],
    ['AWS::Partition', 'aws'],
  ])('to %s are %s', (name, expected) => {
    expect(real.ref(name)).toBe(expected);
  });

  test('to what is not there, or of a type without a form here, are refused', () => {
    expect(() => real.ref('Nobody')).toThrow('the template has no resource Nobody');
    expect(() => real.ref('TickSchedule')).toThrow('AWS::Scheduler::Schedule');
    expect(() => real.attribute('NotesQueue', 'Color')).toThrow('NotesQueue has no attribute Color here');
  });
});

test('a template without resources is refused by the name of its file', () => {
  expect(() => parseTemplate({}, 'some/file.json')).toThrow('some/file.json: Resources: expected an object');
});

describe('a role', () => {
  const aTemplate = (...Statement: object[]) =>
    parseTemplate(
      { Resources: { R: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyDocument: { Statement } }] } } } },
      't',
    );
  const aCall = (service: Service, action: string, input: object) => ({
    service,
    action,
    functionName: 'functionName' in input ? String(input.functionName) : null,
    caller: 'f',
    callerKey: null,
    body: Buffer.from(JSON.stringify(input)),
  });
  const table = (name: string) => `arn:aws:dynamodb:eu-central-1:000000000000:table/${name}`;
  const lambda = (name: string) => `arn:aws:lambda:eu-central-1:000000000000:function:${name}`;
  const queue = (name: string) => `arn:aws:sqs:eu-central-1:000000000000:${name}`;

  test.each<[string, string, Service, string, object, boolean]>([
    ['sqs:SendMessage', queue('a'), 'sqs', 'SendMessageBatch', { QueueUrl: 'http://h/0/a' }, true],
    ['sqs:SendMessage', queue('a'), 'sqs', 'SendMessage', { QueueUrl: 'http://h/0/ab' }, false],
    ['sqs:SendMessage', queue('a'), 'sqs', 'DeleteMessage', { QueueUrl: 'http://h/0/a' }, false],
    ['dynamodb:Query', `${table('t')}/index/open`, 'dynamodb', 'Query', { TableName: 't', IndexName: 'open' }, true],
    ['dynamodb:Query', table('t'), 'dynamodb', 'Query', { TableName: 't', IndexName: 'open' }, false],
    ['dynamodb:BatchGetItem', table('t'), 'dynamodb', 'BatchGetItem', { RequestItems: { t: {}, u: {} } }, false],
    [
      'dynamodb:PutItem',
      table('t'),
      'dynamodb',
      'TransactWriteItems',
      { TransactItems: [{ Put: { TableName: 't' } }] },
      true,
    ],
    [
      'dynamodb:PutItem',
      table('t'),
      'dynamodb',
      'TransactWriteItems',
      { TransactItems: [{ ConditionCheck: { TableName: 't' } }] },
      false,
    ],
    [
      'ssm:GetParameters',
      'arn:aws:ssm:eu-central-1:000000000000:parameter/j/*',
      'ssm',
      'GetParameters',
      { Names: ['/j/a', '/j/b/c'] },
      true,
    ],
    [
      'ssm:GetParameters',
      'arn:aws:ssm:eu-central-1:000000000000:parameter/j/*',
      'ssm',
      'GetParameters',
      { Names: ['/j/a', '/k/b'] },
      false,
    ],
    ['lambda:InvokeFunction', lambda('f'), 'lambda', 'Invoke', { functionName: 'f' }, true],
    ['lambda:InvokeFunction', lambda('f'), 'lambda', 'Invoke', { functionName: 'g' }, false],
    ['lambda:*', '*', 'lambda', 'Invoke', { functionName: 'g' }, true],
    ['states:SendTaskSuccess', '*', 'states', 'SendTaskSuccess', {}, true],
    ['states:SendTaskSuccess', '*', 'states', 'SendTaskFailure', {}, false],
    ['events:PutEvents', 'arn:a', 'events', 'PutEvents', { Entries: [{ EventBusName: 'arn:a' }] }, true],
    ['events:PutEvents', 'arn:a', 'events', 'PutEvents', { Entries: [{ EventBusName: 'arn:b' }] }, false],
  ])('with %s on %s: %s %s of %j is allowed: %s', (Action, Resource, service, action, input, isAllowed) => {
    const grants = grantsOf(aTemplate({ Effect: 'Allow', Action, Resource }), 'R', references);
    expect(refusalOf(aCall(service, action, input), grants) === null).toBe(isAllowed);
  });

  test.each([
    ['GetItem', { Key: { id: { S: 'callback/a' } } }, true],
    ['PutItem', { Item: { id: { S: 'callback/a' } } }, true],
    ['GetItem', { Key: { id: { S: 'sub_a' } } }, false],
    ['PutItem', { Item: { id: { S: 'sub_a' } } }, false],
    ['Query', {}, false],
  ])('with a right to some keys alone: %s of %j is allowed: %s', (action, input, isAllowed) => {
    const Condition = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['callback/*'] } };
    const statement = { Effect: 'Allow', Action: 'dynamodb:*', Resource: table('t'), Condition };
    const grants = grantsOf(aTemplate(statement), 'R', references);
    expect(refusalOf(aCall('dynamodb', action, { TableName: 't', ...input }), grants) === null).toBe(isAllowed);
  });

  test('with a statement that is not understood is refused rather than misread', () => {
    const conditional = { Effect: 'Allow', Action: 'a:b', Resource: 'r', Condition: {} };
    expect(() => grantsOf(aTemplate(conditional), 'R', references)).toThrow(
      "R: can't judge a statement with Condition",
    );
    expect(() => grantsOf(aTemplate({ Effect: 'Deny', Action: 'a:b', Resource: 'r' }), 'R', references)).toThrow(
      'Effect: Deny',
    );
  });
});

describe('a batch', () => {
  const messages = [{ MessageId: 'a' }, { MessageId: 'b' }];
  const failing = (...ids: unknown[]) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });

  test.each<[string, unknown, boolean, string[]]>([
    ['no failures', { batchItemFailures: [] }, true, ['a', 'b']],
    ['no list', {}, true, ['a', 'b']],
    ['nothing', null, true, ['a', 'b']],
    ['one failure', failing('b'), true, ['a']],
    ['all failures', failing('a', 'b'), true, []],
    ['an unknown id', failing('c'), true, []],
    ['an empty id', failing(''), true, []],
    ['a broken id', failing(null), true, []],
    ['a text', 'done', true, []],
    ['one failure, unreported', failing('b'), false, ['a', 'b']],
  ])('answered with %s', (_, payload, reportsFailures, deleted) => {
    expect(succeeded({ ok: true, payload }, messages, reportsFailures).map(({ MessageId }) => MessageId)).toEqual(
      deleted,
    );
  });

  test('whose invocation failed deletes nothing', () => {
    const error = { errorType: 'Error', errorMessage: 'no' };
    expect(succeeded({ ok: false, error }, messages, true)).toEqual([]);
  });
});

describe('a route', () => {
  const routes = ['$default', 'ANY /v1/{proxy+}', 'GET /v1/jobs/{id}', 'ANY /v1/jobs/{id}'].map((key) => ({
    key,
    target: key,
  }));

  test.each<[string, string, string, object]>([
    ['GET', '/v1/jobs/7', 'GET /v1/jobs/{id}', { id: '7' }],
    ['POST', '/v1/jobs/7', 'ANY /v1/jobs/{id}', { id: '7' }],
    ['GET', '/v1/jobs/7/stop', 'ANY /v1/{proxy+}', { proxy: 'jobs/7/stop' }],
    ['GET', '/v1/a%2Fb%ZZ', 'ANY /v1/{proxy+}', { proxy: 'a%2Fb%ZZ' }],
    ['GET', '/v1', '$default', {}],
  ])('for %s %s is %s', (method, path, key, parameters) => {
    expect(matchRoute(routes, method, path)).toMatchObject({ route: { key }, parameters });
  });

  test('is none where none fits', () => {
    expect(matchRoute(routes.slice(2, 3), 'POST', '/v1/jobs/7')).toBeNull();
  });
});

describe('a rate', () => {
  test.each([
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(2 days)', 172_800_000],
  ])('%s is %i ms', (expression, ms) => {
    expect(rateMs(expression)).toBe(ms);
  });

  test.each(['rate(0 minutes)', 'cron(0 12 * * ? *)', 'rate(1 fortnight)', ''])('%j is refused', (expression) => {
    expect(() => rateMs(expression)).toThrow('only rate(…) is supported here');
  });
});

describe('a schedule', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('fires at once and at every interval, and not while the last is still at work', async () => {
    const ends: (() => void)[] = [];
    const fire = vi.fn(() => new Promise<void>((resolve) => ends.push(resolve)));
    const schedule = makeSchedule({ functionName: 'f', intervalMs: 1000, fire });
    await vi.advanceTimersByTimeAsync(5000);
    expect(fire).toHaveBeenCalledTimes(0);
    schedule.resume();
    await vi.advanceTimersByTimeAsync(2500);
    expect([fire.mock.calls.length, schedule.skipped()]).toEqual([1, 2]);
    ends[0]?.();
    await vi.advanceTimersByTimeAsync(500);
    expect(fire).toHaveBeenCalledTimes(2);
    let isPaused = false;
    const paused = schedule.pause().then(() => {
      isPaused = true;
    });
    await vi.advanceTimersByTimeAsync(5000);
    expect([fire.mock.calls.length, isPaused]).toEqual([2, false]);
    ends[1]?.();
    await paused;
  });
});

describe('a zip', () => {
  test('is unpacked below its folder', () => {
    const folder = mkdtempSync(join(tmpdir(), 'jobwatch-zip-'));
    writeFileSync(join(folder, 'a.zip'), zipOf('deep/er/index.cjs', Buffer.from('module.exports = 1')));
    unzip(join(folder, 'a.zip'), folder);
    expect(readFileSync(join(folder, 'deep/er/index.cjs'), 'utf8')).toBe('module.exports = 1');
    rmSync(folder, { recursive: true });
  });

  test.each([
    ['leaves its folder', zipOf('../x', Buffer.from('x'))],
    ['is no zip', Buffer.from('nothing')],
  ])('that %s is refused', (sentence, bytes) => {
    const folder = mkdtempSync(join(tmpdir(), 'jobwatch-zip-'));
    writeFileSync(join(folder, 'a.zip'), bytes);
    expect(() => unzip(join(folder, 'a.zip'), folder)).toThrow(sentence);
    rmSync(folder, { recursive: true });
  });
});

describe('a cleanup', () => {
  test('ends things in the opposite order, all of them though one fails, and once', async () => {
    const ended: string[] = [];
    const cleanup = makeCleanup();
    const closable = (name: string) => ({ close: () => void ended.push(name) });
    await cleanup.owns(closable('first'));
    const bad = {
      close() {
        throw new Error('stuck');
      },
    };
    await cleanup.owns(bad);
    await cleanup.owns(Promise.resolve(closable('last')));
    await expect(cleanup.run()).rejects.toThrow('stuck');
    await cleanup.run();
    expect(ended).toEqual(['last', 'first']);
  });

  test('waits for what is still starting', async () => {
    const ended: string[] = [];
    const cleanup = makeCleanup();
    let begin: (thing: { close(): void }) => void = () => undefined;
    const starting = new Promise<{ close(): void }>((resolve) => {
      begin = resolve;
    });
    void cleanup.owns(starting);
    const run = cleanup.run();
    begin({ close: () => void ended.push('late') });
    await run;
    expect(ended).toEqual(['late']);
  });
});
