import { join } from 'node:path';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CALLBACK_KINDS, callbackHash } from '../../lib/job/callbacks.ts';
import { jobIdOf } from '../../lib/job/identity.ts';
import { covers, type Grant, grantsOf } from '../../local/gateway/access.ts';
import { makeEventBus } from '../../local/services/event-bus.ts';
import { EVENT_BUS_ARN, SERVICE_PARAMETERS } from '../../local/services/parameters.ts';
import { makeWorkflows, type Workflows } from '../../local/services/workflows.ts';
import { SAMPLE_CREDENTIALS, sampleAccounts } from '../../local/simulator/samples.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { makeReferences } from '../../local/template/physical.ts';
import { PACKAGE_DIR, readTemplate, TEMPLATE_FILE } from '../../local/template/template.ts';

/**
 * Goal: workflows that wait for a job go on when it ends, their tokens are shown nowhere, and a stack without the
 * parameters has no right that is new. Method: the packaged stack with services that are strict about every request.
 */
const NLB = { api: 'alibaba.nlb', account: 'default', region: 'cn-hangzhou', projectId: null };
/** So old that the first poll is due at once. */
const submittedAt = new Date(Date.now() - 3_600_000).toISOString();
const MESSAGE = { api: NLB.api, region: NLB.region, submittedAt };
const within = { timeout: 20_000, interval: 50 };

/** Tokens that must be found nowhere. */
const task = (name: string, heartbeat = false) => ({
  kind: 'stepfunctions' as const,
  token: `canary-${name}`,
  heartbeat,
});
const durable = (name: string) => ({ kind: 'durable' as const, id: `Y2FuYXJ5/${name}` });
const CANARY = /canary-|Y2FuYXJ5/;

const workflows: Workflows = makeWorkflows();
const eventBus = makeEventBus([EVENT_BUS_ARN]);
const lines: string[] = [];
const used = new Map<string, Grant[]>();
let simulator: Simulator;
let stack: Stack;

const wait = (...callbacks: readonly (ReturnType<typeof task> | ReturnType<typeof durable>)[]) => {
  for (const one of callbacks) workflows.open(one.kind, one.kind === 'durable' ? one.id : one.token);
  return callbacks;
};
const endsOf = (token: string) => workflows.ends.filter((one) => one.token === token).map(({ end }) => end);

beforeAll(async () => {
  simulator = await startSimulator({
    scenario: {
      credentials: [...SAMPLE_CREDENTIALS],
      jobs: [
        { api: NLB.api, jobId: 'good', steps: [{ status: 'Succeeded' }] },
        { api: NLB.api, jobId: 'bad', steps: [{ status: 'Failed' }] },
        { api: NLB.api, jobId: 'taken', steps: [{ status: 'Succeeded' }] },
        { api: NLB.api, jobId: 'refused', steps: [{ status: 'Succeeded' }] },
        { api: NLB.api, jobId: 'slow', steps: [{ status: 'Processing' }] },
      ],
    },
  });
  stack = await startStack({
    accounts: sampleAccounts(simulator),
    stackParameters: SERVICE_PARAMETERS,
    workflows,
    eventBus,
    speed: 60,
    environment: { watch: { WATCH_SECONDS: '2' }, deliver: { RETRY_SCHEDULE_SECONDS: '1,1' } },
    onRights: (caller, rights) => {
      const name = caller.replace(/^trigger:/, '');
      used.set(name, [...(used.get(name) ?? []), ...rights]);
    },
    onLog: (_, line) => lines.push(line),
  });
}, 60_000);

afterAll(async () => {
  await stack?.system.close();
  await simulator?.close();
}, 30_000);

const submit = (jobId: string, callbacks?: readonly unknown[]) =>
  stack.api.post<{ accepted: { id: string }[] }>('/jobs', { ...MESSAGE, jobId, callbacks });

