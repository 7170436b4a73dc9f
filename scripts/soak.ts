import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Random } from '../lib/base/random.ts';
import { makeSeededRandom } from '../local/simulator/faults.ts';
import { type Killer, makeKiller } from '../local/trial/killer.ts';
import { type Memory, memoryOf, sayMemory } from '../local/trial/memory.ts';
import { randomJob, type TrialJob, type Variety } from '../local/trial/random-jobs.ts';
import { startTrial, type Trial } from '../local/trial/trial.ts';

/**
 * Random jobs of all four APIs handed in evenly over some minutes, vendors that misbehave, and on demand functions that
 * are killed; real time, real leases. Nothing asks for a single job: the receiver's ledger says what has ended. Fails
 * if an end or an event is missing, or wrong.
 */
const USAGE = `npm run soak -- --jobs N --minutes M [--seed S] [--kills] [--log]

  --jobs N      how many jobs in all
  --minutes M   the time over which they are handed in; then all have to end
  --seed S      another run (default 1)
  --kills       kill wake or deliver every five seconds or so while jobs are handed in
  --log         print the functions' log lines to stderr`;

/** One list page of a scope then shows a few hundred jobs, and its pace is not what is tested. */
const JOBS_PER_SCOPE = 250;
const STEP_MS = 1000;
const TELL_EVERY_MS = 30_000;
/** A stopped job has been under watch for a while. */
const STOP_AFTER_STEPS = 10;
const KILL_PAUSE_MS = 10_000;
/** A killed receive comes back after two minutes, a key that was killed in its trials too often after five. */
const DRAIN_MS = 12 * 60_000;

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    kills: { type: 'boolean', default: false },
    log: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(USAGE);
else process.exitCode = await main(Number(values.jobs), Number(values.minutes), Number(values.seed));

async function main(jobsCount: number, minutes: number, seed: number): Promise<number> {
  const scopes = Math.max(1, Math.ceil(jobsCount / 4 / JOBS_PER_SCOPE));
  const variety = { scopes, accounts: Math.min(scopes, 8), longestSeconds: 60 };
  const killer = makeKiller(makeSeededRandom(seed + 1), ['wake']);
  const begun = performance.now();
  const trial = await startTrial({
    seed,
    variety,
    // Ticks never overlap: all that this shortens is the time until a killed function starts again.
    speed: 12,
    isolation: { watch: 'process', wake: 'process', deliver: 'process' },
    onRequest: killer.onRequest,
    ...(values.kills ? { onError: () => undefined } : {}),
    ...(values.log ? { onLog: (name: string, line: string) => console.error(name, line) } : {}),
  });
  const over = new AbortController();
  try {
    const atStart = await memoryOf(trial.stack.system);
    const handing = new AbortController();
    const killing = values.kills ? killOn(trial, killer, makeSeededRandom(seed + 2), handing.signal) : null;
    const telling = tellOn(trial, over.signal);
    await handIn({ trial, random: makeSeededRandom(seed), jobsCount, minutes, variety });
    handing.abort();
    await killing;
    await drain(trial);
    over.abort();
    const warm = (await telling) ?? atStart;
    return await report({ trial, killer, seed, minutes, atStart, warm, seconds: (performance.now() - begun) / 1000 });
  } finally {
    over.abort();
    await trial.close();
  }
}

interface Feed {
  readonly trial: Trial;
  readonly random: Random;
  readonly jobsCount: number;
  readonly minutes: number;
  readonly variety: Variety;
}

