import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import type { Random } from '../lib/base/random.ts';
import type { Job } from '../lib/job/job.ts';
import { makeSeededRandom } from '../local/simulator/faults.ts';
import { type Killer, makeKiller } from '../local/trial/killer.ts';
import { randomJob, type TrialJob, type Variety } from '../local/trial/random-jobs.ts';
import { startTrial, type Trial } from '../local/trial/trial.ts';

/**
 * The packaged functions against SIGKILL: jobs of all four APIs, vendors that misbehave, `wake`, the ticks of `watch`
 * and `deliver` killed at their requests to AWS, both queues emptied twice while everything is under way. Then every
 * job has to have its right end, told once, with no event missing. With `--wake off` the ticks work alone.
 *
 * Three waves of jobs. After the first two comes an outage: all functions die, both queues are purged, and the clock
 * goes on by 16 minutes, so that what has lost its message is overdue and `reconcile` has to find it. After the third
 * the clock goes on as well, for the leases of the last victims.
 */
const USAGE = 'npm run kills -- [--seed N] [--jobs 300] [--kills 54] [--wake on|off] [--log]';
const WAVES = 3;
/** Long jobs, so that a wave's are under way still when its outage comes. */
const VARIETY: Variety = { scopes: 4, accounts: 4, longestSeconds: 60 };
/** Deliveries are overdue after 15 minutes, jobs after five. */
const OUTAGE_MS = 16 * 60_000;
const GAP_MS = 300;
const DRAIN_MS = 200;
/** A leader that was killed is followed after 15 seconds. */
const RECORDS_TIMEOUT_MS = 60_000;
const DAY_MS = 86_400_000;
const SETTLE_TIMEOUT_MS = 120_000;
/** For the kills of half a wave: a second or two each where the machine has nothing else to do. */
const KILLS_TIMEOUT_MS = 300_000;

/** Short waits wherever nothing but time would pass. */
const WATCHING = {
  POLL_MIN_SECONDS: '1',
  POLL_MAX_SECONDS: '3',
  SCOPE_CALLS_PER_SECOND: '50',
  VENDOR_TIMEOUT_MS: '1000',
};
const SETTINGS = {
  watch: WATCHING,
  wake: WATCHING,
  deliver: { WEBHOOK_TIMEOUT_MS: '1000', RETRY_SCHEDULE_SECONDS: '1,1,2,2,5,5,10,10,10,10' },
};

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '300' },
    kills: { type: 'string', default: '54' },
    wake: { type: 'string', default: 'on' },
    log: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(USAGE);
else process.exitCode = await main(Number(values.seed), Number(values.jobs), Number(values.kills));

async function main(seed: number, jobsCount: number, killsCount: number): Promise<number> {
  const begun = performance.now();
  const random = makeSeededRandom(seed);
  const wake = values.wake === 'off' ? 'off' : 'on';
  const killer = makeKiller(makeSeededRandom(seed + 1), wake === 'on' ? ['watch', 'wake'] : ['watch']);
  const trial = await startTrial({
    seed,
    variety: VARIETY,
    wake,
    environment: SETTINGS,
    isolation: { watch: 'process', wake: 'process', deliver: 'process' },
    speed: 120,
    leaseSeconds: 4,
    onRequest: killer.onRequest,
    // That functions are killed is what this is about; but nobody kills `api` while it is asked.
    onError: (name, error) => (name === 'api' ? console.error(name, error) : undefined),
    ...(values.log ? { onLog: (name: string, line: string) => console.error(name, line) } : {}),
  });
  try {
    const jobs = Array.from({ length: jobsCount }, (_, number) => randomJob(random, number, VARIETY));
    await playWaves({ trial, killer, random, jobs, killsCount });
    await settle(trial);
    const records = await readRecords(trial);
    return report({ trial, killer, seed, jobs, records, seconds: (performance.now() - begun) / 1000 });
  } finally {
    await trial.close();
  }
}

interface Play {
  readonly trial: Trial;
  readonly killer: Killer;
  readonly random: Random;
  readonly jobs: readonly TrialJob[];
  readonly killsCount: number;
}

async function playWaves({ trial, killer, random, jobs, killsCount }: Play): Promise<void> {
  const size = Math.ceil(jobs.length / WAVES);
  for (let wave = 0; wave < WAVES; wave += 1) {
    const mine = jobs.slice(wave * size, (wave + 1) * size);
    await trial.submit(mine, () => random() < 0.5);
    // What is sent twice is watched once.
    await trial.submit(mine.filter(() => random() < 0.05));
    await killMany(trial, killer, random, (killsCount / WAVES) * (wave + 0.5));
    for (const { id } of mine.filter((job) => job.isToBeStopped)) await trial.stack.api.post(`/jobs/${id}/stop`);
    await killMany(trial, killer, random, (killsCount / WAVES) * (wave + 1));
    await outage(trial, wave < WAVES - 1 ? (wave + 1) * size : null);
  }
}

