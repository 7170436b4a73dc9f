import { markdown, short } from '../delay/tables.ts';
import { KINDS } from '../throughput/crowd.ts';
import {
  ASSUMPTIONS,
  type Assumptions,
  add,
  type Bill,
  breakEven,
  jobBill,
  PROFILES,
  pollBill,
  times,
  total,
} from './cost.ts';
import {
  busyDollars,
  cheaperWithTicks,
  idleDollars,
  stackTable,
  streamTable,
  watchingDollars,
} from './month-tables.ts';
import { ASSUMED, aMonth, deliveryBill, idleBill, jobLogsBill } from './months.ts';
import { billTable, type Costs, dollars, elsewhere, nearest, toldBill } from './parts.ts';
import { aloneBill, loneBill, loneOf } from './woken.ts';

const MILLION = 1_000_000;
const BRIEF_POLLS = [3, 10];

/** The tables by the names of their places in docs/cost.md and in the README. */
export function costTables(costs: Costs): Readonly<Record<string, string>> {
  return {
    brief: brief(costs),
    jobs: jobTable(costs),
    equalDelay: equalDelayTable(costs),
    streams: streamTable(costs),
    advice: advice(costs),
    stack: stackTable(costs),
    polls: pollTable(costs),
    assumed: assumptionsList(costs),
  };
}

/**
 * The text with the content of each `<!-- name -->` … `<!-- /name -->` replaced. Throws if the text has a place for no
 * table.
 */
export function filledCosts(text: string, tables: Readonly<Record<string, string>>): string {
  return text.replace(/(<!-- (\w+) -->\n)[\s\S]*?(<!-- \/\2 -->)/g, (_, begin: string, name: string, end: string) => {
    const table = tables[name];
    if (table === undefined) throw new Error(`there is no table ${name}`);
    return `${begin}${table}\n${end}`;
  });
}

/** One job from its submission to its webhook, polled with many others at a time. */
function crowdJob({ counts, overhead }: Costs, assumed: Assumptions): Bill {
  return add(jobBill(counts, assumed), toldBill(overhead));
}

/** The same with nobody else due at any of its polls: the queue wakes a function for each. */
function loneJob({ counts, overhead, streams }: Costs, assumed: Assumptions): Bill {
  return add(aloneBill(counts, assumed, loneOf(streams)), toldBill(overhead));
}

/** A month with nothing under watch, and one with jobs in every hour, with the few alarms. */
function bounds(costs: Costs): readonly [idle: number, busy: number] {
  return [idleDollars(costs), busyDollars(costs)];
}

function brief(costs: Costs): string {
  const [idle, busy] = bounds(costs);
  const all = total(idleBill({ ...costs.facts, isWoken: true }, 'all', costs.overhead));
  const [few, many] = PROFILES.filter(({ pollsPerJob }) => BRIEF_POLLS.includes(pollsPerJob)).map((profile) => {
    const assumed = { ...ASSUMPTIONS, ...profile };
    const { durable } = elsewhere(assumed);
    const [own, lone] = [crowdJob(costs, assumed), loneJob(costs, assumed)];
    const from = range(breakEven(idle, own, durable), breakEven(busy, lone, durable));
    const [least, most] = [own, lone].map((bill) => dollars(total(bill) * MILLION));
    return { polls: profile.pollsPerJob, million: `${least} to ${most}`, from };
  });
  return `About ${dollars(idle)} dollars a month for an idle stack with \`alarms=few\`, ${dollars(all)} with all alarms, ${dollars(watchingDollars(costs))} if
something is always under watch. A million jobs cost ${few?.million} dollars if each is polled ${few?.polls} times, ${many?.million} if
${many?.polls} times, with one webhook that is notified of the end; less if many are due at a time, more if each is alone (us-east-1, list
prices).
${advice(costs).split('\n')[0]?.replace('`wake: off`', '[`wake: off`](docs/settings.md#settings)')}
[docs/cost.md](docs/cost.md) compares this with Step Functions and durable functions: the latter are cheaper below about ${few?.from} jobs a month if
each is polled ${few?.polls} times, ${many?.from} if ${many?.polls} times.`;
}

/** From how many jobs on the queue should not wake workers. */
function advice(costs: Costs): string {
  const [first, ...others] = cheaperWithTicks(costs).map(({ about, everySeconds, woken }) => {
    const jobs = Number(aMonth(everySeconds).toPrecision(2)).toLocaleString('en');
    return `${jobs} jobs of ${about} a month, one every ${everySeconds} s or a poll every ${Number((everySeconds / woken.pollsPerJob).toPrecision(2))} s`;
  });
  if (first === undefined) return 'No stream of jobs is cheaper with `wake: off`.';
  return [`From about ${first}, \`wake: off\` is cheaper.`, ...others.map((one) => `The same holds from ${one}.`)].join(
    '\n',
  );
}

function jobTable(costs: Costs): string {
  const [idle, busy] = bounds(costs);
  const rows = PROFILES.map(({ like, pollsPerJob, savedShare }) => {
    const assumed = { ...ASSUMPTIONS, pollsPerJob, savedShare };
    const [crowd, lone] = [crowdJob(costs, assumed), loneJob(costs, assumed)];
    const { stepFunctions, durable } = elsewhere(assumed);
    const from = (other: Bill) => range(breakEven(idle, crowd, other), breakEven(busy, lone, other));
    const millions = [crowd, lone, stepFunctions, durable].map((bill) => dollars(total(bill) * MILLION));
    return [String(pollsPerJob), like, ...millions, from(stepFunctions), from(durable)];
  });
  const head = ['polls a job', 'such jobs last', 'jobwatch, many at a time $', 'each alone $', 'Step Functions $'];
  const from = ['cheaper than Step Functions from … jobs a month', 'than durable functions from'];
  return markdown([...head, 'durable functions $', ...from], rows);
}