async function send(jobId: string, callbacks: readonly unknown[]): Promise<void> {
  const sqs = new SQSClient(stack.system.clientSettings('sqs'));
  const MessageBody = JSON.stringify({ ...MESSAGE, jobId, callbacks });
  await sqs.send(new SendMessageCommand({ QueueUrl: stack.system.outputs['PendingQueueUrl'], MessageBody }));
  sqs.destroy();
}

describe('workflows that wait', () => {
  test('go on when the job succeeds, and fail when it fails', async () => {
    await send('good', wait(task('good'), durable('good')));
    await submit('bad', wait(task('bad'), durable('bad')));
    await vi.waitFor(() => expect(workflows.ends).toHaveLength(4), within);
    for (const token of [task('good').token, durable('good').id]) {
      const [end, ...others] = endsOf(token);
      expect(others).toEqual([]);
      expect(end?.kind === 'success' && JSON.parse(end.output)).toMatchObject({
        phase: 'succeeded',
        job: { jobId: 'good', api: 'alibaba.nlb' },
      });
    }
    for (const token of [task('bad').token, durable('bad').id])
      expect(endsOf(token)).toMatchObject([{ kind: 'failure', error: 'jobwatch.failed' }]);
  });

  test('that come after the end go on at once, by either way', async () => {
    await send('good', wait(task('late-message')));
    await submit('good', wait(durable('late')));
    await vi.waitFor(() => expect(workflows.ends).toHaveLength(6), within);
    expect(endsOf(durable('late').id)).toMatchObject([{ kind: 'success' }]);
  });

  test('hear heartbeats as long as the job is watched, and how a stop ends it', async () => {
    const { accepted } = await submit(
      'slow',
      wait(task('slow', true), { ...durable('slow'), heartbeat: true } as never),
    );
    await vi.waitFor(() => {
      for (const kind of CALLBACK_KINDS) expect(workflows.beats.map((beat) => beat.kind)).toContain(kind);
    }, within);
    await stack.api.post(`/jobs/${accepted[0]?.id}/stop`);
    await vi.waitFor(() => expect(endsOf(task('slow').token)).toMatchObject([{ error: 'jobwatch.stopped' }]), within);
  });

  test('and wait no more are canceled with the reason', async () => {
    await submit('good', [task('nobody')]);
    const id = jobIdOf({ ...NLB, jobId: 'good' });
    type Deliveries = { deliveries: { subscription: string; state: string; reason: string | null }[] };
    await vi.waitFor(async () => {
      const { deliveries } = await stack.api.get<Deliveries>(`/jobs/${id}/deliveries`);
      expect(deliveries.find(({ state }) => state === 'canceled')).toMatchObject({
        subscription: 'callbacks',
        reason: 'the callback is completed, has timed out or never existed: InvalidToken',
      });
    }, within);
  });
});

describe('a bus of events', () => {
  test('gets what it is subscribed to; what it refuses with 200 is not delivered', async () => {
    interface Listed {
      readonly deliveries: readonly { state: string; attempts: readonly { status: number; error: string | null }[] }[];
    }
    const types = ['jobwatch.job.succeeded'];
    const { id } = await stack.api.post<{ id: string }>('/subscriptions', { kind: 'eventbridge', types });
    const listed = async () => (await stack.api.get<Listed>(`/subscriptions/${id}/deliveries`)).deliveries;
    await submit('taken');
    await vi.waitFor(async () => expect(await listed()).toMatchObject([{ state: 'delivered' }]), within);
    const [event] = eventBus.events;
    expect(event).toMatchObject({ bus: EVENT_BUS_ARN, source: 'jobwatch', detailType: 'jobwatch.job.succeeded' });
    expect(JSON.parse(event?.detail ?? '')).toMatchObject({ specversion: '1.0', data: { job: { jobId: 'taken' } } });
    eventBus.refuse('InternalFailure');
    await submit('refused');
    await vi.waitFor(async () => expect((await listed())[0]).toMatchObject({ state: 'exhausted' }), within);
    const error = 'EventBridge refused it: InternalFailure';
    expect((await listed())[0]?.attempts).toMatchObject([1, 2, 3].map(() => ({ status: 200, error })));
    expect(eventBus.events).toHaveLength(1);
    await stack.api.post(`/subscriptions/${id}/test`, {});
  }, 60_000);
});

