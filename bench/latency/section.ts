import { loadavg } from 'node:os';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { markdown, short } from '../delay/tables.ts';
import { buildOf, packagedTemplate } from '../packaged.ts';
import type { BenchOptions, BenchSection } from '../section.ts';
import { CONFIGURATIONS, type Configuration } from './configurations.ts';
import { type Measured, readMeasured, withNew, writeMeasured } from './measured.ts';
import { peersOn } from './peers.ts';
import { measure } from './run.ts';

const SEED = 20_261_121;
const STACKS = { alone: 8, crowd: 2, largeCrowd: 1 };
const LARGE_CROWD = 1000;
const SAMPLES = 24;

export const latencySection: BenchSection = {
  name: 'latency',
  title: 'From the end to the webhook',
  byNameOnly: true,
  async run(options) {
    const wanted = CONFIGURATIONS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
    for (const configuration of wanted) {
      const fresh = await measureOne(configuration, options);
      writeMeasured(withNew(readMeasured(), [fresh]));
      console.log(`${configuration.name}: mean ${short(fresh.whole.mean)} s, p95 ${short(fresh.whole.p95)} s`);
    }
    return latencyText(readMeasured());
  },
};

async function measureOne(configuration: Configuration, options: BenchOptions): Promise<Measured> {
  const load = loadavg()[0] ?? 0;
  const samples = options.samples ?? SAMPLES;
  const stacks = options.stacks ?? Math.min(stacksFor(configuration), samples);
  const { lastedSeconds, ...latency } = await measure(configuration, {
    stacks,
    samples,
    seed: SEED,
    parameters: options.parameters,
  });
  const date = new Date().toISOString().slice(0, 10);
  const peers = [...(await peersOn(lastedSeconds, seeded(SEED)))];
  return {
    configuration: configuration.name,
    build: buildOf(packagedTemplate(options.parameters)),
    date,
    load,
    ...latency,
    peers,
  };
}

function stacksFor({ jobs }: Configuration): number {
  if (jobs === 1) return STACKS.alone;
  return jobs >= LARGE_CROWD ? STACKS.largeCrowd : STACKS.crowd;
}

/** The section: every configuration that was measured, each with the builds side by side and the peers of the latest. */
export function latencyText(rows: readonly Measured[]): string {
  const measured = CONFIGURATIONS.filter(({ name }) => rows.some(({ configuration }) => configuration === name));
  const of = ({ name }: Configuration) => rows.filter(({ configuration }) => configuration === name);
  return [
    EXPLANATION,
    markdown(
      [...HEAD, 'SQS requests a poll', 'Lambda s a poll', 'load'],
      measured.flatMap((configuration) => [
        [`**${configuration.about}**`, ...Array(11).fill('')],
        ...of(configuration).map(ownRow),
        ...(of(configuration).at(-1)?.peers ?? []).map(({ name, callsPerJob, whole }) => [
          `${name} (computed)`,
          '',
          ...[whole.mean, whole.p50, whole.p95, whole.p99, whole.most, callsPerJob].map(short),
          ...Array(4).fill(''),
        ]),
      ]),
    ),
    'By stage: mean and p95 in seconds.',
    markdown(
      ['', 'end → polled', '', 'polled → delivery recorded', '', 'recorded → received', ''],
      measured.flatMap((configuration) =>
        of(configuration).map((row) => [
          `${configuration.about}: ${row.build}`,
          ...[row.untilPolled, row.untilRecorded, row.untilReceived].flatMap(({ mean, p95 }) => [
            seconds(mean),
            seconds(p95),
          ]),
        ]),
      ),
    ),
  ].join('\n\n');
}

const HEAD = ['', 'jobs', 'mean s', 'p50', 'p95', 'p99', 'most', 'calls a job', 'polls a job'];

function ownRow({ build, jobs, whole, load, ...counted }: Measured): string[] {
  const { mean, p50, p95, p99, most } = whole;
  const { callsPerJob, pollsPerJob, sqsRequestsPerPoll, lambdaSecondsPerPoll } = counted;
  const counts = [callsPerJob, pollsPerJob, sqsRequestsPerPoll, lambdaSecondsPerPoll ?? null];
  const figures = [mean, p50, p95, p99, most, ...counts].map(short);
  return [`jobwatch, ${build}`, String(jobs), ...figures, load.toFixed(1)];
}

/** Stages are short, and counted in milliseconds. */
function seconds(value: number): string {
  return value.toFixed(2);
}

const EXPLANATION = `From the vendor's end of a job to the webhook's arrival, in real time: the packaged functions on
the engines of this machine, \`alibaba.nlb\`, one scope, one subscription, ticks every minute.

- **Idle stack**: nothing is under watch when the job comes; jobs come one after another, at moments spread evenly over
  the minute between two ticks. **Busy stack**: another job, which never ends, is under watch all the time.
- **Jobs of 26 s**: log-normal around 26 s, σ 0.2. **Of 5 s**: σ 0.05. **Known**: jobs of the same law, watched before with
  what was known by then; **nothing known**: of any job, and the functions start cold.
- **watch 50 s**: each scheduled tick works for so long of its minute while anything is under watch. **wake**: the queue
  itself invokes a function, too.
- **SQS requests**: of the pending queue, but for the long polls of the event source that found nothing and the first receive of
  each tick: an idle stack has them as well. **Lambda**: time of all invocations of the functions that watch, idle ticks too.
- Load matters: functions, engines, vendors and webhooks share two cores. A tick of 57 s that ends late makes the local
  scheduler leave out the next one, and a whole minute passes: the p95 of *watch 57 s* may be that.
- The p99 of less than a hundred jobs is the latest of them. **Load**: of the machine when the run began.
- **Peers** poll each job by a call of its own and wait for nothing else: computed from how long the same jobs lasted.

\`npm run bench -- latency --only idle-26s-learned,busy-100-learned --samples 12 --stacks 4\` runs some of them, with less jobs that
come alone; \`--param Name=value\` sets a parameter of the stack. What other builds showed stays (\`bench/latency/measured.json\`).`;
