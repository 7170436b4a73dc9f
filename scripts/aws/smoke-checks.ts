import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, GetMetricDataCommand, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as v from 'valibot';
import { type DeployedStack, resourcesOfStack, stackName } from './stack.ts';

export interface SmokeClients {
  readonly cloudformation: CloudFormationClient;
  readonly cloudwatch: CloudWatchClient;
  readonly logs: CloudWatchLogsClient;
  readonly sqs: SQSClient;
  readonly fetch: (url: string) => Promise<Response>;
  readonly nowMs: () => number;
  readonly wait: () => Promise<unknown>;
}

/** Region and credentials are those of the SDK. */
export function makeSmokeClients(wait: () => Promise<unknown>): SmokeClients {
  return {
    cloudformation: new CloudFormationClient({}),
    cloudwatch: new CloudWatchClient({}),
    logs: new CloudWatchLogsClient({}),
    sqs: new SQSClient({}),
    fetch,
    nowMs: Date.now,
    wait,
  };
}

/** What was found; `bad` makes the run fail, `unsure` is for whoever reads it. */
export interface Finding {
  readonly verdict: 'good' | 'unsure' | 'bad';
  readonly text: string;
}

const good = (text: string): Finding => ({ verdict: 'good', text });
const unsure = (text: string): Finding => ({ verdict: 'unsure', text });
const bad = (text: string): Finding => ({ verdict: 'bad', text });

export interface Smoke {
  readonly clients: SmokeClients;
  readonly stage: string;
  readonly stack: DeployedStack;
}

const health = v.object({ status: v.string(), lastTickAt: v.nullable(v.string()) });

/** Right after a first deployment no tick has ended yet: that is waited for. */
export async function checkHealth({ clients, stack }: Smoke): Promise<Finding[]> {
  const url = `${stack.outputs['HttpApiUrl']}/v1/health`;
  let last: Finding = bad(`${url} was not asked`);
  const found = await until(clients, async () => {
    const response = await clients.fetch(url);
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), health), await response.text());
    if (response.status !== 200 || !parsed.success) return bad(`${url} was answered with ${response.status}`);
    const { status, lastTickAt } = parsed.output;
    const text = `health is "${status}", the last tick ended at ${lastTickAt ?? 'no time'}`;
    last = bad(`${text}: watch does not tick`);
    if (lastTickAt === null) return null;
    return status === 'ok' ? good(text) : unsure(text);
  });
  return [found ?? last];
}

/** So many turns, with a wait between. Three minutes: a tick a minute, and the logs come late. */
const TURNS_MAX = 36;

/** Whichever leads reads the message. */
const WATCHING = ['wake', 'watch'];

/**
 * A message that is none goes to the pending queue, as a deployer's would, and has to come out of the rejected queue;
 * the line that is written after the event was published has to name it.
 */
export async function checkRejection({ clients, stage, stack }: Smoke): Promise<Finding[]> {
  const { sqs } = clients;
  const fromMs = clients.nowMs();
  const marker = `smoke-${fromMs}`;
  const body = JSON.stringify({ api: marker });
  const { MessageId = '' } = await sqs.send(
    new SendMessageCommand({ QueueUrl: stack.outputs['PendingQueueUrl'], MessageBody: body }),
  );
  const reason = await until(clients, () => takeRejected(sqs, stack.outputs['RejectedQueueUrl'] ?? '', body));
  if (reason === null) return [bad(`the message ${MessageId} did not come to the rejected queue: does watch tick?`)];
  const isTold = await until(clients, async () => {
    const query = { stage, pattern: `"${MessageId}"`, fromMs };
    const lines = await Promise.all(WATCHING.map((name) => linesOf(clients, { ...query, name })));
    const at = lines.findIndex((of) => of.some((line) => line.includes('message.rejected')));
    return WATCHING[at] ?? null;
  });
  const told =
    isTold === null
      ? bad(`neither wake nor watch has logged message.rejected for ${MessageId}`)
      : good(`jobwatch.message.rejected was published: ${isTold} has logged message.rejected`);
  return [good(`a bad message was rejected: ${reason}`), told];
}

async function until<Found>({ wait }: SmokeClients, look: () => Promise<Found | null>): Promise<Found | null> {
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    const found = await look();
    if (found !== null) return found;
    await wait();
  }
  return null;
}

/** The reason, and the message is away again; others are hidden for a moment and stay. */
async function takeRejected(sqs: SQSClient, QueueUrl: string, body: string): Promise<string | null> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 3,
      WaitTimeSeconds: 2,
      MessageAttributeNames: ['reason'],
    }),
  );
  const own = Messages.find(({ Body }) => Body === body);
  if (own === undefined) return null;
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: own.ReceiptHandle }));
  return own.MessageAttributes?.['reason']?.StringValue ?? 'without a reason';
}