/** Until so many kills were made. Where every job has ended, the ticks still come. */
async function killMany({ stack }: Trial, killer: Killer, random: Random, upTo: number): Promise<void> {
  const until = performance.now() + KILLS_TIMEOUT_MS;
  while (sum(killer.kills()) < upTo) {
    if (performance.now() > until)
      throw new Error(
        `Only ${sum(killer.kills())} of ${upTo} kills: nobody came to be killed, or the machine is too busy.`,
      );
    await killer.kill(stack.system);
    await sleep(random() * GAP_MS);
  }
}

/**
 * `records`: how many jobs have been submitted so far, if the queues are to be purged. Only a message that nobody has
 * received yet is lost for good then: first, every job gets its record.
 */
async function outage(trial: Trial, records: number | null): Promise<void> {
  const { system } = trial.stack;
  if (records !== null) await untilRecorded(trial, records);
  await Promise.all(['watch', 'wake', 'deliver'].map((name) => system.kill(name)));
  // What the dead had sent is still read, by today's clock: a signature is good for five minutes.
  await sleep(DRAIN_MS);
  if (records !== null) {
    for (const name of ['PendingQueueUrl', 'DeliveriesQueueUrl'])
      await trial.sqs.send(new PurgeQueueCommand({ QueueUrl: system.outputs[name] }));
  }
  await system.skip(OUTAGE_MS);
}

async function untilRecorded(trial: Trial, count: number): Promise<void> {
  const until = performance.now() + RECORDS_TIMEOUT_MS;
  while ((await readRecords(trial)).length < count) {
    if (performance.now() > until) throw new Error('not every job got its record');
    await sleep(100);
  }
}

async function settle({ ledger }: Trial): Promise<void> {
  const until = performance.now() + SETTLE_TIMEOUT_MS;
  while (ledger.open() > 0 && performance.now() < until) await sleep(200);
}

async function readRecords({ stack }: Trial): Promise<Job[]> {
  const records: Job[] = [];
  let cursor = '';
  // Without it the list looks for jobs of months ago.
  const since = new Date(Date.now() - DAY_MS).toISOString();
  do {
    const page = `/jobs?limit=100&since=${since}${cursor}`;
    const { jobs, nextCursor } = await stack.api.get<{ jobs: Job[]; nextCursor?: string }>(page);
    records.push(...jobs);
    cursor = nextCursor === undefined ? '' : `&cursor=${encodeURIComponent(nextCursor)}`;
  } while (cursor !== '');
  return records;
}

interface Findings {
  readonly trial: Trial;
  readonly killer: Killer;
  readonly seed: number;
  readonly jobs: readonly TrialJob[];
  readonly records: readonly Job[];
  readonly seconds: number;
}

function report({ trial, killer, seed, jobs, records, seconds }: Findings): number {
  const { lost, wrong, refusals, ...account } = trial.ledger.read();
  const byId = new Map(records.map((record) => [record.id, record]));
  const unlike = jobs.flatMap(({ id, expected }) => {
    const { phase, seq, notifiedSeq } = byId.get(id) ?? {};
    return phase === expected && seq === notifiedSeq ? [] : [`${id}: ${phase}, ${notifiedSeq} of ${seq} told`];
  });
  const keys = Object.entries(trial.simulator.counters().keys);
  const unsigned = keys.flatMap(([key, { signatureFailures }]) =>
    signatureFailures === 0 ? [] : [`${key}: ${signatureFailures} bad signatures`],
  );
  const problems = [...lost, ...wrong, ...unlike, ...refusals, ...unsigned];
  for (const problem of problems.slice(0, 20)) console.log(problem);
  const { watch = 0, wake = 0, deliver = 0 } = killer.kills();
  console.log(
    `kills: seed ${seed}, ${jobs.length} jobs, ${watch + wake + deliver} ` +
      `kills (watch ${watch}, wake ${wake}, deliver ${deliver}), 2 purges; ` +
      `${account.events} events, ${account.duplicates} ` +
      `delivered again (${(account.duplicates / account.events).toFixed(3)} each), ` +
      `${lost.length} lost, ${wrong.length} wrong, ${unlike.length} records unlike; ${seconds.toFixed(0)} s`,
  );
  return problems.length === 0 ? 0 : 1;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
