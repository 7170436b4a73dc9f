import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { METRICS } from '../../lib/metrics/names.ts';
import { type Grant, grantsOf, matches } from '../../local/gateway/access.ts';
import { SAMPLE_CREDENTIALS, sampleAccounts } from '../../local/simulator/samples.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { startStack } from '../../local/stack.ts';
import { makeReferences } from '../../local/template/physical.ts';
import { PACKAGE_DIR, readTemplate, TEMPLATE_FILE, type Template } from '../../local/template/template.ts';
import { walkEveryPath } from './every-path.ts';

/**
 * Goal: each role of the packaged template grants what its function does, no more and no less; and what the functions
 * print holds no secret. Method: lead the functions through every path that calls AWS, note the right that each call
 * needs, and compare.
 */
const FUNCTIONS = ['api', 'deliver', 'reconcile', 'wake', 'watch'] as const;

/** Rights that no request here shows: Lambda makes the calls, with the function's role, or another test does. */
const SHOWN_ELSEWHERE = [
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
  { functions: FUNCTIONS, action: 'logs:CreateLogStream', resource: /:log-group:\/aws\/lambda\/jobwatch-dev-\w+:\*$/ },
  { functions: FUNCTIONS, action: 'logs:PutLogEvents', resource: /:log-group:\/aws\/lambda\/jobwatch-dev-\w+:\*$/ },
  // https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  { functions: ['deliver'], action: 'sqs:GetQueueAttributes', resource: /-DeliveriesQueue$/ },
  { functions: ['wake'], action: 'sqs:GetQueueAttributes', resource: /-PendingQueue$/ },
  // workers.test.ts has siblings, with this role.
  { functions: ['watch'], action: 'lambda:InvokeFunction', resource: /:function:jobwatch-dev-watch$/ },
];

const ACCOUNTS_SECRETS = SAMPLE_CREDENTIALS.flatMap((credential) => Object.values(credential).map(String));

const closers: (() => Promise<void>)[] = [];
const tokens: string[] = [];
let sqsUrl = '';
let template: Template;
const used = new Map<string, Grant[]>();
const lines: { name: string; line: string }[] = [];

/** Once with the ticks alone, and once with what the queue wakes. */
beforeAll(async () => {
  for (const worker of ['watch', 'wake'] as const) await walk(worker);
  template = readTemplate(join(import.meta.dirname, '../..', PACKAGE_DIR, TEMPLATE_FILE));
  // Lines come over a pipe: the last may still be on its way.
  await vi.waitFor(() => expect(lines.some(({ line }) => line.includes('OldestOverdue'))).toBe(true), {
    timeout: 15_000,
  });
}, 180_000);

async function walk(worker: 'watch' | 'wake'): Promise<void> {
  const simulator = await startSimulator({
    scenario: {
      credentials: [...SAMPLE_CREDENTIALS],
      jobs: ['nlb-1', 'nlb-2'].map((jobId) => ({ api: 'alibaba.nlb', jobId, steps: [{ status: 'Succeeded' }] })),
    },
  });
  closers.push(simulator.close);
  const stack = await startStack({
    accounts: sampleAccounts(simulator),
    paused: true,
    speed: 60,
    wake: worker === 'wake' ? 'on' : 'off',
    environment: { watch: { WATCH_SECONDS: '2' }, deliver: { RETRY_SCHEDULE_SECONDS: '1' } },
    // Lambda polls the queue of a function with that function's role.
    onRights: (caller, rights) => {
      const name = caller.replace(/^trigger:/, '');
      used.set(name, [...(used.get(name) ?? []), ...rights]);
    },
    onLog: (name, line) => lines.push({ name, line }),
  });
  closers.push(stack.system.close);
  tokens.push(stack.token);
  sqsUrl = stack.system.urls.sqs;
  await walkEveryPath(stack, worker);
}

afterAll(async () => {
  for (const close of closers) await close();
}, 30_000);

const show = ({ action, resource }: Grant) => `${action} ${resource}`;
const covers = (grant: Grant, need: Grant) =>
  matches(grant.action, need.action) && matches(grant.resource, need.resource);

