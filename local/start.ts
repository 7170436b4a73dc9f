import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { eventLine } from '../lib/events/line.ts';
import type { CallbackKind } from '../lib/job/callbacks.ts';
import { parseAccount } from '../lib/vendors/account.ts';
import { API_FACTS } from '../lib/vendors/registry.ts';
import { lockFolder } from './data/lock.ts';
import { introduction } from './introduction.ts';
import { readPlayground, savePlayground, subscribeOnce } from './playground.ts';
import { type Received, type Receiver, startReceiver } from './receiver.ts';
import { SERVICE_PARAMETERS } from './services/parameters.ts';
import { makeWorkflows, type WorkflowEnd } from './services/workflows.ts';
import { readSampleMessage, SAMPLE_CREDENTIALS, SAMPLES, sampleAccounts } from './simulator/samples.ts';
import { loadScenario } from './simulator/scenario.ts';
import { startSimulator } from './simulator/start.ts';
import { type Stack, startStack, untilInterrupted } from './stack.ts';

const USUAL_PORT = 4000;

const USAGE = `npm start -- [options]: a playground. "npm run serve" is for real use.

  --samples         also submit the sample jobs of events/ to the simulator
  --scenario FILE   play this scenario in the simulator (docs/simulator.md)
  --accounts FILE   real credentials, {"<name>": {…}}: then the real clouds are polled.
                    While it runs, every user of this machine can read them
  --data DIR        keep queues, tables, port, token and subscription in DIR between runs
  --port N          port of the HTTP API (default: that of the run before, else 4000, or a free one if that is taken)
  --json            print received events whole
  --log             print the functions' log lines
  --help`;

/** The sample jobs, each beginning when it is first polled. */
const ON_DEMAND = {
  credentials: [...SAMPLE_CREDENTIALS],
  jobs: SAMPLES.map(({ job }) => ({ ...job, startsOn: 'firstPoll' as const })),
};

/** The whole system on this machine until Ctrl-C. Throws a sentence for the user if an option is wrong. */
try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      samples: { type: 'boolean', default: false },
      scenario: { type: 'string' },
      accounts: { type: 'string' },
      data: { type: 'string' },
      port: { type: 'string' },
      json: { type: 'boolean', default: false },
      log: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.samples && values.accounts !== undefined)
    throw new Error('--samples are jobs of the simulator: leave out --accounts, or --samples.');
  console.log(
    'This is a playground, at twelve times the speed; "npm run serve" runs jobwatch on one machine for real.',
  );
  const dataDir = values.data === undefined ? undefined : resolve(values.data);
  const lock = dataDir === undefined ? null : lockFolder(dataDir);
  const playground = readPlayground(dataDir);
  const stopped = untilInterrupted();
  const scenario = values.scenario === undefined ? ON_DEMAND : await readScenario(values.scenario);
  const simulator = await startSimulator({ scenario });
  const receiver = await startOn(playground.receiverPort, (port) => startReceiver(printer(values.json), port));
  const stack = await startStack({
    accounts: values.accounts === undefined ? sampleAccounts(simulator) : readAccounts(values.accounts),
    speed: 12,
    token: playground.token,
    stackParameters: SERVICE_PARAMETERS,
    workflows: makeWorkflows({ takesAny: true, onEnd: printEnd }),
    httpPort: values.port === undefined ? playground.port || (await usualPort()) : portOf(values.port),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(values.log ? { onLog: (name: string, line: string) => console.log(`${name}  ${line.trimEnd()}`) } : {}),
  });
  try {
    const subscription = await subscribeOnce(stack.api, receiver.url, playground.subscription);
    receiver.trust(subscription.secret);
    const [port, receiverPort] = [stack.system.urls.api, receiver.url].map((url) => Number(new URL(url).port));
    savePlayground(dataDir, { port: port ?? 0, receiverPort: receiverPort ?? 0, token: stack.token, subscription });
    await introduce(stack, receiver, simulator.url);
    if (values.samples) await submitSamples(stack);
    await stopped;
    console.log('\nStopping.');
  } finally {
    await stack.system.close();
    await receiver.close();
    await simulator.close();
    lock?.release();
  }
  return 0;
}

