import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { METRICS } from '../lib/metrics/names.ts';
import { grantsOf } from '../local/gateway/access.ts';
import type { Parameters } from '../local/template/conditions.ts';
import { resolve } from '../local/template/intrinsics.ts';
import { PACKAGE_DIR, readTemplate, resourcesOf, TEMPLATE_FILE } from '../local/template/template.ts';
import { metricsOf, metricsOfAlarm, readDashboard, SHOWN } from '../scripts/docs/template-facts.ts';
import { packageStack } from '../scripts/package.ts';

/**
 * Goal: what the parameters of the one packaged template choose, and what makes the stack fit for production. Method:
 * settle its conditions, look.
 */
const ROOT = join(import.meta.dirname, '..');
const PATH = join(ROOT, PACKAGE_DIR, TEMPLATE_FILE);
const QUEUES = ['PendingQueue', 'RejectedQueue', 'DeliveriesQueue', 'DeadDeliveriesQueue'];
const FUNCTIONS = ['Watch', 'Wake', 'Deliver', 'Reconcile', 'Api'];
const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const TOPIC = 'arn:aws:sns:eu-central-1:111122223333:ops';
const DEPLOYERS = 'arn:aws:iam::111122223333:role/ci,arn:aws:iam::444455556666:role/deploy-*';

beforeAll(async () => {
  await packageStack(ROOT);
});

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function with_(parameters: Parameters = {}) {
  const template = readTemplate(PATH, parameters);
  const propertiesOf = (logicalId: string): Record<string, unknown> => {
    const resource = template.resources[logicalId];
    if (resource === undefined) throw new Error(`the template has no ${logicalId}`);
    return resolve(resource.properties, SHOWN) as Record<string, unknown>;
  };
  const statementsOf = (logicalId: string): readonly Statement[] => {
    const { PolicyDocument, Policies } = propertiesOf(logicalId) as {
      PolicyDocument?: { Statement: Statement[] };
      Policies?: { PolicyDocument: { Statement: Statement[] } }[];
    };
    return PolicyDocument?.Statement ?? (Policies ?? []).flatMap((policy) => policy.PolicyDocument.Statement);
  };
  return { template, propertiesOf, statementsOf };
}

