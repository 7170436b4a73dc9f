import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Stack, startStack } from '../../../local/stack.ts';
import { smoke } from '../../../scripts/aws/smoke.ts';
import type { SmokeClients } from '../../../scripts/aws/smoke-checks.ts';
import { AwsFault, answeredBy, cloudFormationWith, SETTINGS } from './stub.ts';

/**
 * Goal: a run that is good on a stack that works, and says what is bad on one that does not. Method: the packaged stack
 * on this machine has the API and the queues; CloudWatch, its logs and CloudFormation are the real clients, answered
 * from what the functions printed.
 */
let stack: Stack;
let sqs: SQSClient;
let lines: string[] = [];
const printed: { name: string; line: string }[] = [];

beforeAll(async () => {
  stack = await startStack({
    accounts: {},
    speed: 30,
    env: { PATH: process.env['PATH'] },
    onLog: (name, line) => printed.push({ name, line }),
  });
  sqs = new SQSClient(stack.system.clientSettings('sqs'));
}, 90_000);
afterAll(async () => {
  sqs?.destroy();
  await stack?.system.close();
});
beforeEach(() => {
  lines = [];
});

const alarm = (name: string, StateValue: string) => ({ AlarmName: `jobwatch-dev-${name}`, StateValue });

/** Of a filter pattern, what the script uses: terms of which one, or the only one, is in the line. */
const matches = (pattern: string) => {
  const terms = pattern.match(/\?"[^"]+"|\?\S+|"[^"]+"/g)?.map((term) => term.replace(/^\?/, '').replaceAll('"', ''));
  return ({ line }: { line: string }) => terms?.some((term) => line.includes(term)) ?? false;
};

function clients(
  change: { alarms?: ReturnType<typeof alarm>[]; points?: number[]; extra?: string } = {},
): SmokeClients {
  const { alarms = [alarm('no-tick', 'OK')], points = [1, 1], extra } = change;
  const own = alarms.map(({ AlarmName }) => AlarmName).filter((name) => !name.startsWith('jobwatch-dev-2-'));
  return {
    cloudformation: cloudFormationWith('dev', {}, stack.system.outputs, undefined, own),
    cloudwatch: answeredBy(new CloudWatchClient(SETTINGS), {
      DescribeAlarms: ({ AlarmNamePrefix }) => {
        expect(AlarmNamePrefix).toBe('jobwatch-dev-');
        return { MetricAlarms: alarms };
      },
      GetMetricData: () => ({
        MetricDataResults: ['passes', 'ticks'].map((Id) => ({ Id, Values: points })),
      }),
    }),
    logs: answeredBy(new CloudWatchLogsClient(SETTINGS), {
      FilterLogEvents: ({ logGroupName, filterPattern }) => {
        const name = String(logGroupName).replace('/aws/lambda/jobwatch-dev-', '');
        const more = extra === undefined ? [] : [{ name: 'deliver', line: extra }];
        const found = [...printed, ...more].filter((one) => one.name === name).filter(matches(String(filterPattern)));
        return { events: found.map(({ line }) => ({ message: line })) };
      },
    }),
    sqs,
    fetch: (url) => fetch(url),
    nowMs: Date.now,
    wait: () => new Promise((resolve) => setTimeout(resolve, 250)),
  };
}

const run = (given: SmokeClients) => smoke(['--stage', 'dev'], given, (line) => lines.push(line));

test('all is good on a stack that works, and nothing is left behind', async () => {
  const ofAnotherStage = alarm('2-no-tick', 'ALARM');
  const code = await run(clients({ alarms: [alarm('no-tick', 'OK'), ofAnotherStage] }));
  expect(lines.filter((line) => !line.startsWith('good '))).toEqual(['Everything that could be checked is good.']);
  expect(code).toBe(0);
  expect(lines).toContainEqual(expect.stringMatching(/rejection: a bad message was rejected: \S/));
  expect(lines).toContainEqual(expect.stringMatching(/rejection: jobwatch\.message\.rejected was published/));
  const QueueUrl = stack.system.outputs['RejectedQueueUrl'];
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  expect([Attributes?.ApproximateNumberOfMessages, Attributes?.ApproximateNumberOfMessagesNotVisible]).toEqual([
    '0',
    '0',
  ]);
}, 60_000);

test('what is wrong is named, and what can not be looked at hides nothing else', async () => {
  const extra = 'AccessDeniedException: not authorized to perform: dynamodb:GetItem';
  const given = clients({
    alarms: [alarm('no-tick', 'ALARM'), alarm('jobs-late', 'INSUFFICIENT_DATA')],
    points: [],
    extra,
  });
  const broken = answeredBy(new SQSClient({ ...SETTINGS, useQueueUrlAsEndpoint: false }), {
    SendMessage: () => {
      throw new AwsFault('AccessDenied', 'explicit deny in a resource-based policy');
    },
  });
  expect(await run({ ...given, sqs: broken })).toBe(1);
  expect(lines.filter((line) => !line.startsWith('good '))).toEqual([
    'bad     rejection: could not be looked at: AccessDenied: explicit deny in a resource-based policy',
    `bad     logs: deliver: 1 lines of trouble, the first: ${extra}`,
    'bad     metrics: the metric OldestOverdue has no points',
    'bad     metrics: the metric Invocations has no points',
    'bad     alarms: in alarm: no-tick',
    'unsure  alarms: without data yet: jobs-late',
    '5 findings are bad.',
  ]);
});

test('a stage without a stack is told', async () => {
  const none = { ...clients(), cloudformation: cloudFormationWith('dev', null) };
  await expect(run(none)).rejects.toThrow('There is no stack jobwatch-dev in this region.');
});
