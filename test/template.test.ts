import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { apiEnvironment } from '../functions/api/environment.ts';
import { deliverEnvironment } from '../functions/deliver/environment.ts';
import { reconcileEnvironment } from '../functions/reconcile/environment.ts';
import { wakeEnvironment } from '../functions/wake/environment.ts';
import { watchEnvironment } from '../functions/watch/environment.ts';
import { RETRY_WAITS_SECONDS } from '../lib/deliver/retry.ts';
import { type References, resolve } from '../local/template/intrinsics.ts';
import {
  PACKAGE_DIR,
  type Resource,
  readTemplate,
  resourcesOf,
  TEMPLATE_FILE,
  type Template,
} from '../local/template/template.ts';
import { functionNames } from '../scripts/build.ts';
import { packageStack } from '../scripts/package.ts';

const ROOT = join(import.meta.dirname, '..');
const PATH = join(ROOT, PACKAGE_DIR, TEMPLATE_FILE);
const FUNCTIONS = ['api', 'deliver', 'reconcile', 'wake', 'watch'] as const;
const ENVIRONMENTS = {
  api: apiEnvironment,
  deliver: deliverEnvironment,
  reconcile: reconcileEnvironment,
  wake: wakeEnvironment,
  watch: watchEnvironment,
};
const TABLES = [
  'DeliveriesTable',
  'DurationsTable',
  'GroupsTable',
  'JobsTable',
  'SecretsTable',
  'StateTable',
  'SubscriptionsTable',
];
const FOURTEEN_DAYS_SECONDS = 1_209_600;

let template: Template;

beforeAll(async () => {
  await packageStack(ROOT);
  template = readTemplate(PATH);
});

/** Shows references as `<Name>` and `<Name.Attribute>`. */
const shown: References = {
  ref: (name) => `<${name}>`,
  attribute: (logicalId, attribute) => `<${logicalId}.${attribute}>`,
};

function aResource(logicalId: string): Resource {
  const resource = template.resources[logicalId];
  if (!resource) throw new Error(`the template has no ${logicalId}`);
  return resource;
}

function propertiesOf(logicalId: string): Record<string, unknown> {
  return resolve(aResource(logicalId).properties, shown) as Record<string, unknown>;
}

const functionId = (name: string) => `${name[0]?.toUpperCase()}${name.slice(1)}LambdaFunction`;

describe('functions', () => {
  test('are the folders of functions/', () => {
    expect(functionNames(ROOT)).toEqual(FUNCTIONS);
    expect(
      resourcesOf(template, 'AWS::Lambda::Function')
        .map(([logicalId]) => logicalId)
        .sort(),
    ).toEqual(FUNCTIONS.map(functionId));
  });

  test.each(FUNCTIONS)('%s has its name, its zip, its runtime and its own role', (name) => {
    const properties = propertiesOf(functionId(name));
    expect(properties).toMatchObject({
      FunctionName: `jobwatch-dev-${name}`,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
    });
    expect(properties['Code']).toMatchObject({ S3Key: expect.stringMatching(new RegExp(`/${name}\\.zip$`)) });
    expect(properties['Role']).toBe(`<${name[0]?.toUpperCase()}${name.slice(1)}Role.Arn>`);
  });

  test.each(FUNCTIONS)('%s has in its environment exactly what its schema reads', (name) => {
    const { Variables } = propertiesOf(functionId(name))['Environment'] as { Variables: Record<string, string> };
    const own = Object.keys(Variables).filter((variable) => !variable.startsWith('POWERTOOLS_'));
    expect(own.sort()).toEqual(Object.keys(ENVIRONMENTS[name].entries).sort());
  });

  test('have the schedule of retries as shipped', () => {
    const { Variables } = propertiesOf('DeliverLambdaFunction')['Environment'] as { Variables: Record<string, string> };
    expect(Variables['RETRY_SCHEDULE_SECONDS']).toBe(RETRY_WAITS_SECONDS.join(','));
  });

  test('keep their logs for a while, not for ever', () => {
    const groups = resourcesOf(template, 'AWS::Logs::LogGroup');
    expect(groups.map(([, { properties }]) => properties)).toEqual(
      [
        ...['watch', 'wake', 'deliver', 'reconcile', 'api'].map((name) => `lambda/jobwatch-dev-${name}`),
        'http-api/jobwatch-dev',
      ].map((name) => ({ LogGroupName: `/aws/${name}`, RetentionInDays: 30 })),
    );
  });

  test('have time for what their settings allow', () => {
    const { Timeout, Environment } = propertiesOf('WatchLambdaFunction') as {
      Timeout: number;
      Environment: { Variables: Record<string, string> };
    };
    const { WATCH_SECONDS, VENDOR_TIMEOUT_MS } = Environment.Variables;
    expect(Timeout).toBeGreaterThanOrEqual(Number(WATCH_SECONDS) + Number(VENDOR_TIMEOUT_MS) / 1000 + 8);
    const wake = Number(propertiesOf('WakeLambdaFunction')['Timeout']);
    // A leader receives for 20 s, whatever the vendor's time-out (30 s at most) and the writes after it take then.
    expect(wake).toBeGreaterThanOrEqual(20 + 30 + 8);
    // The lease of a batch lasts as long as its invocation, if it was handed over within the other half.
    expect(propertiesOf('PendingQueue')['VisibilityTimeout']).toBe(2 * wake);
    expect(propertiesOf('ApiLambdaFunction')['Timeout']).toBeLessThan(30);
  });
});

