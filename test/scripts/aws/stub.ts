import { CloudFormationClient } from '@aws-sdk/client-cloudformation';

type Answer = (input: Record<string, unknown>) => unknown;
interface Stack {
  addRelativeTo?: unknown;
  add(
    middleware: (
      next: unknown,
      context: { commandName?: string },
    ) => (args: { input: object }) => Promise<{ output: unknown; response: unknown }>,
    options: { step: 'build'; name: string },
  ): void;
}

export const SETTINGS = { region: 'eu-central-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };

export class AwsFault extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/**
 * The real client, its requests serialized and then answered here instead of by AWS. An operation that has no answer
 * is an error: nothing is called that the test does not know of.
 */
export function answeredBy<Client extends { readonly middlewareStack: object }>(
  client: Client,
  answers: Readonly<Record<string, Answer>>,
): Client {
  (client.middlewareStack as Stack).add(
    (_next, { commandName = '' }) =>
      async ({ input }) => {
        const answer = answers[commandName.replace(/Command$/, '')];
        if (answer === undefined) throw new Error(`${commandName} was not expected`);
        return { output: { $metadata: {}, ...(answer(input as Record<string, unknown>) as object) }, response: {} };
      },
    { step: 'build', name: 'answered' },
  );
  return client;
}

/** CloudFormation with this one stack, whose tables are named by logical id; null: with none. */
export function cloudFormationWith(
  stage: string,
  tables: Readonly<Record<string, string>> | null,
  outputs: Readonly<Record<string, string>> = {},
  status = 'UPDATE_COMPLETE',
  alarms: readonly string[] = [],
): CloudFormationClient {
  const ofAlarms = alarms.map((PhysicalResourceId, at) => ({
    LogicalResourceId: `Alarm${at}`,
    PhysicalResourceId,
    ResourceType: 'AWS::CloudWatch::Alarm',
  }));
  const summaries = Object.entries(tables ?? {}).map(([LogicalResourceId, PhysicalResourceId]) => ({
    LogicalResourceId,
    PhysicalResourceId,
    ResourceType: 'AWS::DynamoDB::Table',
  }));
  const queue = { LogicalResourceId: 'PendingQueue', PhysicalResourceId: 'url', ResourceType: 'AWS::SQS::Queue' };
  const known = ({ StackName }: Record<string, unknown>) => {
    if (tables !== null && StackName === `jobwatch-${stage}`) return;
    throw new AwsFault('ValidationError', `Stack with id ${StackName} does not exist`);
  };
  return answeredBy(new CloudFormationClient(SETTINGS), {
    DescribeStacks: (input) => {
      known(input);
      const Outputs = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
      return { Stacks: [{ StackName: input['StackName'], StackStatus: status, Outputs }] };
    },
    ListStackResources: (input) => {
      known(input);
      // In two pages, as long stacks come.
      return input['NextToken'] === undefined
        ? { StackResourceSummaries: [queue, ...summaries.slice(0, 1)], NextToken: '2' }
        : { StackResourceSummaries: [...summaries.slice(1), ...ofAlarms] };
    },
  });
}
