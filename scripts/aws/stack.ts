import {
  type CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import * as v from 'valibot';
import { stage as stageSchema } from '../../functions/common/environment.ts';

/** A deployed stack as the scripts of this folder use it. */
export interface DeployedStack {
  readonly name: string;
  /** CloudFormation's word, such as `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

export const stackName = (stage: string): string => `jobwatch-${stage}`;

/** Throws a sentence for the user if the stage is missing or none. */
export function checkedStage(stage: string | undefined): string {
  const parsed = v.safeParse(stageSchema, stage ?? '');
  if (parsed.success) return parsed.output;
  throw new Error(`--stage ${stage ?? 'is missing'}: ${parsed.issues[0].message}.`);
}

/** Null: there is no stack of that stage. */
export async function describeStack(client: CloudFormationClient, stage: string): Promise<DeployedStack | null> {
  const name = stackName(stage);
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const [stack] = Stacks;
    if (stack === undefined) return null;
    const outputs = (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
    return { name, status: stack.StackStatus ?? 'unknown', outputs: Object.fromEntries(outputs) };
  } catch (error) {
    // CloudFormation has no code of its own for it.
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message)) return null;
    throw error;
  }
}

/** The physical names of the stack's resources of one type (`AWS::DynamoDB::Table`), by logical id. */
export async function resourcesOfStack(
  client: CloudFormationClient,
  stage: string,
  type: string,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const page of paginateListStackResources({ client }, { StackName: stackName(stage) }))
    for (const { ResourceType, LogicalResourceId = '', PhysicalResourceId = '' } of page.StackResourceSummaries ?? [])
      if (ResourceType === type) found.set(LogicalResourceId, PhysicalResourceId);
  return found;
}

export const TABLE = 'AWS::DynamoDB::Table';