function equalDelayTable(costs: Costs): string {
  const [idle, busy] = bounds(costs);
  const rows = costs.equalDelay.map(({ about, delaySeconds, polls, fixedPolls }) => {
    const assumed = { ...ASSUMPTIONS, pollsPerJob: Math.max(polls, 2), savedShare: nearest(polls).savedShare };
    const [crowd, lone] = [crowdJob(costs, assumed), loneJob(costs, assumed)];
    const { stepFunctions, durable } = elsewhere({ ...ASSUMPTIONS, pollsPerJob: fixedPolls });
    const [own, ...others] = [crowd, stepFunctions, durable].map((bill) => dollars(total(bill) * MILLION));
    const from = range(breakEven(idle, crowd, durable), breakEven(busy, lone, durable));
    return [about, short(delaySeconds), short(polls), own ?? '', short(fixedPolls), ...others, from];
  });
  const own = ['jobs', 'mean delay s', 'polls of jobwatch', '$ a million jobs', 'polls of a fixed interval'];
  const from = 'cheaper than durable functions from … jobs a month';
  return markdown([...own, 'Step Functions $', 'durable functions $', from], rows);
}

/** Dollars of a million polls of each kind, and of the costs per job. */
export function pollTable({ counts, overhead, streams }: Pick<Costs, 'counts' | 'overhead' | 'streams'>): string {
  const { kinds } = counts;
  const polls = KINDS.map(({ name }) => [`jobwatch, poll "${name}"`, pollBill(name, kinds[name])] as const);
  const { stepFunctions, durable } = elsewhere(ASSUMPTIONS);
  const { pollsPerJob } = ASSUMPTIONS;
  const jobs = PROFILES.map(
    (profile) =>
      [
        `jobwatch, all polls of a job with ${profile.pollsPerJob}`,
        jobBill(counts, { ...ASSUMPTIONS, ...profile }),
      ] as const,
  );
  return billTable(
    Object.fromEntries(
      [
        ...polls,
        ['jobwatch, an invocation by the queue, for one message', loneBill(loneOf(streams))] as const,
        ...jobs,
        ['jobwatch, delivery to one webhook', deliveryBill(overhead)] as const,
        ['jobwatch, log lines of one job', jobLogsBill(overhead)] as const,
        [`Step Functions Standard, a job's reported end and ${pollsPerJob} polls`, stepFunctions] as const,
        [`durable functions, a job's reported end and ${pollsPerJob} polls`, durable] as const,
      ].map(([name, bill]) => [name, times(bill, MILLION)]),
    ),
  );
}

function assumptionsList({ counts, overhead, streams }: Costs): string {
  const shares = PROFILES.map(({ pollsPerJob, savedShare }) => `${savedShare * 100} % of ${pollsPerJob}`).join(', ');
  const { gbSecondsPerPoll, checkpointBytes, retentionDays } = ASSUMPTIONS;
  const { seconds, sqs } = loneOf(streams);
  return `- Counted on ${counts.date}: the requests of a poll, of jobs that are due at the same moment, by ticks with \`wake: ${counts.wake}\`
  (\`npm run bench -- throughput\`).
- Counted on ${overhead.date}: idle ticks of both kinds, one run of \`reconcile\` and one delivery
  (\`npm run bench -- overhead\`), and log lines: ${overhead.watchLogBytes.toFixed(0)} bytes of \`watch\` and ${overhead.deliverLogBytes.toFixed(0)} of \`deliver\` per job.
- Computed: delays and polls at equal delay, on an ideal clock, after 200 jobs.
- From the model of the wake (\`npm run bench -- wake\`), with nothing known at the beginning: how much SQS and Lambda a
  stream of jobs in one scope uses, and how much an invocation for one message uses: ${short(sqs)} requests, ${short(seconds)} s.
  Of this, ${ASSUMED.wakeSeconds} s are assumed, and 0.15 s for the vendor's answer.
- Assumed for polls: the share of polls that write the record only because time has passed is ${shares}.
  Simulated by the rule for twelve kinds of jobs it is no higher, except for jobs of hours: an eighth.
- Assumed for functions: an idle tick takes ${ASSUMED.tickSeconds} s, and with \`wake: off\` another second for its poll; a run of
  \`reconcile\` ${ASSUMED.passSeconds} s; a delivery on its own ${ASSUMED.deliverySeconds} s; ${ASSUMED.logBytesPerInvocation} bytes of log per invocation, including Lambda's own lines.
- Assumed for the others: ${gbSecondsPerPoll} GB-s per invocation; ${checkpointBytes} bytes per durable operation, kept for ${retentionDays} days.`;
}

/** Two digits: the assumptions are no better. */
function range(least: number | null, most: number | null): string {
  if (least === null || most === null) return 'never';
  const [from, to] = [least, most].map((jobs) => Number(jobs.toPrecision(2)).toLocaleString('en'));
  return `${from} to ${to}`;
}