describe('roles', () => {
  const resourcesIn = (roleId: string) => {
    const { Policies } = propertiesOf(roleId) as {
      Policies: { PolicyDocument: { Statement: { Action: string | string[]; Resource: string | string[] }[] } }[];
    };
    return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement).map(({ Action, Resource }) => ({
      actions: [Action].flat(),
      resources: [Resource].flat(),
    }));
  };
  const ROLES = ['ApiRole', 'DeliverRole', 'ReconcileRole', 'SchedulerRole', 'WakeRole', 'WatchRole'];

  test('are one a function and one for the scheduler, none shared', () => {
    expect(
      resourcesOf(template, 'AWS::IAM::Role')
        .map(([logicalId]) => logicalId)
        .sort(),
    ).toEqual(ROLES);
  });

  test.each(ROLES)('%s names each action and each resource', (roleId) => {
    for (const { actions, resources } of resourcesIn(roleId)) {
      for (const action of actions) expect(action).toMatch(/^[a-z]+:[A-Z]\w+$/);
      // The accounts are a hierarchy, whose names nobody knows beforehand.
      for (const resource of resources)
        expect(resource).toMatch(/^(<\w+\.Arn>(\/index\/\w+)?|arn:[^*]+|arn:[^*]+\/accounts\/\*)$/);
    }
  });

  test('of watch, wake and reconcile reach no webhook secret, and only api writes one', () => {
    const onSecrets = (roleId: string) =>
      resourcesIn(roleId).filter(({ resources }) => resources.includes('<SecretsTable.Arn>'));
    expect(['WatchRole', 'WakeRole', 'ReconcileRole'].flatMap(onSecrets)).toEqual([]);
    expect(onSecrets('DeliverRole').flatMap(({ actions }) => actions)).toEqual(['dynamodb:GetItem']);
  });

  test('of watch and wake alone read accounts, of api alone the tokens', () => {
    const parameters = ROLES.map((roleId) => [
      roleId,
      resourcesIn(roleId).flatMap(({ resources }) => resources.filter((arn) => arn.includes(':ssm:'))),
    ]);
    const arn = 'arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/jobwatch/dev';
    expect(parameters.filter(([, arns]) => arns?.length)).toEqual([
      ['ApiRole', [`${arn}/api-tokens`]],
      ['WakeRole', [`${arn}/accounts/*`]],
      ['WatchRole', [`${arn}/accounts/*`]],
    ]);
  });
});

describe('triggers', () => {
  test.each([
    ['WatchSchedule', 'rate(1 minute)', 'WatchLambdaFunction'],
    ['ReconcileSchedule', 'rate(5 minutes)', 'ReconcileLambdaFunction'],
  ])('%s fires by %s with a role of its own, and never twice', (logicalId, expression, target) => {
    expect(propertiesOf(logicalId)).toMatchObject({
      ScheduleExpression: expression,
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: `<${target}.Arn>`,
        RoleArn: '<SchedulerRole.Arn>',
        RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 },
      },
    });
  });

  test('the scheduler may invoke the two, and only it may take its role', () => {
    expect(propertiesOf('SchedulerRole')).toMatchObject({
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Principal: { Service: 'scheduler.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } },
          },
        ],
      },
      Policies: [
        {
          PolicyDocument: {
            Statement: [
              {
                Action: 'lambda:InvokeFunction',
                Resource: ['<WatchLambdaFunction.Arn>', '<ReconcileLambdaFunction.Arn>'],
              },
            ],
          },
        },
      ],
    });
  });

  test.each(['WatchLambdaEvConf', 'ReconcileLambdaEvConf'])(
    '%s keeps Lambda from trying again by itself',
    (logicalId) => {
      expect(propertiesOf(logicalId)).toMatchObject({ MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 });
    },
  );

  const mappingTo = (functionId: string) =>
    resourcesOf(template, 'AWS::Lambda::EventSourceMapping')
      .map(([, { properties }]) => resolve(properties, shown) as Record<string, unknown>)
      .filter(({ FunctionName }) => FunctionName === `<${functionId}.Arn>`);

  test.each([
    ['on', true],
    ['off', false],
  ])('with the wake %s, the pending queue invokes wake (%s), and never watch', (wake, isEnabled) => {
    const { resources } = readTemplate(PATH, { Wake: wake });
    const mappings = Object.values(resources).filter(({ type }) => type === 'AWS::Lambda::EventSourceMapping');
    const ofPending = mappings
      .map(({ properties }) => resolve(properties, shown) as Record<string, unknown>)
      .filter(({ EventSourceArn }) => EventSourceArn === '<PendingQueue.Arn>');
    // Without a window: at low traffic Lambda may wait for one for up to 20 s.
    expect(ofPending).toEqual([
      {
        BatchSize: 10,
        EventSourceArn: '<PendingQueue.Arn>',
        FunctionName: '<WakeLambdaFunction.Arn>',
        Enabled: isEnabled,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 2 },
      },
    ]);
    expect(mappingTo('WatchLambdaFunction')).toEqual([]);
  });

  test('deliver takes batches from its queue and reports failures singly', () => {
    expect(mappingTo('DeliverLambdaFunction')).toEqual([
      {
        BatchSize: 10,
        EventSourceArn: '<DeliveriesQueue.Arn>',
        FunctionName: '<DeliverLambdaFunction.Arn>',
        Enabled: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: '20' },
      },
    ]);
  });

  test('the API has one route, which api itself divides, and two for the console', () => {
    expect(
      resourcesOf(template, 'AWS::ApiGatewayV2::Route').map(([, { properties }]) => properties['RouteKey']),
    ).toEqual(['ANY /v1/{proxy+}', 'GET /', 'GET /assets/{file+}']);
  });
});

