import { setTimeout as sleep } from 'node:timers/promises';
import { AwsError, awsCall } from './gateway/aws-json.ts';
import { type References, referencesIn, resolve } from './template/intrinsics.ts';
import { ACCOUNT_ID } from './template/physical.ts';
import { resourcesOf, type Template } from './template/template.ts';
import { type Fields, fields, isFields, text } from './template/values.ts';

const CALLER = { caller: 'stack' };

export interface ResourceContext {
  readonly template: Template;
  readonly references: References;
  /** The engines' own addresses: making the stack is not counted. */
  readonly sqsUrl: string;
  readonly dynamoUrl: string;
}

/**
 * Creates the template's queues and tables. Those that exist (from an earlier run with the same data folder) are kept;
 * queues take the present attributes.
 */
export async function createResources(context: ResourceContext): Promise<void> {
  const tables = resourcesOf(context.template, 'AWS::DynamoDB::Table');
  await Promise.all([
    createQueues(context),
    ...tables.map(([logicalId, { properties }]) => createTable(context, logicalId, properties)),
  ]);
}

/** A queue that names another in its redrive policy comes after it. */
async function createQueues({ template, references, sqsUrl }: ResourceContext): Promise<void> {
  const queues = new Map(resourcesOf(template, 'AWS::SQS::Queue'));
  // An engine that was there before has an account number of its own.
  const engineArns = new Map<string, string>();
  while (queues.size > 0) {
    const ready = [...queues].find(([, { properties }]) => !referencesIn(properties).some((name) => queues.has(name)));
    if (!ready) throw new Error(`the queues ${[...queues.keys()].join(', ')} wait for each other`);
    const [logicalId, { properties }] = ready;
    const QueueName = references.attribute(logicalId, 'QueueName');
    await awsCall(sqsUrl, 'sqs', 'CreateQueue', { QueueName }, CALLER);
    const QueueUrl = `${sqsUrl}/${ACCOUNT_ID}/${QueueName}`;
    const Attributes = queueAttributes(fields(resolve(properties, references), logicalId), engineArns);
    if (Object.keys(Attributes).length > 0)
      await awsCall(sqsUrl, 'sqs', 'SetQueueAttributes', { QueueUrl, Attributes }, CALLER);
    engineArns.set(references.attribute(logicalId, 'Arn'), await arnOf(sqsUrl, QueueUrl));
    queues.delete(logicalId);
  }
}

async function arnOf(sqsUrl: string, QueueUrl: string): Promise<string> {
  const input = { QueueUrl, AttributeNames: ['QueueArn'] };
  const { Attributes } = await awsCall(sqsUrl, 'sqs', 'GetQueueAttributes', input, CALLER);
  return text(isFields(Attributes) ? Attributes['QueueArn'] : null, `${QueueUrl}: QueueArn`);
}

/** A queue's properties in CloudFormation bear the names of its attributes in the API. */
function queueAttributes(properties: Fields, engineArns: ReadonlyMap<string, string>): Record<string, string> {
  const attributes = Object.entries(properties).filter(([name]) => name !== 'QueueName' && name !== 'Tags');
  const known = (_: string, value: unknown) => (typeof value === 'string' ? (engineArns.get(value) ?? value) : value);
  return Object.fromEntries(
    attributes.map(([name, value]) => [name, isFields(value) ? JSON.stringify(value, known) : String(value)]),
  );
}

/** What CreateTable takes of a table's properties; the rest (recovery, time to live, tags) no engine does. */
const TABLE_INPUT = [
  'AttributeDefinitions',
  'KeySchema',
  'GlobalSecondaryIndexes',
  'LocalSecondaryIndexes',
  'BillingMode',
  'ProvisionedThroughput',
];
const ACTIVE_TRIES = 500;

async function createTable(
  { references, dynamoUrl }: ResourceContext,
  logicalId: string,
  properties: Fields,
): Promise<void> {
  const TableName = references.ref(logicalId);
  const resolved = fields(resolve(properties, references), logicalId);
  const input = Object.fromEntries(Object.entries(resolved).filter(([name]) => TABLE_INPUT.includes(name)));
  try {
    await awsCall(dynamoUrl, 'dynamodb', 'CreateTable', { TableName, ...input }, CALLER);
  } catch (error) {
    if (!(error instanceof AwsError && error.code === 'ResourceInUseException')) throw error;
  }
  for (let attempt = 0; attempt < ACTIVE_TRIES; attempt += 1) {
    const { Table } = await awsCall(dynamoUrl, 'dynamodb', 'DescribeTable', { TableName }, CALLER);
    if (isFields(Table) && Table['TableStatus'] === 'ACTIVE') return;
    await sleep(20);
  }
  throw new Error(`the table ${TableName} did not become active`);
}
