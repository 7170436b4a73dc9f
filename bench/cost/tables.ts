import { markdown, short } from '../delay/tables.ts';
import type { Counts } from '../throughput/counts.ts';
import { KINDS } from '../throughput/crowd.ts';
import {
  ASSUMPTIONS,
  type Assumptions,
  add,
  alone,
  type Bill,
  breakEven,
  durableBill,
  jobBill,
  lonePoll,
  PROFILES,
  pollBill,
  stepFunctionsBill,
  times,
  total,
} from './cost.ts';
import type { EqualDelay } from './equal-delay.ts';
import { ASSUMED, busyBill, deliveryBill, idleBill, jobLogsBill, type StackFacts } from './months.ts';
import type { Overhead } from './overhead.ts';
import { PRICES } from './prices.ts';

/** All that the tables are computed from: what was counted, and what is packaged. */
export interface Costs {
  readonly counts: Counts;
  readonly overhead: Overhead;
  readonly equalDelay: readonly EqualDelay[];
  readonly facts: StackFacts;
}

const MILLION = 1_000_000;
const MONTHS_JOBS = [1000, 10_000, 100_000, 1_000_000];
const MONTHS_POLLS = [3, 10];

/** The tables by the names of their places in docs/cost.md and in the README. */
export function costTables(costs: Costs): Readonly<Record<string, string>> {
  return {
    brief: brief(costs),
    jobs: jobTable(costs),
    equalDelay: equalDelayTable(costs),
    months: monthTable(costs),
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

/** One job from its submission to its webhook. */
function jobOf(counts: Counts, { overhead }: Costs, assumed: Assumptions): Bill {
  return add(jobBill(counts, assumed), deliveryBill(overhead), jobLogsBill(overhead));
}

/** The same job elsewhere; telling of its end is one transition and one invocation more, or one operation. */
function elsewhere(assumed: Assumptions): { stepFunctions: Bill; durable: Bill } {
  const invocation = PRICES.lambdaRequest + assumed.gbSecondsPerPoll * PRICES.lambdaGbSecond;
  return {
    stepFunctions: add(stepFunctionsBill(assumed), { 'Step Functions': PRICES.transition, Lambda: invocation }),
    durable: add(durableBill(assumed), { 'durable operations': PRICES.durableOperation }),
  };
}

/** A month with nothing under watch, and one with something all the time, as packaged, with the few alarms. */
function bounds({ facts, overhead }: Costs): readonly [idle: number, busy: number] {
  const idle = idleBill(facts, 'few', overhead);
  return [total(idle), total(add(idle, busyBill(facts, facts.isWoken ? 'wake' : 'ticks')))];
}

function brief(costs: Costs): string {
  const [idle, busy] = bounds(costs);
  const all = total(idleBill(costs.facts, 'all', costs.overhead));
  const [few, many] = PROFILES.filter(({ pollsPerJob }) => MONTHS_POLLS.includes(pollsPerJob)).map((profile) => {
    const assumed = { ...ASSUMPTIONS, ...profile };
    const { durable } = elsewhere(assumed);
    const own = jobOf(costs.counts, costs, assumed);
    const lone = jobOf(alone(costs.counts), costs, assumed);
    const from = range(breakEven(idle, own, durable), breakEven(busy, lone, durable));
    return { polls: profile.pollsPerJob, million: dollars(total(own) * MILLION), from };
  });
  return `About ${dollars(idle)} dollars a month for an idle stack with \`alarms=few\`, ${dollars(all)} with all alarms, ${dollars(busy)} if
something is under watch all the time. A million jobs: ${few?.million} dollars if each is polled ${few?.polls} times, ${many?.million} if ${many?.polls} times, with
a webhook that hears of the end (us-east-1, list prices). [docs/cost.md](docs/cost.md) sets Step Functions and durable functions
beside it: the latter are cheaper below some ${few?.from} jobs a month of the first kind, ${many?.from} of the second.`;
}

function jobTable(costs: Costs): string {
  const [idle, busy] = bounds(costs);
  const rows = PROFILES.map(({ like, pollsPerJob, savedShare }) => {
    const assumed = { ...ASSUMPTIONS, pollsPerJob, savedShare };
    const crowd = jobOf(costs.counts, costs, assumed);
    const lone = jobOf(alone(costs.counts), costs, assumed);
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
    const crowd = jobOf(costs.counts, costs, assumed);
    const lone = jobOf(alone(costs.counts), costs, assumed);
    const { stepFunctions, durable } = elsewhere({ ...ASSUMPTIONS, pollsPerJob: fixedPolls });
    const [own, ...others] = [crowd, stepFunctions, durable].map((bill) => dollars(total(bill) * MILLION));
    const from = range(breakEven(idle, crowd, durable), breakEven(busy, lone, durable));
    return [about, short(delaySeconds), short(polls), own ?? '', short(fixedPolls), ...others, from];
  });
  const own = ['jobs', 'mean delay s', 'polls of jobwatch', '$ a million jobs', 'polls of a fixed interval'];
  const from = 'cheaper than durable functions from … jobs a month';
  return markdown([...own, 'Step Functions $', 'durable functions $', from], rows);
}

function nearest(polls: number) {
  const distance = (one: (typeof PROFILES)[number]) => Math.abs(Math.log(one.pollsPerJob / polls));
  return PROFILES.toSorted((a, b) => distance(a) - distance(b))[0] ?? ASSUMPTIONS;
}

function monthTable(costs: Costs): string {
  const [idle, busy] = bounds(costs);
  const wanted = PROFILES.filter(({ pollsPerJob }) => MONTHS_POLLS.includes(pollsPerJob));
  const rows = MONTHS_JOBS.map((jobs) => [
    jobs.toLocaleString('en'),
    ...wanted.flatMap(({ pollsPerJob, savedShare }) => {
      const assumed = { ...ASSUMPTIONS, pollsPerJob, savedShare };
      const least = idle + jobs * total(jobOf(costs.counts, costs, assumed));
      const most = busy + jobs * total(jobOf(alone(costs.counts), costs, assumed));
      const { stepFunctions, durable } = elsewhere(assumed);
      return [
        `${dollars(least)} to ${dollars(most)}`,
        ...[stepFunctions, durable].map((bill) => dollars(jobs * total(bill))),
      ];
    }),
  ]);
  const head = MONTHS_POLLS.flatMap((polls) => [
    `jobwatch, ${polls} polls $`,
    'Step Functions $',
    'durable functions $',
  ]);
  return markdown(['jobs a month', ...head], rows);
}

/** With ticks that work on, and with a function that the queue wakes: one of them is what is packaged. */
function stackTable({ facts, overhead }: Costs): string {
  const ticking = { ...facts, isWoken: false };
  const woken = { ...facts, isWoken: true };
  const busy = (one: StackFacts, watcher: 'ticks' | 'wake') =>
    add(idleBill(one, 'few', overhead), busyBill(one, watcher));
  const named = (bill: Bill, alarms: number) =>
    Object.fromEntries(
      Object.entries(bill).map(([part, sum]) => [part === 'alarms' ? `alarms (${alarms} metrics)` : part, sum]),
    );
  const { all, few } = facts.alarmMetrics;
  const mark = (isPackaged: boolean) => (isPackaged ? '' : ' (not what is packaged)');
  return billTable({
    [`idle, \`alarms=few\`, scheduled ticks alone${mark(!facts.isWoken)}`]: named(
      idleBill(ticking, 'few', overhead),
      few,
    ),
    [`idle, \`alarms=few\`, the queue wakes a function, too${mark(facts.isWoken)}`]: named(
      idleBill(woken, 'few', overhead),
      few,
    ),
    'idle, `alarms=all`': named(idleBill(facts, 'all', overhead), all),
    [`always something under watch, ticks work ${facts.watchSeconds} s of each minute${mark(!facts.isWoken)}`]: named(
      busy(ticking, 'ticks'),
      few,
    ),
    [`always something under watch, ticks go home and the queue wakes a function${mark(facts.isWoken)}`]: named(
      busy(woken, 'wake'),
      few,
    ),
  });
}

/** Dollars of a million polls of each kind, and of what there is once a job. */
export function pollTable({ counts, overhead }: Pick<Costs, 'counts' | 'overhead'>): string {
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
        [
          'jobwatch, poll "unchanged" of a job that is due alone',
          pollBill('unchanged', lonePoll(kinds.unchanged)),
        ] as const,
        ...jobs,
        ['jobwatch, delivery to one webhook', deliveryBill(overhead)] as const,
        ['jobwatch, log lines of one job', jobLogsBill(overhead)] as const,
        [`Step Functions Standard, a job's end told and ${pollsPerJob} polls`, stepFunctions] as const,
        [`durable functions, a job's end told and ${pollsPerJob} polls`, durable] as const,
      ].map(([name, bill]) => [name, times(bill, MILLION)]),
    ),
  );
}