describe('queues', () => {
  test('keep messages for 14 days, encrypted', () => {
    const queues = resourcesOf(template, 'AWS::SQS::Queue');
    expect(queues.map(([logicalId]) => logicalId)).toEqual([
      'PendingQueue',
      'RejectedQueue',
      'DeliveriesQueue',
      'DeadDeliveriesQueue',
    ]);
    for (const [, { properties }] of queues) {
      expect(properties).toMatchObject({ MessageRetentionPeriod: FOURTEEN_DAYS_SECONDS, SqsManagedSseEnabled: true });
    }
  });

  test('pending has no redrive policy, since each poll of a job is a receive', () => {
    expect(propertiesOf('PendingQueue')).toEqual({
      MaximumMessageSize: 65_536,
      VisibilityTimeout: 120,
      MessageRetentionPeriod: FOURTEEN_DAYS_SECONDS,
      SqsManagedSseEnabled: true,
    });
  });

  test('rejected takes a pending message whole, with the reason', () => {
    expect(propertiesOf('RejectedQueue')['MaximumMessageSize']).toBe(1_048_576);
  });

  test('deliveries hides a message for six times the time-out of deliver', () => {
    const { VisibilityTimeout, RedrivePolicy } = propertiesOf('DeliveriesQueue');
    expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * Number(propertiesOf('DeliverLambdaFunction')['Timeout']));
    expect(RedrivePolicy).toEqual({ deadLetterTargetArn: '<DeadDeliveriesQueue.Arn>', maxReceiveCount: 1000 });
  });
});

describe('tables', () => {
  test('are one a noun', () => {
    expect(
      resourcesOf(template, 'AWS::DynamoDB::Table')
        .map(([logicalId]) => logicalId)
        .sort(),
    ).toEqual(TABLES);
  });

  test.each(TABLES)('%s outlives its stack, can be restored, and has the key that its store needs', (logicalId) => {
    const raw = JSON.parse(readFileSync(PATH, 'utf8')).Resources[logicalId];
    expect([raw.DeletionPolicy, raw.UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
    expect(raw.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      KeySchema: [
        { AttributeName: 'id', KeyType: 'HASH' },
        ...(logicalId === 'GroupsTable' ? [{ AttributeName: 'member', KeyType: 'RANGE' }] : []),
      ],
    });
  });

  test('forget by expiresAt what is not for ever', () => {
    const forgetting = TABLES.filter((logicalId) => propertiesOf(logicalId)['TimeToLiveSpecification']);
    expect(forgetting).toEqual([
      'DeliveriesTable',
      'DurationsTable',
      'GroupsTable',
      'JobsTable',
      'SecretsTable',
      'StateTable',
    ]);
    for (const logicalId of forgetting) {
      expect(propertiesOf(logicalId)['TimeToLiveSpecification']).toEqual({ AttributeName: 'expiresAt', Enabled: true });
    }
  });

  test.each([
    ['JobsTable', 'open', 'openShard', 'nextPollAt'],
    ['JobsTable', 'day', 'createdDay', 'createdAt'],
    ['GroupsTable', 'open', 'isOpen', 'dueAt'],
    ['GroupsTable', 'list', 'kind', 'createdAt'],
    ['DeliveriesTable', 'bySubscription', 'subscription', 'createdAt'],
    ['DeliveriesTable', 'waiting', 'waitingFor', 'nextAttemptAt'],
  ])('%s has the index %s, keys only', (logicalId, IndexName, partition, sort) => {
    expect(propertiesOf(logicalId)['GlobalSecondaryIndexes']).toContainEqual({
      IndexName,
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: sort, KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    });
  });
});

test('the outputs have the names that others read', () => {
  expect(Object.keys(template.outputs)).toEqual(
    expect.arrayContaining([
      'PendingQueueUrl',
      'RejectedQueueUrl',
      'DeliveriesQueueUrl',
      'DeadDeliveriesQueueUrl',
      'JobsTableName',
      'GroupsTableName',
      'SubscriptionsTableName',
      'DeliveriesTableName',
      'HttpApiUrl',
    ]),
  );
});
