import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { VERSION } from '../lib/base/version.ts';
import { type ApiClient, makeApiClient, makeToken } from '../local/client.ts';
import { openFolder } from '../local/data/folder.ts';
import { saveTokens } from '../local/data/tokens.ts';
import { freePort } from '../local/engines/free-port.ts';
import { startReceiver } from '../local/receiver.ts';
import { makeSeededRandom } from '../local/simulator/faults.ts';
import { startSimulator } from '../local/simulator/start.ts';
import { TRIAL_FAULTS } from '../local/trial/faults.ts';
import { type Kills, killServe, VICTIMS } from '../local/trial/kill-serve.ts';
import { type Ledger, makeLedger } from '../local/trial/ledger.ts';
import { randomJob, type TrialJob } from '../local/trial/random-jobs.ts';
import { memoryOfTree, type Supervised, supervise } from '../local/trial/supervised.ts';
import { keysFor } from '../local/trial/trial.ts';

/**
 * `serve` against SIGKILL, in real time: its whole process tree, its DynamoDB engine alone, its functions alone, while
 * jobs are handed in through the HTTP API; its supervisor starts it again. Then every job has to have its right end,
 * told once, with no event missing. With `--minutes` it is a soak too: jobs come over that time, and memory is told.
 */
const USAGE = `npm run serve-kills -- [--jobs 500] [--kills 100] [--minutes 5] [--wake on|off] [--seed 1]

  --jobs N      how many jobs in all
  --kills N     how many kills, spread over the time in which jobs are handed in; 0: a soak
  --minutes M   that time
  --wake W      off: the queue wakes nobody, the ticks of the schedule do the work
  --seed S      another run`;

/** A lease is two minutes, a lost delivery is found after 15. */
const DRAIN_MS = 25 * 60_000;
const TELL_EVERY_MS = 30_000;
const RETRY_MS = 250;
const READY_TIMEOUT_MS = 300_000;

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '500' },
    kills: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '5' },
    wake: { type: 'string', default: 'on' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(USAGE);
else
  process.exitCode = await main(Number(values.jobs), Number(values.kills), Number(values.minutes), Number(values.seed));

async function main(jobsCount: number, killsCount: number, minutes: number, seed: number): Promise<number> {
  const wake = values.wake === 'off' ? 'off' : 'on';
  const random = makeSeededRandom(seed);
  const variety = { scopes: 4, accounts: 4, longestSeconds: 60 };
  const home = mkdtempSync(join(tmpdir(), 'jobwatch-serve-'));
  const keys = keysFor(variety);
  const credentials = keys.map(({ key }) => key);
  const simulator = await startSimulator({ scenario: { credentials, faults: [...TRIAL_FAULTS], options: { seed } } });
  const ledger = makeLedger();
  const receiver = await startReceiver(ledger.note);
  const accounts = keys.map(({ name, key }) => {
    const file = join(home, `${name}.json`);
    writeFileSync(file, JSON.stringify({ ...key, endpoints: simulator.endpointsOf(key.vendor) }), { mode: 0o600 });
    return [name, { file }] as const;
  });
  const port = await freePort();
  const config = { port, accounts: Object.fromEntries(accounts), allowedCidrs: ['127.0.0.0/8'], wake };
  writeFileSync(join(home, 'config.json'), JSON.stringify(config));
  const dir = join(home, 'data');
  const { token, parameter } = makeToken();
  openFolder(dir, VERSION);
  saveTokens(dir, parameter);
  const api = makeApiClient(`http://127.0.0.1:${port}`, token);
  const supervised = supervise(join(home, 'config.json'), dir);
  let isGood = false;
  try {
    const { secret } = await insist(() =>
      api.post<{ secret: string }>('/subscriptions', { url: receiver.url, types: ['jobwatch.job.*'] }),
    );
    receiver.trust(secret);
    const jobs = Array.from({ length: jobsCount }, (_, number) => randomJob(random, number, variety));
    const over = new AbortController();
    const telling = tellOn(ledger, supervised, over.signal);
    const begin = ({ id, spec, expected }: TrialJob): void => {
      ledger.expect(id, expected);
      if (spec !== null) simulator.addJob(spec);
    };
    const handing = handIn(api, jobs, minutes, begin);
    const kills = await killServe({
      supervised,
      random: makeSeededRandom(seed + 1),
      victims: VICTIMS[wake],
      count: killsCount,
      minutes,
    });
    await handing;
    await drain(ledger);
    over.abort();
    await telling;
    isGood = report(ledger, kills, supervised);
    return isGood ? 0 : 1;
  } finally {
    await supervised.stop();
    await receiver.close();
    await simulator.close();
    if (isGood) rmSync(home, { recursive: true, force: true });
    else console.log(`${home} has the log and the data.`);
  }
}

/** Submitting what was submitted already changes nothing, so whoever got no answer may ask again. */
async function insist<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  const until = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > until) throw error;
      await sleep(RETRY_MS);
    }
  }
}

/** Of what the API did not accept it says so, and that it may be sent again. */
async function submit(api: ApiClient, message: TrialJob['message']): Promise<void> {
  const { rejected } = await api.post<{ rejected: unknown[] }>('/jobs', message);
  if (rejected.length > 0) throw new Error(`not accepted: ${JSON.stringify(rejected)}`);
}

/** A vendor's job begins when it is handed in, so that it is watched while it lasts. */
async function handIn(
  api: ApiClient,
  jobs: readonly TrialJob[],
  minutes: number,
  begin: (job: TrialJob) => void,
): Promise<void> {
  const gapMs = (minutes * 60_000) / jobs.length;
  const stops: Promise<unknown>[] = [];
  const begun = performance.now();
  for (const [number, job] of jobs.entries()) {
    const { id, message, isToBeStopped } = job;
    begin(job);
    await insist(() => submit(api, message));
    if (isToBeStopped) stops.push(sleep(10_000).then(() => insist(() => api.post(`/jobs/${id}/stop`))));
    await sleep(Math.max(0, begun + (number + 1) * gapMs - performance.now()));
  }
  await Promise.all(stops);
}

async function tellOn(ledger: Ledger, supervised: Supervised, signal: AbortSignal): Promise<void> {
  const begun = performance.now();
  while (!signal.aborted) {
    const pid = supervised.pid();
    const memory = pid === null ? null : memoryOfTree(pid);
    const { jobs, events, duplicates } = ledger.read();
    const at = ((performance.now() - begun) / 1000).toFixed(0);
    console.log(
      `${at} s: ${jobs} handed in, ${ledger.open()} open, ${events} events, ${duplicates} again, ${supervised.starts()} starts; ` +
        `${memory?.self} MB, with children ${memory?.all} MB`,
    );
    await sleep(TELL_EVERY_MS, null, { signal }).catch(() => null);
  }
}

async function drain(ledger: Ledger): Promise<void> {
  const until = performance.now() + DRAIN_MS;
  while (ledger.open() > 0 && performance.now() < until) await sleep(1000);
}

function report(ledger: Ledger, kills: Kills, supervised: Supervised): boolean {
  const { jobs, events, duplicates, lost, wrong, refusals, ends } = ledger.read();
  const problems = [...lost, ...wrong, ...refusals];
  for (const problem of problems.slice(0, 20)) console.log(problem);
  console.log(
    `serve-kills: wake ${values.wake}, ${jobs} jobs, kills ${JSON.stringify(kills)}, ${supervised.starts()} starts; ${events} events, ` +
      `${duplicates} delivered again; ${lost.length} lost, ${wrong.length} wrong, ${refusals.length} refused; ${JSON.stringify(ends)}`,
  );
  return problems.length === 0;
}