function assumptionsList({ counts, overhead }: Costs): string {
  const shares = PROFILES.map(({ pollsPerJob, savedShare }) => `${savedShare * 100} % of ${pollsPerJob}`).join(', ');
  const { gbSecondsPerPoll, checkpointBytes, retentionDays } = ASSUMPTIONS;
  return `- Counted: the requests of a poll on ${counts.date} (\`npm run bench -- throughput\`), those of an idle tick and pass and of a
  delivery on ${overhead.date} (\`npm run bench -- overhead\`), and log lines: ${overhead.watchLogBytes.toFixed(0)} bytes of \`watch\` and
  ${overhead.deliverLogBytes.toFixed(0)} of \`deliver\` a job. Computed: delays and polls at equal delay, on an ideal clock, after 200 jobs.
- Assumed of polls: the share that writes, though nothing has changed, that time has passed is ${shares}. Played by the rule
  for twelve kinds of jobs it is no more, but for jobs of hours: an eighth.
- Assumed of functions: an idle tick takes its poll of a second and ${ASSUMED.tickSeconds} s, a pass of \`reconcile\` ${ASSUMED.passSeconds} s, a delivery
  that comes alone ${ASSUMED.deliverySeconds} s; ${ASSUMED.logBytesPerInvocation} bytes of log an invocation, Lambda's own lines included. "Always something under watch": a round
  every ${ASSUMED.roundEverySeconds} s; if the queue wakes a function, ${ASSUMED.roundSeconds} s of it each.
- Assumed of the others: ${gbSecondsPerPoll} GB-s an invocation; ${checkpointBytes} bytes a durable operation, kept ${retentionDays} days.`;
}

/** Two digits: the assumptions are no better. */
function range(least: number | null, most: number | null): string {
  if (least === null || most === null) return 'never';
  const [from, to] = [least, most].map((jobs) => Number(jobs.toPrecision(2)).toLocaleString('en'));
  return `${from} to ${to}`;
}

function billTable(bills: Readonly<Record<string, Bill>>): string {
  const rows = Object.entries(bills).map(([name, bill]) => {
    const parts = Object.entries(bill).map(([what, cost]) => `${what} ${dollars(cost)}`);
    return [name, dollars(total(bill)), parts.join(', ')];
  });
  return markdown(['', '$', 'of it'], rows);
}

function dollars(amount: number): string {
  return amount >= 100 ? amount.toFixed(0) : amount.toFixed(2);
}