describe('queue policies', () => {
  test.each(QUEUES)('%s is reached by TLS alone', (queue) => {
    const { statementsOf, propertiesOf } = with_();
    expect(propertiesOf(`${queue}Policy`)['Queues']).toEqual([`<${queue}>`]);
    expect(statementsOf(`${queue}Policy`)).toContainEqual({
      Sid: 'TlsOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: 'sqs:*',
      Resource: `<${queue}.Arn>`,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
  });

  test.each(QUEUES)('%s takes messages from just those roles that may send by their own policies', (queue) => {
    const { statementsOf, template } = with_();
    const senders = FUNCTIONS.filter((name) =>
      grantsOf(template, `${name}Role`, SHOWN).some(
        ({ action, resource }) => action === 'sqs:SendMessage' && resource === `<${queue}.Arn>`,
      ),
    );
    const [denial] = statementsOf(`${queue}Policy`).filter(({ Action }) => Action === 'sqs:SendMessage');
    const roles = [denial?.Condition?.['ArnNotEquals']?.['aws:PrincipalArn']].flat();
    expect(roles.toSorted()).toEqual(senders.map((name) => `<${name}Role.Arn>`).toSorted());
    expect(denial).toMatchObject({ Effect: 'Deny', Principal: '*', Resource: `<${queue}.Arn>` });
  });

  test('without deployers nobody outside may send, and nobody is allowed to', () => {
    const { statementsOf } = with_();
    for (const queue of QUEUES) {
      const statements = statementsOf(`${queue}Policy`);
      expect(statements.map(({ Effect }) => Effect)).toEqual(['Deny', 'Deny']);
      expect(statements[1]?.Condition).not.toHaveProperty('ArnNotLike');
    }
  });

  test('deployers may send to pending, from other accounts too, and put dead messages back', () => {
    const { statementsOf } = with_({ DeployerArns: DEPLOYERS });
    const named = { 'aws:PrincipalArn': DEPLOYERS.split(',') };
    expect(statementsOf('PendingQueuePolicy').slice(1)).toMatchObject([
      { Effect: 'Deny', Action: 'sqs:SendMessage', Condition: { ArnNotLike: named } },
      { Effect: 'Allow', Condition: { ArnLike: named } },
    ]);
    expect(statementsOf('DeliveriesQueuePolicy')[1]?.Condition).toMatchObject({ ArnNotLike: named });
    for (const queue of ['RejectedQueue', 'DeadDeliveriesQueue'])
      expect(statementsOf(`${queue}Policy`)[1]?.Condition).not.toHaveProperty('ArnNotLike');
  });
});

test.each([
  ['none', true],
  ['arn:aws:iam::111122223333:role/ci', true],
  ['arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com*/AWSReservedSSO_Deploy_*', true],
  ['*', false],
  ['arn:aws:iam::*:role/ci', false],
  ['arn:aws:iam::111122223333:*', false],
  ['', false],
])('the deployer %s is accepted: %s', (arn, accepted) => {
  const { Parameters } = JSON.parse(readFileSync(PATH, 'utf8'));
  expect(new RegExp(Parameters.DeployerArns.AllowedPattern).test(arn)).toBe(accepted);
});

describe('the open API bears a flood', () => {
  const stageOf = (parameters: Parameters = {}) => with_(parameters).propertiesOf('HttpApiStage');

  test('it takes so many requests a second of all callers', () => {
    expect(stageOf()['DefaultRouteSettings']).toEqual({
      DetailedMetricsEnabled: false,
      ThrottlingRateLimit: '50',
      ThrottlingBurstLimit: '100',
    });
    expect(stageOf({ ApiRateLimit: '7', ApiBurstLimit: '9' })['DefaultRouteSettings']).toMatchObject({
      ThrottlingRateLimit: '7',
      ThrottlingBurstLimit: '9',
    });
  });

  test('each request is logged, with neither its path nor its query nor a header', () => {
    const { DestinationArn, Format } = stageOf()['AccessLogSettings'] as { DestinationArn: string; Format: string };
    expect(DestinationArn).toBe('<HttpApiLogGroup.Arn>');
    expect(Object.values(JSON.parse(Format)).toSorted()).toEqual([
      '$context.error.responseType',
      '$context.identity.sourceIp',
      '$context.requestId',
      '$context.requestTime',
      '$context.responseLength',
      '$context.routeKey',
      '$context.status',
    ]);
  });

  test('deliver leaves the others a part of the concurrency, and nothing is reserved that nobody asked for', () => {
    const { propertiesOf } = with_();
    for (const name of FUNCTIONS)
      expect(propertiesOf(`${name}LambdaFunction`)).not.toHaveProperty('ReservedConcurrentExecutions');
    const scaling = (parameters: Parameters = {}) =>
      with_(parameters).propertiesOf('DeliverEventSourceMappingSQSDeliveriesQueue')['ScalingConfig'];
    expect(scaling()).toEqual({ MaximumConcurrency: '20' });
    expect(scaling({ DeliverConcurrency: '5' })).toEqual({ MaximumConcurrency: '5' });
  });
});

describe('no function may', () => {
  const rightsOf = (name: string) =>
    grantsOf(with_().template, `${name}Role`, SHOWN).map(({ action, resource }) => `${action} ${resource}`);

  test.each([
    ['read webhook secrets', /SecretsTable/, ['Deliver', 'Api']],
    ['make or change webhook secrets', /(Put|Update|Delete)Item <SecretsTable/, ['Api']],
    ['read vendors’ accounts', /^ssm:.*\/accounts\//, ['Watch', 'Wake']],
    ['read the hashes of tokens', /^ssm:.*\/api-tokens$/, ['Api']],
    ['take messages off the pending queue', /^sqs:(Receive|Delete)Message <PendingQueue/, ['Watch', 'Wake']],
    ['take messages off the deliveries queue', /^sqs:(Receive|Delete)Message <DeliveriesQueue/, ['Deliver']],
    ['read rejected messages', /^sqs:ReceiveMessage <Rejected/, ['Api']],
    ['hide rejected messages', /^sqs:ChangeMessageVisibility <Rejected/, ['Api']],
    ['delete rejected messages', /^sqs:DeleteMessage <Rejected/, []],
    ['read dead messages', /^sqs:(Receive|Delete)Message <Dead/, ['Reconcile']],
    ['empty a queue', /^sqs:PurgeQueue/, []],
    ['write records of jobs', /(Put|Update)Item <JobsTable/, ['Watch', 'Wake', 'Reconcile', 'Api']],
    ['make records of jobs', /PutItem <JobsTable/, ['Watch', 'Wake', 'Api']],
    ['delete records of jobs', /DeleteItem <JobsTable/, []],
    ['make or delete subscriptions', /DeleteItem <SubscriptionsTable/, ['Api']],
    ['write parameters', /^ssm:(Put|Delete)/, []],
    ['write groups', /(Put|Update)Item <GroupsTable/, ['Watch', 'Wake', 'Reconcile', 'Api']],
    ['put jobs into groups', /PutItem <GroupsTable/, ['Watch', 'Wake', 'Api']],
    ['scan jobs, groups or deliveries', /Scan <(Jobs|Groups|Deliveries)Table/, []],
    ['call functions', /^lambda:InvokeFunction .*:function:jobwatch-\w+-watch$/, ['Watch']],
    ['touch functions otherwise', /^lambda:(?!InvokeFunction .*:function:jobwatch-\w+-watch$)/, []],
    ['touch roles or the stack', /^(iam|cloudformation|sts|s3|scheduler|kms|xray):/, []],
  ] as const)('%s, but for those that must', (_, right, may) => {
    const those = FUNCTIONS.filter((name) => rightsOf(name).some((granted) => right.test(granted)));
    expect(those).toEqual(may);
  });
});

describe('encryption', () => {
  test('is there without a key of one’s own', () => {
    const { template, propertiesOf } = with_();
    for (const queue of QUEUES) {
      expect(propertiesOf(queue)).toMatchObject({ SqsManagedSseEnabled: true });
      expect(propertiesOf(queue)).not.toHaveProperty('KmsMasterKeyId');
    }
    for (const [, { properties }] of resourcesOf(template, 'AWS::DynamoDB::Table'))
      expect(properties).not.toHaveProperty('SSESpecification');
    expect(JSON.stringify(FUNCTIONS.map((name) => propertiesOf(`${name}Role`)))).not.toContain('kms:');
  });

  test('is by the one key everywhere, and each role may use it through the services that it reads and writes', () => {
    const { template, propertiesOf, statementsOf } = with_({ KmsKeyArn: KEY });
    for (const queue of QUEUES) {
      const { SqsManagedSseEnabled, ...others } = propertiesOf(queue);
      expect(others).toMatchObject({ KmsMasterKeyId: KEY, KmsDataKeyReusePeriodSeconds: 3600 });
      // Named, so that a queue that was encrypted by SQS's own key is switched over.
      expect(SqsManagedSseEnabled).toBe(false);
    }
    for (const [, { properties }] of resourcesOf(template, 'AWS::DynamoDB::Table'))
      expect(properties['SSESpecification']).toEqual({ SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: KEY });
    for (const name of FUNCTIONS) {
      const statements = statementsOf(`${name}Role`);
      const readsParameters = statements.some(({ Action }) =>
        [Action].flat().some((action) => action.startsWith('ssm:GetParameter')),
      );
      const services = ['sqs', 'dynamodb', ...(readsParameters ? ['ssm'] : [])];
      expect(statements.filter(({ Action }) => JSON.stringify(Action).includes('kms:'))).toEqual([
        {
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: KEY,
          Condition: {
            StringLike: { 'kms:ViaService': services.map((service) => `${service}.<AWS::Region>.amazonaws.*`) },
          },
        },
      ]);
    }
  });
});

test.each(['PassThrough', 'Active'])('tracing %s is what the functions have and may', (mode) => {
  const { propertiesOf, statementsOf } = with_({ Tracing: mode });
  for (const name of FUNCTIONS) {
    expect(propertiesOf(`${name}LambdaFunction`)['TracingConfig']).toEqual({ Mode: mode });
    const rights = statementsOf(`${name}Role`).filter(({ Action }) => JSON.stringify(Action).includes('xray:'));
    expect(rights.length).toBe(mode === 'Active' ? 1 : 0);
  }
});

describe('times', () => {
  const variablesOf = (name: string) =>
    (with_().propertiesOf(`${name}LambdaFunction`)['Environment'] as { Variables: Record<string, string> }).Variables;
  const timeoutOf = (name: string) => Number(with_().propertiesOf(`${name}LambdaFunction`)['Timeout']);

  test('a tick ends before the next but one begins, and its last calls fit before its time-out', () => {
    const { WATCH_SECONDS, VENDOR_TIMEOUT_MS } = variablesOf('Watch');
    expect(Number(WATCH_SECONDS)).toBeLessThanOrEqual(60);
    expect(timeoutOf('Watch')).toBeLessThan(120);
    expect(timeoutOf('Watch')).toBeGreaterThanOrEqual(Number(WATCH_SECONDS) + Number(VENDOR_TIMEOUT_MS) / 1000 + 8);
  });

  test('what a dead tick has received comes back after it has surely ended', () => {
    expect(Number(with_().propertiesOf('PendingQueue')['VisibilityTimeout'])).toBeGreaterThan(timeoutOf('Watch'));
  });

  test('a batch of deliver fits its time-out, and the lease of its messages six of them', () => {
    const attemptSeconds = Number(variablesOf('Deliver')['WEBHOOK_TIMEOUT_MS']) / 1000;
    expect(timeoutOf('Deliver')).toBeGreaterThanOrEqual(2 * attemptSeconds);
    expect(Number(with_().propertiesOf('DeliveriesQueue')['VisibilityTimeout'])).toBeGreaterThanOrEqual(
      6 * timeoutOf('Deliver'),
    );
  });

  test('a pass of reconcile ends before the next begins, and a test of an endpoint before the gateway gives up', () => {
    expect(timeoutOf('Reconcile')).toBeLessThan(300);
    expect(Number(variablesOf('Api')['WEBHOOK_TIMEOUT_MS']) / 1000).toBeLessThan(timeoutOf('Api'));
    expect(timeoutOf('Api')).toBeLessThan(30);
  });
});

describe('alarms', () => {
  const alarmsOf = (parameters: Parameters = {}) => resourcesOf(with_(parameters).template, 'AWS::CloudWatch::Alarm');

  test('each have a section in the runbook, and each section an alarm', () => {
    const runbook = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8');
    const sections = [...runbook.matchAll(/^## ([a-z-]+)$/gm)].map(([, name]) => name);
    const names = alarmsOf().map(([, { properties }]) => String(properties['AlarmName']).replace('jobwatch-dev-', ''));
    expect(sections.toSorted()).toEqual(names.toSorted());
  });

  test('each section says what it means, what to look at and what to do', () => {
    const runbook = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8');
    for (const section of runbook.split(/^## /m).slice(1))
      for (const part of ['**Means.**', '**Look.**', '**Do.**']) expect(section, section.slice(0, 40)).toContain(part);
  });

  test('go to the topic, if there is one, when they begin and when they end', () => {
    for (const [, { properties }] of alarmsOf({ AlarmTopicArn: TOPIC }))
      expect(properties).toMatchObject({ AlarmActions: [TOPIC], OKActions: [TOPIC] });
    for (const [, { properties }] of alarmsOf()) expect(properties).not.toHaveProperty('AlarmActions');
  });

  test('few are those that wake a person, and read ten metrics, which a free tier has', () => {
    const few = alarmsOf({ Alarms: 'few' });
    expect(few.map(([logicalId]) => logicalId.replace('Alarm', '')).toSorted()).toEqual([
      'AccountDenied',
      'ApiErrors',
      'DeliverErrors',
      'DeliveriesDead',
      'Faults',
      'JobsOverdue',
      'MessagesRejected',
      'NoTick',
      'WatchErrors',
    ]);
    expect(few.flatMap(([, { properties }]) => metricsOfAlarm(properties)).length).toBeLessThanOrEqual(10);
    const all = new Map(alarmsOf());
    expect(all.size).toBeGreaterThan(few.length);
    for (const [logicalId, { properties }] of few) expect(all.get(logicalId)?.properties).toEqual(properties);
  });

  test('read what AWS counts for nothing where it does, and nothing that only repeats a fault', () => {
    const read = alarmsOf().flatMap(([, { properties }]) => metricsOfAlarm(properties));
    expect(read.filter(({ name }) => name.endsWith('ThrottleEvents'))).toEqual([]);
    const [noTick] = alarmsOf().filter(([logicalId]) => logicalId === 'NoTickAlarm');
    expect(metricsOfAlarm(noTick?.[1].properties ?? {})).toEqual([
      {
        namespace: 'AWS/Lambda',
        name: 'Invocations',
        dimensions: { FunctionName: '<WatchLambdaFunction>' },
        statistic: 'Sum',
      },
    ]);
  });

  test('take missing numbers for trouble where something that should run tells them', () => {
    const breaching = alarmsOf().filter(([, { properties }]) => properties['TreatMissingData'] === 'breaching');
    expect(breaching.map(([logicalId]) => logicalId).toSorted()).toEqual(['JobsOverdueAlarm', 'NoTickAlarm']);
    const others = alarmsOf().filter(([, { properties }]) => properties['TreatMissingData'] !== 'breaching');
    for (const [, { properties }] of others) expect(properties['TreatMissingData']).toBe('notBreaching');
  });
});

test('the outputs name every table, and the console of the partition', () => {
  const { template } = with_();
  const tables = resourcesOf(template, 'AWS::DynamoDB::Table').map(([logicalId]) => logicalId);
  const named = Object.entries(template.outputs).filter(([name]) => name.endsWith('TableName'));
  expect(new Set(named.map(([, value]) => resolve(value, SHOWN)))).toEqual(
    new Set(tables.map((logicalId) => `<${logicalId}>`)),
  );
  const { Outputs, Mappings } = JSON.parse(readFileSync(PATH, 'utf8'));
  expect(JSON.stringify(Outputs)).not.toContain('console.aws');
  expect(Object.keys(Mappings.Console)).toEqual(['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc']);
  expect(resolve(template.outputs['DashboardUrl'], SHOWN)).toContain('https://<AWS::Region>.console.aws.amazon.com/');
});

describe('metrics', () => {
  test('of the template are those that the functions emit, under their dimensions', () => {
    const { template } = with_();
    const own = metricsOf(template).filter(({ namespace }) => namespace === 'jobwatch');
    expect(own.filter(({ name }) => !(name in METRICS))).toEqual([]);
    for (const { dimensions } of own) expect(dimensions).toEqual({ service: 'jobwatch', stage: 'dev' });
    // What nobody looks at is not worth its price.
    expect(new Set(own.map(({ name }) => name))).toEqual(new Set(Object.keys(METRICS)));
  });

  test('of AWS name queues, tables and functions of the stack', () => {
    const { template } = with_();
    const foreign = metricsOf(template).filter(({ namespace }) => namespace !== 'jobwatch');
    expect(new Set(foreign.map(({ namespace }) => namespace))).toEqual(
      new Set(['AWS/SQS', 'AWS/Lambda', 'AWS/ApiGateway']),
    );
    for (const { dimensions } of foreign)
      for (const value of Object.values(dimensions))
        expect(Object.keys(template.resources)).toContain(value.replace(/^<(\w+).*>$/, '$1'));
  });
});

describe('the dashboard', () => {
  test.each(['all', 'few'])('shows every alarm of %s first, then answers four questions', (Alarms) => {
    const { template } = with_({ Alarms });
    const widgets = readDashboard(template);
    const [first] = widgets;
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([logicalId]) => `<${logicalId}.Arn>`);
    expect(first).toMatchObject({ type: 'alarm', alarms: expect.arrayContaining(alarms) });
    expect(first?.alarms.length).toBe(alarms.length);
    expect(widgets.filter(({ type }) => type === 'text').map(({ title }) => title)).toEqual([
      'Is it ticking?',
      'Is anything late?',
      'Who is refusing us?',
      'What is failing?',
    ]);
  });

  // https://aws.amazon.com/cloudwatch/pricing/
  test('stays within the fifty metrics that a free dashboard may have', () => {
    expect(readDashboard(with_().template).flatMap(({ metrics }) => metrics).length).toBeLessThanOrEqual(50);
  });

  test('has no widgets on top of each other', () => {
    const cells = readDashboard(with_().template).flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, at) => `${x + (at % width)},${y + Math.floor(at / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});