/** On the port of the run before; if somebody has it now, on another one. */
async function startOn<Server>(port: number, start: (port: number) => Promise<Server>): Promise<Server> {
  try {
    return await start(port);
  } catch {
    return start(0);
  }
}

/** The accounts of a run on the simulator always have their keys; a scenario may give them other ones. */
async function readScenario(path: string) {
  const scenario = await loadScenario(path);
  return { ...scenario, credentials: [...SAMPLE_CREDENTIALS, ...scenario.credentials] };
}

function readAccounts(path: string): Record<string, unknown> {
  let accounts: unknown;
  try {
    accounts = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new Error(`--accounts ${path}: expected a file with JSON, {"<name>": {"vendor": …}}.`, { cause });
  }
  if (typeof accounts !== 'object' || accounts === null || Array.isArray(accounts)) {
    throw new Error(`--accounts ${path}: expected an object, {"<name>": {"vendor": …}}.`);
  }
  for (const [name, account] of Object.entries(accounts)) {
    const parsed = parseAccount(JSON.stringify(account), API_FACTS);
    if (!parsed.ok) throw new Error(`--accounts ${path}: account "${name}": ${parsed.reason}.`);
  }
  return { ...accounts };
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`--port ${text}: expected a number from 0 to 65535.`);
}

function printEnd(kind: CallbackKind, token: string, end: WorkflowEnd): void {
  const said = end.kind === 'success' ? end.output : `${end.error} ${end.cause}`;
  console.log(`resumed   ${kind} ${token}: ${end.kind} ${said}`);
}

function printer(isWhole: boolean): (received: Received) => void {
  return ({ event, problem, isVerified }) => {
    if (problem === null)
      console.log(`${isVerified ? 'verified' : 'received'}  ${isWhole ? JSON.stringify(event) : eventLine(event)}`);
    else console.log(`refused   ${problem}`);
  };
}

async function introduce({ system, token }: Stack, receiver: Receiver, simulatorUrl: string): Promise<void> {
  const { urls, dynamoKind, outputs } = system;
  const { jobId } = JSON.parse(await readSampleMessage('alibaba-nlb-succeeded')) as { readonly jobId: string };
  const text = introduction({
    apiUrl: urls.api,
    token,
    pendingQueue: outputs['PendingQueueUrl'] ?? '',
    simulatorUrl,
    receiverUrl: receiver.url,
    printUrl: receiver.printUrl,
    sqsUrl: urls.sqs,
    engines: `SQS ${urls.sqs}, DynamoDB (${dynamoKind}) ${urls.dynamodb}, SSM ${urls.ssm}`,
    jobId,
    node: process.execPath,
    cliFile: resolve(import.meta.dirname, '../dist/jobwatch.mjs'),
    messageFile: resolve(import.meta.dirname, '../events/huawei-v3-complete.json'),
  });
  console.log(text);
}

/** The usual port, so that URLs outlive a restart, unless somebody has it already. */
async function usualPort(): Promise<number> {
  const probe = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false)).listen(USUAL_PORT, '127.0.0.1', () => resolve(true));
  });
  await new Promise((resolve) => probe.close(resolve));
  return isFree ? USUAL_PORT : 0;
}

async function submitSamples({ system }: Stack): Promise<void> {
  const sqs = new SQSClient(system.clientSettings('sqs'));
  const bodies = await Promise.all(SAMPLES.map(({ name }) => readSampleMessage(name)));
  const QueueUrl = system.outputs['PendingQueueUrl'];
  await Promise.all(bodies.map((MessageBody) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))));
  sqs.destroy();
  console.log(`${SAMPLES.length} sample jobs are on the queue.\n`);
}
