import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { KINDS, type Law } from '../delay/laws.ts';
import { terraform } from '../delay/peers.ts';
import { pollAges } from '../delay/strategy.ts';
import { markdown, short } from '../delay/tables.ts';
import type { BenchSection } from '../section.ts';
import { type Crowd, watchCrowd } from './crowd.ts';
import { makeDeployment, type Surroundings, type Watched } from './watching.ts';

const SEED = 20_261_121;
const JOBS = 1000;
const ARRIVE_SECONDS = 600;
const LAWS = ['wide', 'createELB'];
const SURROUNDINGS: Surroundings = { sampleShare: 0.7, receiveMs: 20, isAlone: false };
const SPARSE = 0.3;
const LIST_EVERY_SECONDS = 2.2;
const LIST_IDS = 20;

interface WaveJob {
  readonly jobId: string;
  readonly beginsSeconds: number;
  readonly lastsSeconds: number;
}

export const vendorCallsSection: BenchSection = {
  name: 'vendor-calls',
  title: 'Vendor calls',
  async run() {
    const parts = [explanation()];
    for (const { name, at } of KINDS.filter((kind) => LAWS.includes(kind.name))) {
      parts.push(`### ${name}`, `${at(0).about}.`, await lawTable(at(0)));
    }
    parts.push('### A crowd', CROWD_ABOUT, await crowdTable());
    return parts.join('\n\n');
  },
};

const CROWD_TICKS = [50, 50, 50];
const CROWDS: readonly Crowd[] = [
  { api: 'huawei.elb.v1', jobs: 200, scopes: 1 },
  { api: 'huawei.elb.v1', jobs: 400, scopes: 2 },
  { api: 'huawei.elb.v3', jobs: 200, scopes: 1, listIsRefused: true },
  { api: 'huawei.elb.v1', jobs: 400, scopes: 2, firstHangs: true },
  { api: 'alibaba.nlb', jobs: 1500, scopes: 1 },
];
const CROWD_ABOUT = `Jobs that are all due at once and never end, at a vendor that takes 150 ms: one worker that works
all the time, for ${CROWD_TICKS.reduce((sum, seconds) => sum + seconds, 0)} s. SQS requests as the adapter would send
them, in batches of ten.`;

async function crowdTable(): Promise<string> {
  const rows = await Promise.all(
    CROWDS.map(async (crowd) => {
      const watched = await watchCrowd(crowd, CROWD_TICKS);
      const { callsPerSecond, polls, allPolledAfterSeconds, mostPollsAhead, sqsRequestsPerCall } = watched;
      const healthy = (crowd.firstHangs ? polls.slice(1) : polls).flat();
      const turns = `${Math.min(...healthy)} to ${Math.max(...healthy)}`;
      const figures = [callsPerSecond, allPolledAfterSeconds].map(short);
      return [nameOf(crowd), ...figures, turns, String(mostPollsAhead), short(sqsRequestsPerCall)];
    }),
  );
  const head = ['', 'calls a second', 'all polled after s', 'polls of a job', 'most polls ahead'];
  return markdown([...head, 'SQS requests a call'], rows);
}

function nameOf({ api, jobs, scopes, listIsRefused = false, firstHangs = false }: Crowd): string {
  const place = scopes === 1 ? 'one scope' : `${scopes} scopes of one key`;
  const trouble = `${listIsRefused ? ', its list refused' : ''}${firstHangs ? ', one of them hangs (the other told)' : ''}`;
  return `${jobs} jobs of \`${api}\` in ${place}${trouble}`;
}

async function lawTable(law: Law): Promise<string> {
  const { watch } = makeDeployment(SURROUNDINGS, SEED);
  const rows = [
    row('jobwatch, nothing known', await watch(waveOf(law, 'first'))),
    row(`jobwatch, ${JOBS} jobs observed`, await watch(waveOf(law, 'second'))),
    row(`the same, receives find ${SPARSE * 100} %`, await secondWave(law, { ...SURROUNDINGS, sampleShare: SPARSE })),
    row('the same, a call per job', await secondWave(law, { ...SURROUNDINGS, isAlone: true })),
  ];
  const wave = waveOf(law, 'second');
  rows.push(row('Terraform alicloud, a call per job', oneByOne(wave)));
  rows.push(row(`a list every ${LIST_EVERY_SECONDS} s, ${LIST_IDS} ids a call`, listing(wave)));
  const head = ['', 'calls', 'calls per job', 'ids per call', 'most calls in a second'];
  return markdown([...head, 'mean delay s', 'p95 s', 'worst s'], rows);
}

