import type { References } from './intrinsics.ts';
import type { Resource, Template } from './template.ts';

export const REGION = 'eu-central-1';
export const ACCOUNT_ID = '000000000000';

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT_ID,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** What a resource is called once it exists: what `Ref` and `Fn::GetAtt` answer. */
interface Physical {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface PhysicalContext {
  readonly stackName: string;
  /**
   * The base of queue URLs. An SDK client that is given only AWS_ENDPOINT_URL_SQS sends to the queue URL's host, so the
   * URLs must name it.
   */
  readonly sqsUrl: string;
}

/**
 * Resolves references to resources of the types that functions are wired to. Throws on a name or type that it does not
 * know.
 */
export function makeReferences(template: Template, context: PhysicalContext): References {
  const physical = (logicalId: string): Physical => {
    const resource = template.resources[logicalId];
    if (!resource) throw new Error(`the template has no resource ${logicalId}`);
    return physicalOf(logicalId, resource, context);
  };
  return {
    ref: (name) => (name === 'AWS::StackName' ? context.stackName : (PSEUDO[name] ?? physical(name).ref)),
    attribute(logicalId, attribute) {
      const value = physical(logicalId).attributes[attribute];
      if (value === undefined) throw new Error(`${logicalId} has no attribute ${attribute} here`);
      return value;
    },
  };
}

function physicalOf(logicalId: string, resource: Resource, context: PhysicalContext): Physical {
  const make = makers[resource.type];
  if (!make) throw new Error(`${logicalId}: references to ${resource.type} are not supported here`);
  const given = (property: string): string => {
    const value = resource.properties[property];
    return typeof value === 'string' ? value : `${context.stackName}-${logicalId}`;
  };
  return make(given, context, logicalId);
}

type Maker = (given: (property: string) => string, context: PhysicalContext, logicalId: string) => Physical;

const makers: Readonly<Record<string, Maker>> = {
  'AWS::SQS::Queue': (given, context) => {
    const name = given('QueueName');
    const url = `${context.sqsUrl}/${ACCOUNT_ID}/${name}`;
    return { ref: url, attributes: { Arn: queueArn(name), QueueName: name, QueueUrl: url } };
  },
  'AWS::DynamoDB::Table': (given) => named(given('TableName'), tableArn),
  'AWS::Lambda::Function': (given) => named(given('FunctionName'), functionArn),
  'AWS::IAM::Role': (given) => named(given('RoleName'), (name) => `arn:aws:iam::${ACCOUNT_ID}:role/${name}`),
  'AWS::Logs::LogGroup': (given) =>
    named(given('LogGroupName'), (name) => `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:${name}:*`),
  'AWS::S3::Bucket': (given) => named(given('BucketName'), (name) => `arn:aws:s3:::${name}`),
  // An API has an id, never a name of ours.
  'AWS::ApiGatewayV2::Api': (_, __, logicalId) => ({
    ref: logicalId.toLowerCase(),
    attributes: { ApiId: logicalId.toLowerCase() },
  }),
};

function named(name: string, arn: (name: string) => string): Physical {
  return { ref: name, attributes: { Arn: arn(name) } };
}

export function queueArn(name: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT_ID}:${name}`;
}

export function tableArn(name: string): string {
  return `arn:aws:dynamodb:${REGION}:${ACCOUNT_ID}:table/${name}`;
}

export function functionArn(name: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${name}`;
}

/** `name` begins with a slash, as parameters in a hierarchy do. */
export function parameterArn(name: string): string {
  return `arn:aws:ssm:${REGION}:${ACCOUNT_ID}:parameter${name.startsWith('/') ? '' : '/'}${name}`;
}