async function handIn({ trial, random, jobsCount, minutes, variety }: Feed): Promise<void> {
  const steps = Math.max(1, Math.round((minutes * 60_000) / STEP_MS));
  const toBeStopped: (readonly TrialJob[])[] = [];
  const begun = performance.now();
  let handedIn = 0;
  for (let step = 1; step <= steps + STOP_AFTER_STEPS; step += 1) {
    const upTo = Math.min(jobsCount, Math.round((jobsCount * step) / steps));
    const batch = Array.from({ length: upTo - handedIn }, (_, index) => randomJob(random, handedIn + index, variety));
    handedIn = upTo;
    await trial.submit(batch, () => random() < 0.3);
    toBeStopped.push(batch.filter((job) => job.isToBeStopped));
    for (const { id } of toBeStopped[step - 1 - STOP_AFTER_STEPS] ?? []) await trial.stack.api.post(`/jobs/${id}/stop`);
    await sleep(Math.max(0, begun + step * STEP_MS - performance.now()));
  }
}

/** Until all have ended. */
async function drain({ ledger }: Trial): Promise<void> {
  const until = performance.now() + DRAIN_MS;
  while (ledger.open() > 0 && performance.now() < until) await sleep(STEP_MS);
}

async function killOn({ stack }: Trial, killer: Killer, random: Random, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(random() * KILL_PAUSE_MS, null, { signal }).catch(() => null);
    if (!signal.aborted) await killer.kill(stack.system);
  }
}

/** Resolves to the memory when every function had been at work for a while; null if it was over before that. */
async function tellOn({ ledger, stack }: Trial, signal: AbortSignal): Promise<Memory | null> {
  const begun = performance.now();
  let warm: Memory | null = null;
  while (!signal.aborted) {
    await sleep(TELL_EVERY_MS, null, { signal }).catch(() => null);
    if (signal.aborted) break;
    const { jobs, events, duplicates } = ledger.read();
    const at = ((performance.now() - begun) / 1000).toFixed(0);
    const memory = await memoryOf(stack.system);
    warm ??= memory;
    console.log(
      `${at} s: ${jobs} jobs, ${ledger.open()} open, ${events} events, ` +
        `${duplicates} delivered again; ${sayMemory(memory)}`,
    );
  }
  return warm;
}

interface Findings {
  readonly trial: Trial;
  readonly killer: Killer;
  readonly seed: number;
  readonly minutes: number;
  readonly atStart: Memory;
  readonly warm: Memory;
  readonly seconds: number;
}

async function report({ trial, killer, seed, minutes, atStart, warm, seconds }: Findings): Promise<number> {
  const { lost, wrong, refusals, ends, ...account } = trial.ledger.read();
  const atEnd = await memoryOf(trial.stack.system);
  const problems = [...lost, ...wrong, ...refusals];
  for (const problem of problems.slice(0, 20)) console.log(problem);
  const kills = Object.entries(killer.kills()).map(([name, count]) => `${name} ${count}`);
  const took = `within ${minutes} min, ${seconds.toFixed(0)} s in all`;
  console.log(`
soak: seed ${seed}, ${account.jobs} jobs ${took}; kills: ${kills.join(', ')}
  transitions told   ${account.events}
  delivered again    ${account.duplicates} (${(account.duplicates / account.events).toFixed(3)} an event)
  lost               ${lost.length}
  wrong              ${wrong.length}
  refused deliveries ${account.refused}
  ends               ${sayCounts(ends)}
  memory at start    ${sayMemory(atStart)}
  memory after 30 s  ${sayMemory(warm)}
  memory at end      ${sayMemory(atEnd)}
  vendor requests    ${sayCounts(vendorRequests(trial))}
${Object.entries(trial.stack.system.requestCounts())
  .map(([caller, counts]) => `  ${caller.padEnd(18)} ${sayCounts(counts)}`)
  .join('\n')}`);
  return problems.length === 0 ? 0 : 1;
}

function vendorRequests({ simulator }: Trial): Record<string, number> {
  const requests = Object.entries(simulator.counters().requests);
  return Object.fromEntries(
    requests.flatMap(([api, actions]) =>
      Object.entries(actions).map(([action, outcomes]) => [
        `${api}:${action}`,
        Object.values(outcomes).reduce((total, count) => total + count, 0),
      ]),
    ),
  );
}

function sayCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
