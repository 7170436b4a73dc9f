import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Cleanup, makeCleanup } from '../cleanup.ts';
import { startReceiver } from '../receiver.ts';
import type { CredentialSpec } from '../simulator/schema.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { startSimulator } from '../simulator/start.ts';
import { type Stack, type StackOptions, startStack, untilInterrupted } from '../stack.ts';
import { TRIAL_FAULTS } from './faults.ts';
import { type Ledger, makeLedger } from './ledger.ts';
import type { TrialJob, Variety } from './random-jobs.ts';

/**
 * The whole system with a vendor that misbehaves, and a receiver that keeps a ledger of what was promised and what
 * came.
 */
export interface Trial {
  readonly stack: Stack;
  readonly simulator: Simulator;
  readonly ledger: Ledger;
  readonly sqs: SQSClient;
  /**
   * Hands the jobs in: through the queue or, for those to be stopped and those that `byApi` names, through the HTTP
   * API.
   */
  submit(jobs: readonly TrialJob[], byApi?: (job: TrialJob) => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface TrialOptions extends Omit<StackOptions, 'accounts'> {
  readonly variety: Variety;
  /** Of the simulator's chances. */
  readonly seed: number;
}

const QUEUE_BATCH = 10;
const API_BATCH = 100;

/** Rejects, with nothing left running, if a part can't start. */
export async function startTrial(options: TrialOptions): Promise<Trial> {
  const cleanup = makeCleanup();
  // Unpacked functions would stay in the folder for temporary files.
  void untilInterrupted().then(async () => {
    await cleanup.run();
    process.exit(1);
  });
  try {
    return await start(options, cleanup);
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start({ variety, seed, ...options }: TrialOptions, cleanup: Cleanup): Promise<Trial> {
  const ledger = makeLedger();
  const receiver = await cleanup.owns(startReceiver(ledger.note));
  const keys = keysFor(variety);
  const credentials = keys.map(({ key }) => key);
  const scenario = { credentials, faults: [...TRIAL_FAULTS], options: { seed } };
  // Not `Date.now` itself: the clock of this process may be moved.
  const simulator = await cleanup.owns(startSimulator({ scenario, clock: () => Date.now() }));
  const accounts = Object.fromEntries(
    keys.map(({ name, key }) => [name, { ...key, endpoints: simulator.endpointsOf(key.vendor) }]),
  );
  const stack = await startStack({ accounts, ...options });
  await cleanup.owns(stack.system);
  const sqs = new SQSClient(stack.system.clientSettings('sqs'));
  await cleanup.owns({ close: () => sqs.destroy() });
  const { secret } = await stack.api.post<{ secret: string }>('/subscriptions', {
    url: receiver.url,
    types: ['jobwatch.job.*'],
  });
  receiver.trust(secret);

  return {
    stack,
    simulator,
    ledger,
    sqs,
    async submit(jobs, byApi = () => false) {
      for (const { id, spec, expected } of jobs) {
        ledger.expect(id, expected);
        if (spec !== null) simulator.addJob(spec);
      }
      const posted = new Set(jobs.filter((job) => job.isToBeStopped || byApi(job)));
      const sent = jobs.filter((job) => !posted.has(job));
      for (const batch of chunks([...posted], API_BATCH)) await postJobs(stack, batch);
      for (const batch of chunks(sent, QUEUE_BATCH)) await sendJobs(sqs, stack, batch);
    },
    close: cleanup.run,
  };
}

export function keysFor({ accounts }: Variety): { name: string; key: CredentialSpec }[] {
  return Array.from({ length: accounts }, (_, number) => {
    const keyOf = (cloud: string) => ({ accessKeyId: `TRIAL${cloud}${number}`, accessKeySecret: 'trial-secret' });
    return [
      { name: `alibaba-${number}`, key: { vendor: 'alibaba', ...keyOf('ALIBABA') } },
      { name: `huawei-${number}`, key: { vendor: 'huawei', ...keyOf('HUAWEI') } },
    ];
  }).flat();
}

async function postJobs({ api }: Stack, jobs: readonly TrialJob[]): Promise<void> {
  const { rejected } = await api.post<{ rejected: unknown[] }>('/jobs', { jobs: jobs.map(({ message }) => message) });
  if (rejected.length > 0) throw new Error(`the API rejected jobs: ${JSON.stringify(rejected.slice(0, 3))}`);
}

async function sendJobs(sqs: SQSClient, { system }: Stack, jobs: readonly TrialJob[]): Promise<void> {
  const Entries = jobs.map(({ message }, index) => ({ Id: String(index), MessageBody: JSON.stringify(message) }));
  const { Failed } = await sqs.send(
    new SendMessageBatchCommand({ QueueUrl: system.outputs['PendingQueueUrl'], Entries }),
  );
  if (Failed !== undefined && Failed.length > 0) throw new Error(`the queue refused ${Failed.length} messages`);
}

function chunks<One>(all: readonly One[], size: number): (readonly One[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}