describe('the tokens', () => {
  test('are in no log line, no answer of the API and no table but that of the secrets', async () => {
    const id = jobIdOf({ ...NLB, jobId: 'good' });
    const hash = callbackHash(durable('late'));
    const paths = ['/jobs?limit=100', `/jobs/${id}`, `/jobs/${id}/deliveries`, '/subscriptions/callbacks/deliveries'];
    const answers = await Promise.all(paths.map((path) => stack.api.get(path)));
    expect(JSON.stringify(answers)).toContain(hash);
    expect(JSON.stringify(answers)).not.toMatch(CANARY);
    expect(lines.filter((line) => line.includes('delivery.attempted')).length).toBeGreaterThan(5);
    expect(lines.filter((line) => CANARY.test(line))).toEqual([]);
    const dynamodb = new DynamoDBClient(stack.system.clientSettings('dynamodb'));
    const holding: string[] = [];
    for (const table of ['Jobs', 'Subscriptions', 'Deliveries', 'Durations', 'State', 'Secrets']) {
      const { Items } = await dynamodb.send(new ScanCommand({ TableName: `jobwatch-local-${table}Table` }));
      if (CANARY.test(JSON.stringify(Items))) holding.push(table);
    }
    dynamodb.destroy();
    expect(holding).toEqual(['Secrets']);
  });
});

describe('the rights', () => {
  const grantsWith = (parameters: Readonly<Record<string, string>>) => {
    const template = readTemplate(join(import.meta.dirname, '../..', PACKAGE_DIR, TEMPLATE_FILE), parameters);
    const references = makeReferences(template, { stackName: 'jobwatch-local', sqsUrl: stack.system.urls.sqs });
    return (name: string) => grantsOf(template, `${name[0]?.toUpperCase()}${name.slice(1)}Role`, references);
  };
  const show = ({ action, keys }: Grant) => `${action}${keys === undefined ? '' : ` of ${keys}`}`;

  test('are no new ones without the parameters, and with them those that are used', () => {
    const [without, having] = [grantsWith({}), grantsWith(SERVICE_PARAMETERS)];
    const added = (name: string) => {
      const known = new Set(without(name).map((grant) => JSON.stringify(grant)));
      return having(name).filter((grant) => !known.has(JSON.stringify(grant)));
    };
    const names = ['api', 'deliver', 'reconcile', 'wake', 'watch'];
    const watching = [
      'dynamodb:GetItem of callback/*',
      'dynamodb:PutItem of callback/*',
      'states:SendTaskHeartbeat',
      'lambda:SendDurableExecutionCallbackHeartbeat',
    ];
    const all = names.flatMap((name) => without(name));
    expect(all.filter(({ action }) => /^(states|events):|DurableExecution/.test(action))).toEqual([]);
    expect(Object.fromEntries(names.map((name) => [name, added(name).map(show)]))).toEqual({
      api: ['events:PutEvents'],
      deliver: [
        'states:SendTaskSuccess',
        'states:SendTaskFailure',
        'lambda:SendDurableExecutionCallbackSuccess',
        'lambda:SendDurableExecutionCallbackFailure',
        'events:PutEvents',
      ],
      reconcile: [],
      wake: watching,
      watch: watching,
    });
    // Either of the two does the work, whichever leads.
    const needed = (name: string) => used.get(name) ?? [];
    const watched = [...needed('wake'), ...needed('watch')];
    for (const name of ['api', 'deliver', 'wake', 'watch']) {
      const needs = name.startsWith('w') ? watched : needed(name);
      const idle = added(name).filter((grant) => !needs.some((need) => covers(grant, need)));
      expect(idle.map(show), name).toEqual([]);
      expect(needs.filter((need) => !having(name).some((grant) => covers(grant, need))).map(show), name).toEqual([]);
    }
  });
});