describe('the role of', () => {
  it.each(FUNCTIONS)('%s grants what the function does, and nothing else', (name) => {
    const references = makeReferences(template, { stackName: 'jobwatch-local', sqsUrl });
    const grants = grantsOf(template, `${name[0]?.toUpperCase()}${name.slice(1)}Role`, references);
    const needs = used.get(name) ?? [];
    const missing = needs.filter((need) => !grants.some((grant) => covers(grant, need)));
    const idle = grants.filter((grant) => !needs.some((need) => covers(grant, need)));
    const unexplained = idle.filter(
      ({ action, resource }) =>
        !SHOWN_ELSEWHERE.some(
          (known) =>
            known.functions.some((one) => one === name) && known.action === action && known.resource.test(resource),
        ),
    );
    expect({ missing: missing.map(show), needless: unexplained.map(show) }).toEqual({ missing: [], needless: [] });
    expect(needs.length).toBeGreaterThan(10);
  });
});

describe('what the functions print', () => {
  it('is one JSON object a line', () => {
    expect(new Set(lines.map(({ name }) => name))).toEqual(new Set(FUNCTIONS));
    expect(lines.filter(({ line }) => !line.startsWith('{')).map(({ line }) => line)).toEqual([]);
    for (const { line } of lines) JSON.parse(line);
  });

  it('holds no secret of an account, a webhook or a token', () => {
    const all = lines.map(({ line }) => line).join('\n');
    for (const secret of [...ACCOUNTS_SECRETS.filter((value) => value.includes('secret')), ...tokens, 'whsec_', 'jw_'])
      expect(all, secret).not.toContain(secret);
  });

  it('counts with known names alone, for one service and one stage', () => {
    const counted = lines.map(({ line }) => JSON.parse(line)).filter((line) => '_aws' in line);
    const names = counted.flatMap(({ _aws }) =>
      _aws.CloudWatchMetrics.flatMap((set: { Metrics: { Name: string }[] }) => set.Metrics.map(({ Name }) => Name)),
    );
    expect(names.filter((name: string) => !(name in METRICS))).toEqual([]);
    // Whether the job of the refused account has been written down as waiting by the time of the pass is a matter of
    // moments.
    expect(new Set(names.filter((name: string) => name !== 'JobsDenied'))).toEqual(
      new Set([...SEEN_OF_WATCH, ...SEEN_OF_DELIVER, 'OpenJobs', 'OldestOverdue', 'JobsWoken', 'DeliveriesResent']),
    );
    for (const line of counted) {
      expect(line).toMatchObject({ service: 'jobwatch', stage: 'dev' });
      expect(line._aws.CloudWatchMetrics).toMatchObject([
        { Namespace: 'jobwatch', Dimensions: [['service', 'stage']] },
      ]);
    }
  });

  it('ties the call, the change and the delivery of a job together', () => {
    const said = lines.map(({ line }) => JSON.parse(line));
    const changed = said.find(({ message, correlationId }) => message === 'job.changed' && correlationId === 'c-2');
    expect(changed).toMatchObject({ api: 'alibaba.nlb', account: 'default', phase: 'succeeded' });
    const asked = said.find(({ message, jobIds }) => message === 'vendor.asked' && jobIds.includes('nlb-2'));
    expect(asked).toMatchObject({ scope: 'alibaba.nlb/default/cn-hangzhou', outcomes: { status: expect.any(Number) } });
    const delivered = said.find(({ message, job }) => message === 'delivery.attempted' && job === changed?.id);
    expect(delivered).toMatchObject({ correlationId: 'c-2', status: 204, state: 'delivered' });
  });
});

const SEEN_OF_WATCH = [
  ...['OldestDue', 'AskDelay', 'JobsAsked', 'VendorDuration'],
  ...['JobsSucceeded', 'JobsStopped', 'MessagesRejected', 'CallsDenied'],
];
const SEEN_OF_DELIVER = [
  ...['AttemptsFailed', 'AttemptDuration', 'DeliveriesDelivered', 'DeliveriesExhausted'],
  'EndpointsDisabled',
];
