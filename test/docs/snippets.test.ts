import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { SERVICE_PARAMETERS } from '../../local/services/parameters.ts';
import { makeWorkflows } from '../../local/services/workflows.ts';
import { readSampleMessage, SAMPLE_CREDENTIALS, SAMPLES, sampleAccounts } from '../../local/simulator/samples.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { type Cli, makeCli } from '../cli/support.ts';
import { teachQuickJobs } from '../local/teach.ts';
import { type Place, play, preparePlace, syntaxFaultOf } from './played.ts';
import { commandsOf, DOCUMENTS, snippetsOf, sorted } from './snippets.ts';
import { type Scene, unusedRows } from './where.ts';

/**
 * Goal: whoever copies a command from a document sees it work. Method: those that this machine can play are run, page by
 * page and in their order, against the packaged system; of the others the syntax is read, and where.ts says why.
 */
const JOBS = [
  { api: 'alibaba.alb', jobId: '365f4154-92f6-4ae4-92f8-7ff34b540710', status: 'Failed' },
  { api: 'alibaba.nlb', jobId: 'some-job', status: 'Succeeded' },
] as const;

const read = DOCUMENTS.map((path) => ({ path, ...sorted(commandsOf(path)) }));
const played = read.filter((document) => document.played.length > 0);
const countOf = (lists: readonly (readonly unknown[])[]) => lists.reduce((sum, list) => sum + list.length, 0);
const reasons = Map.groupBy(
  read.flatMap(({ others }) => [...others].flatMap(([why, list]) => list.map((one) => ({ ...one, why })))),
  ({ why }) => why,
);

let simulator: Simulator;
let receiver: Receiver;
let stack: Stack;
let cli: Cli;
let scene: Omit<Scene, 'port' | 'stage'>;
let accounts: Record<string, object>;
let base: string;
let env: Record<string, string>;
let files: Record<string, string>;

beforeAll(async () => {
  const onDemand = SAMPLES.map(({ job }) => ({ ...job, startsOn: 'firstPoll' as const }));
  const jobs = JOBS.map(({ api, jobId, status }) => ({ api, jobId, steps: [{ status }] }));
  simulator = await startSimulator({
    scenario: { credentials: [...SAMPLE_CREDENTIALS], jobs: [...onDemand, ...jobs] },
  });
  receiver = await startReceiver();
  accounts = sampleAccounts(simulator);
  accounts['wrong'] = { ...accounts['default'], accessKeySecret: 'wrong' };
  const workflows = makeWorkflows({ takesAny: true });
  stack = await startStack({ accounts, speed: 30, stackParameters: SERVICE_PARAMETERS, workflows });
  const { urls } = stack.system;
  await teachQuickJobs(stack.system, ['alibaba.alb', 'alibaba.nlb', 'huawei.elb.v3']);
  cli = await makeCli();
  const { id } = await stack.api.post<{ id: string }>('/subscriptions', { url: receiver.printUrl });
  scene = { apiUrl: urls.api, hookUrl: receiver.printUrl, subscription: id, token: stack.token };
  await stack.api.post('/jobs', JSON.parse(await readSampleMessage('huawei-v3-complete')));
  env = {
    JOBWATCH_URL: urls.api,
    JOBWATCH_TOKEN: stack.token,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'outside',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_SSM: urls.ssm,
    AWS_ENDPOINT_URL_SQS: urls.sqs,
    TASK_TOKEN: 'a'.repeat(64),
  };
  files = {
    'account.json': JSON.stringify(accounts['default']),
    'jobs.jsonl': '{"api":"alibaba.nlb","region":"cn-hangzhou","jobId":"a"}\n{"api":"alibaba.nlb","jobID":"b"}\n',
    'upgrade-load-balancer.sh': '#!/bin/sh\necho ef6da45b-35d9-4c18-8c35-0b80d94a0001\n',
  };
  base = await mkdtemp(join(tmpdir(), 'jobwatch-docs-'));
}, 120_000);

afterAll(async () => {
  await stack?.system.close();
  await receiver?.close();
  await simulator?.close();
  await cli?.remove();
  if (base !== undefined) await rm(base, { recursive: true, force: true });
}, 30_000);

async function placeOf(path: string): Promise<Place> {
  const place = { folder: join(base, path.replaceAll('/', '-')), cliFile: cli.file, env, files };
  await preparePlace(place);
  return place;
}

/** Tokens and accounts of each document lie in a stage of its own. */
function stageOf(path: string): string {
  const stage = `doc-${DOCUMENTS.indexOf(path)}`;
  for (const name of ['default', 'wrong'])
    stack.system.parameters.put(`/jobwatch/${stage}/accounts/${name}`, JSON.stringify(accounts[name]));
  return stage;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe.concurrent(`${countOf(played.map((one) => one.played))} commands of ${played.length} documents`, () => {
  test.each(played)('$path', { timeout: 120_000 }, async ({ path, played: commands }) => {
    const place = await placeOf(path);
    const stage = stageOf(path);
    expect(await play(commands, place, { ...scene, stage, port: await freePort() })).toBeNull();
  });
});

describe('what is not run', () => {
  test.each([...reasons].map(([why, list]) => ({ why, list, count: list.length })))(
    '$count commands are read by a shell only: $why',
    async ({ list }) => {
      const place = { folder: dirname(cli.file), cliFile: cli.file, env, files };
      const faults = await Promise.all(
        list.map(async ({ place: where, text }) => {
          const fault = await syntaxFaultOf(text.replace(/<[\w' ]+>/g, 'x'), place);
          return fault === null ? [] : [`${where}: ${text}: ${fault}`];
        }),
      );
      expect(faults.flat()).toEqual([]);
    },
  );

  test('has a row of where.ts, and each row has a command', () => {
    const all = read.flatMap(({ path }) => commandsOf(path).map(({ text }) => text));
    expect(unusedRows(all)).toEqual([]);
  });
});

describe('code that is no command', () => {
  const all = DOCUMENTS.flatMap(snippetsOf);
  const of = (language: string) => all.filter((one) => one.language === language);

  test('JSON is JSON', () => {
    const faults = of('json').filter(({ text }) => !isJson(text));
    expect(faults.map(({ place }) => place)).toEqual([]);
  });

  test.each(['ts', 'js'] as const)('%s compiles', async (loader) => {
    for (const { text } of of(loader)) {
      const isExpression = text.startsWith('{');
      await transform(isExpression ? `x = [${text}]` : text, { loader, format: 'esm' });
    }
  });

  test.skipIf(!isInstalled('python3'))('Python compiles', () => {
    for (const { text } of of('python'))
      execFileSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: text });
  });

  test.skipIf(!isInstalled('terraform'))('Terraform is formatted as Terraform does', () => {
    for (const { text } of of('hcl'))
      execFileSync('terraform', ['fmt', '-'], { input: text, stdio: ['pipe', 'pipe', 'pipe'] });
  });

  test.skipIf(!hasYaml())('YAML is YAML', () => {
    for (const { text, place } of of('yaml'))
      expect(
        () => execFileSync('python3', ['-c', 'import sys, yaml; yaml.safe_load(sys.stdin.read())'], { input: text }),
        place,
      ).not.toThrow();
  });
});

/** One value, or one a line; `…` stands for what is left out. */
function isJson(text: string): boolean {
  const parses = (one: string) => {
    try {
      JSON.parse(one);
      return true;
    } catch {
      return false;
    }
  };
  return parses(text) || text.trim().split('\n').every(parses);
}

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function hasYaml(): boolean {
  try {
    execFileSync('python3', ['-c', 'import yaml'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
