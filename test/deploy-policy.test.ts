import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { PACKAGE_DIR, readTemplate, TEMPLATE_FILE } from '../local/template/template.ts';
import { packageStack } from '../scripts/package.ts';

/** Goal: the policy that is shipped for who deploys does not fall behind the template. */
const ROOT = join(import.meta.dirname, '..');

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}
const text = readFileSync(join(ROOT, 'docs/deploy-policy.json'), 'utf8');
const statements: readonly Statement[] = JSON.parse(text).Statement;
const actions = statements.flatMap(({ Action }) => [Action].flat());

/** What CloudFormation calls at least for a resource of each type: to make, change and delete it. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'AWS::ApiGatewayV2::Api': ['apigateway:POST', 'apigateway:PATCH', 'apigateway:DELETE', 'apigateway:GET'],
  'AWS::ApiGatewayV2::Integration': ['apigateway:POST'],
  'AWS::ApiGatewayV2::Route': ['apigateway:POST'],
  'AWS::ApiGatewayV2::Stage': ['apigateway:POST'],
  'AWS::CloudWatch::Alarm': ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms', 'cloudwatch:DescribeAlarms'],
  'AWS::CloudWatch::Dashboard': ['cloudwatch:PutDashboard', 'cloudwatch:DeleteDashboards', 'cloudwatch:GetDashboard'],
  'AWS::DynamoDB::Table': [
    'dynamodb:CreateTable',
    'dynamodb:UpdateTable',
    'dynamodb:DeleteTable',
    'dynamodb:UpdateTimeToLive',
    'dynamodb:UpdateContinuousBackups',
  ],
  'AWS::IAM::Role': ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:DeleteRolePolicy', 'iam:DeleteRole', 'iam:PassRole'],
  'AWS::Lambda::EventInvokeConfig': ['lambda:PutFunctionEventInvokeConfig', 'lambda:DeleteFunctionEventInvokeConfig'],
  'AWS::Lambda::EventSourceMapping': ['lambda:CreateEventSourceMapping', 'lambda:DeleteEventSourceMapping'],
  'AWS::Lambda::Function': ['lambda:CreateFunction', 'lambda:UpdateFunctionCode', 'lambda:DeleteFunction'],
  'AWS::Lambda::Permission': ['lambda:AddPermission', 'lambda:RemovePermission'],
  'AWS::Logs::LogGroup': ['logs:CreateLogGroup', 'logs:PutRetentionPolicy', 'logs:DeleteLogGroup'],
  'AWS::S3::Bucket': ['s3:CreateBucket', 's3:PutEncryptionConfiguration', 's3:DeleteBucket'],
  'AWS::S3::BucketPolicy': ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy'],
  'AWS::SQS::Queue': ['sqs:CreateQueue', 'sqs:SetQueueAttributes', 'sqs:DeleteQueue'],
  'AWS::SQS::QueuePolicy': ['sqs:SetQueueAttributes'],
  'AWS::Scheduler::Schedule': ['scheduler:CreateSchedule', 'scheduler:UpdateSchedule', 'scheduler:DeleteSchedule'],
};

/** Recorded from `serverless deploy` of osls 4.3.1. */
const FRAMEWORK = [
  'cloudformation:CreateChangeSet',
  'cloudformation:DescribeChangeSet',
  'cloudformation:DescribeStackEvents',
  'cloudformation:DescribeStackResource',
  'cloudformation:DescribeStacks',
  'cloudformation:ExecuteChangeSet',
  'cloudformation:ValidateTemplate',
  'lambda:GetFunction',
  's3:ListBucket',
  's3:PutObject',
  'sts:GetCallerIdentity',
];

beforeAll(async () => {
  await packageStack(ROOT);
});

test('it has the rights for every type of resource of the template, and for the framework', () => {
  const { resources } = readTemplate(join(ROOT, PACKAGE_DIR, TEMPLATE_FILE));
  const types = new Set(Object.values(resources).map(({ type }) => type));
  expect([...types].filter((type) => NEEDED[type] === undefined)).toEqual([]);
  const needed = [...types].flatMap((type) => NEEDED[type] ?? []);
  expect([...needed, ...FRAMEWORK].filter((action) => !actions.includes(action))).toEqual([]);
});

test('it names each action, and no resource but those of jobwatch where a service can tell them apart', () => {
  for (const action of actions) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
  const open = statements.filter(({ Resource }) => Resource === '*').flatMap(({ Action }) => [Action].flat());
  for (const action of open)
    expect(action).toMatch(/EventSourceMapping|:Describe|:Validate|:Get|:List|LogDeliver|ResourcePolic/);
  const named = statements.flatMap(({ Resource }) => [Resource].flat()).filter((arn) => arn !== '*');
  for (const arn of named) expect(arn).toMatch(/jobwatch-\*|:apigateway:|:event-source-mapping:/);
});

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
test('it fits into one managed policy', () => {
  expect(text.replace(/\s/g, '').length).toBeLessThanOrEqual(6144);
});