async function secondWave(law: Law, surroundings: Surroundings): Promise<Watched> {
  const { watch } = makeDeployment(surroundings, SEED);
  await watch(waveOf(law, 'first'));
  return watch(waveOf(law, 'second'));
}

/** Jobs that arrive evenly at random over the time. */
function waveOf(law: Law, name: string): WaveJob[] {
  const random = seeded(SEED + name.length);
  return Array.from({ length: JOBS }, (_, index) => ({
    jobId: `${name}-${index}`,
    beginsSeconds: random() * ARRIVE_SECONDS,
    lastsSeconds: law.durations[Math.floor(random() * law.durations.length)] ?? 0,
  }));
}

/** The provider's wait for one job, for each of them. */
function oneByOne(wave: readonly WaveJob[]): Watched {
  const strategy = terraform('Terraform alicloud', { delaySeconds: 5, leastSeconds: 3 });
  const watches = wave.map(({ beginsSeconds, lastsSeconds }) => {
    const ages = pollAges(strategy, () => 0.5, lastsSeconds);
    return {
      delayMs: ((ages.at(-1) ?? 0) - lastsSeconds) * 1000,
      calls: ages.map((age) => ({ atMs: (beginsSeconds + age) * 1000, jobs: 1 })),
    };
  });
  return { delaysMs: watches.map(({ delayMs }) => delayMs), calls: watches.flatMap(({ calls }) => calls) };
}

/** One loop for all jobs: whatever is under watch is listed at every beat. */
function listing(wave: readonly WaveJob[]): Watched {
  const everyMs = LIST_EVERY_SECONDS * 1000;
  const calls: { atMs: number; jobs: number }[] = [];
  const foundMs = wave.map(({ beginsSeconds, lastsSeconds }) => {
    const endMs = (beginsSeconds + lastsSeconds) * 1000;
    return { beginMs: beginsSeconds * 1000, endMs, atMs: Math.ceil(endMs / everyMs) * everyMs };
  });
  const lastMs = Math.max(...foundMs.map(({ atMs }) => atMs));
  for (let atMs = 0; atMs <= lastMs; atMs += everyMs) {
    const open = foundMs.filter((job) => job.beginMs < atMs && job.atMs >= atMs).length;
    for (let polled = 0; polled < open; polled += LIST_IDS)
      calls.push({ atMs, jobs: Math.min(LIST_IDS, open - polled) });
  }
  return { delaysMs: foundMs.map(({ endMs, atMs }) => atMs - endMs), calls };
}

function row(name: string, { delaysMs, calls }: Watched): string[] {
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const seconds = (ms: number | undefined) => short((ms ?? Number.NaN) / 1000);
  const mean = sorted.reduce((sum, delay) => sum + delay, 0) / sorted.length;
  const ids = calls.reduce((sum, { jobs }) => sum + jobs, 0);
  const bySecond = Map.groupBy(calls, ({ atMs }) => Math.floor(atMs / 1000));
  return [
    name,
    String(calls.length),
    short(calls.length / sorted.length),
    short(ids / calls.length),
    String(Math.max(...[...bySecond.values()].map(({ length }) => length))),
    seconds(mean),
    seconds(sorted[Math.floor(sorted.length * 0.95)]),
    seconds(sorted.at(-1)),
  ];
}

function explanation(): string {
  const { sampleShare, receiveMs } = SURROUNDINGS;
  return `${JOBS} jobs of one ALB scope, arriving over ${ARRIVE_SECONDS / 60} minutes; simulated, seed ${SEED}.
jobwatch is the whole of \`watch\` on a virtual clock: ticks every
60 s of 50 s, 5 calls a second, the real plan, cadence and vendor client. Its queue samples and shuffles: a receive
takes ${receiveMs} ms and returns each
visible message with probability ${sampleShare} (assumed), ten at most. A vendor's answer takes no time. Jobs of the
first minute wait for the second tick,
since \`watch\` goes home while nothing is under watch: the worst delays are theirs. The peers run on an ideal clock
without a bound on
their pace: one call per job along the rule of Terraform's provider, and, like
[Alibaba's Kubernetes controller](https://github.com/kubernetes/cloud-provider-alibaba-cloud), a list of all open jobs
every ${LIST_EVERY_SECONDS} s.`;
}