const FUNCTIONS = [...WATCHING, 'deliver', 'reconcile', 'api'];
/** `?` joins patterns by "or". https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html */
const TROUBLE = '?AccessDenied ?"is not authorized" ?KMSAccessDenied ?ConfigError ?"Task timed out"';
const LOOK_BACK_MS = 30 * 60_000;

export async function checkLogs({ clients, stage }: Smoke): Promise<Finding[]> {
  const fromMs = clients.nowMs() - LOOK_BACK_MS;
  return Promise.all(
    FUNCTIONS.map(async (name) => {
      const lines = await linesOf(clients, { stage, name, pattern: TROUBLE, fromMs });
      // Of a line no more than its beginning: a right or a setting that is missing is named there.
      const [first = ''] = lines;
      if (lines.length > 0) return bad(`${name}: ${lines.length} lines of trouble, the first: ${first.slice(0, 300)}`);
      return good(`${name}: no AccessDenied, no wrong setting, no time-out in its log of the last half hour`);
    }),
  );
}

interface LogQuery {
  readonly stage: string;
  readonly name: string;
  readonly pattern: string;
  readonly fromMs: number;
}

async function linesOf({ logs }: SmokeClients, { stage, name, pattern, fromMs }: LogQuery): Promise<string[]> {
  const logGroupName = `/aws/lambda/${stackName(stage)}-${name}`;
  const query = { logGroupName, filterPattern: pattern, startTime: fromMs };
  const found: string[] = [];
  for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, query))
    found.push(...events.map(({ message = '' }) => message));
  return found;
}

/** What each pass of `reconcile` emits, whether there is work or not; and the ticks, which Lambda counts. */
const ALWAYS = [
  { Id: 'passes', name: 'OldestOverdue', namespace: 'jobwatch', dimensions: dimensionsOfStack },
  { Id: 'ticks', name: 'Invocations', namespace: 'AWS/Lambda', dimensions: dimensionsOfWatch },
];

function dimensionsOfStack(stage: string) {
  return [
    { Name: 'service', Value: 'jobwatch' },
    { Name: 'stage', Value: stage },
  ];
}

function dimensionsOfWatch(stage: string) {
  return [{ Name: 'FunctionName', Value: `${stackName(stage)}-watch` }];
}

export async function checkMetrics({ clients, stage }: Smoke): Promise<Finding[]> {
  const now = clients.nowMs();
  const { MetricDataResults = [] } = await clients.cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(now - LOOK_BACK_MS),
      EndTime: new Date(now),
      MetricDataQueries: ALWAYS.map(({ Id, name, namespace, dimensions }) => ({
        Id,
        MetricStat: {
          Metric: { Namespace: namespace, MetricName: name, Dimensions: dimensions(stage) },
          Period: 60,
          Stat: 'SampleCount',
        },
      })),
    }),
  );
  return ALWAYS.map(({ Id, name }) => {
    const points = MetricDataResults.find((result) => result.Id === Id)?.Values?.length ?? 0;
    return points > 0 ? good(`the metric ${name} has ${points} points`) : bad(`the metric ${name} has no points`);
  });
}

/** Right after a first deployment an alarm has no data: then it says so and is looked at later. */
export async function checkAlarms({ clients, stage }: Smoke): Promise<Finding[]> {
  const prefix = `${stackName(stage)}-`;
  // Another stage's name may begin with all of this one's.
  const own = new Set((await resourcesOfStack(clients.cloudformation, stage, 'AWS::CloudWatch::Alarm')).values());
  const states = new Map<string, string>();
  const input = { AlarmNamePrefix: prefix };
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client: clients.cloudwatch }, input))
    for (const { AlarmName = '', StateValue = '' } of MetricAlarms)
      if (own.has(AlarmName)) states.set(AlarmName.slice(prefix.length), StateValue);
  const named = (state: string) => [...states].filter(([, value]) => value === state).map(([name]) => name);
  const [ringing, waiting] = [named('ALARM'), named('INSUFFICIENT_DATA')];
  if (states.size === 0) return [bad('there is no alarm')];
  return [
    good(`${named('OK').length} of ${states.size} alarms are OK`),
    ...(ringing.length > 0 ? [bad(`in alarm: ${ringing.join(', ')}`)] : []),
    ...(waiting.length > 0 ? [unsure(`without data yet: ${waiting.join(', ')}`)] : []),
  ];
}
