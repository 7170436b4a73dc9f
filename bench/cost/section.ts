import { SHAPES } from '../delay/laws.ts';
import { markdown } from '../delay/tables.ts';
import type { BenchSection } from '../section.ts';
import { type Counts, readCounts } from '../throughput/counts.ts';
import { KINDS } from '../throughput/crowd.ts';
import {
  ASSUMPTIONS,
  add,
  type Bill,
  breakEven,
  busyBill,
  durableBill,
  idleBill,
  jobBill,
  lonePoll,
  pollBill,
  stepFunctionsBill,
  times,
  total,
} from './cost.ts';
import { savesOf } from './saves.ts';

const MILLION = 1_000_000;
const MONTHS_JOBS = [1000, 10_000, 100_000, 1_000_000];

export const costSection: BenchSection = {
  name: 'cost',
  title: 'Cost',
  async run() {
    const counts = readCounts();
    return [
      explanation(counts),
      '### One million polls',
      pollTable(counts),
      '### Jobs of a month',
      monthTable(counts),
      comparison(counts),
      '### Polls that only write that time has passed',
      savesTable(),
      '### An idle stack, and a busy one, for a month',
      billTable({ idle: idleBill(), 'more if something is under watch all the time': busyBill() }),
    ].join('\n\n');
  },
};

/** Dollars of a million polls of each kind, and of a million polls of the others. */
export function pollTable(counts: Counts): string {
  const { kinds } = counts;
  const { pollsPerJob } = ASSUMPTIONS;
  const polls = KINDS.map(
    ({ name }) => [`jobwatch, poll "${name}"`, times(pollBill(name, kinds[name]), MILLION)] as const,
  );
  const whole = [
    [
      'jobwatch, poll "unchanged" of a job that is due alone',
      times(pollBill('unchanged', lonePoll(kinds.unchanged)), MILLION),
    ],
    [`jobwatch, all polls of jobs with ${pollsPerJob}`, times(jobBill(counts, ASSUMPTIONS), MILLION / pollsPerJob)],
  ] as const;
  const others = [
    ['Step Functions Standard', times(stepFunctionsBill(ASSUMPTIONS), MILLION / pollsPerJob)],
    ['durable functions', times(durableBill(ASSUMPTIONS), MILLION / pollsPerJob)],
  ] as const;
  return billTable(Object.fromEntries([...polls, ...whole, ...others]));
}

/**
 * What so many jobs cost in a month, the idle stack included: without anything under watch in between, and with
 * something all the time.
 */
export function monthTable(counts: Counts): string {
  const own = total(jobBill(counts, ASSUMPTIONS));
  const [idle, busy] = [total(idleBill()), total(add(idleBill(), busyBill()))];
  const rows = MONTHS_JOBS.map((jobs) => [
    jobs.toLocaleString('en'),
    `${dollars(idle + jobs * own)} to ${dollars(busy + jobs * own)}`,
    dollars(jobs * own),
    dollars(jobs * total(stepFunctionsBill(ASSUMPTIONS))),
    dollars(jobs * total(durableBill(ASSUMPTIONS))),
  ]);
  const head = [
    'jobs a month',
    'jobwatch $',
    'of it for the jobs $',
    'Step Functions Standard $',
    'durable functions $',
  ];
  return markdown(head, rows);
}

/** By the length of the jobs, of which 200 are known. */
export function savesTable(): string {
  const rows = SHAPES.map((kind) => {
    const { polls, saved } = savesOf(kind);
    return [kind.name, kind.at(0).about, polls.toFixed(1), saved.toFixed(2)];
  });
  return markdown(['jobs', '', 'polls', 'of these write that time has passed'], rows);
}

/** From how many jobs a month on jobwatch is the cheaper one. */
export function comparison(counts: Counts): string {
  const own = jobBill(counts, ASSUMPTIONS);
  const [idle, busy] = [total(idleBill()), total(add(idleBill(), busyBill()))];
  const from = (other: Bill): string => {
    const [least, most] = [breakEven(idle, own, other), breakEven(busy, own, other)];
    return least === null || most === null ? 'never' : `from ${rounded(least)} to ${rounded(most)} jobs a month on`;
  };
  const [stepFunctions, durable] = [stepFunctionsBill, durableBill].map((bill) => from(bill(ASSUMPTIONS)));
  return `jobwatch is cheaper than Step Functions Standard ${stepFunctions}, and than durable functions ${durable}.`;
}

/** Two digits: the assumptions are no better. */
function rounded(jobs: number): string {
  return Number(jobs.toPrecision(2)).toLocaleString('en');
}

function billTable(bills: Readonly<Record<string, Bill>>): string {
  const rows = Object.entries(bills).map(([name, bill]) => {
    const parts = Object.entries(bill).map(([what, cost]) => `${what} ${dollars(cost)}`);
    return [name, dollars(total(bill)), parts.join(', ')];
  });
  return markdown(['', '$', 'of it'], rows);
}

export function dollars(amount: number): string {
  return amount >= 100 ? amount.toFixed(0) : amount.toFixed(2);
}

function explanation({ date }: Counts): string {
  const { pollsPerJob, savedShare, gbSecondsPerPoll, checkpointBytes, retentionDays } = ASSUMPTIONS;
  return `List prices of us-east-1 in US dollars without free tiers, read on 2026-11-20
([SQS](https://aws.amazon.com/sqs/pricing/), [DynamoDB](https://aws.amazon.com/dynamodb/pricing/on-demand/),
[Lambda](https://aws.amazon.com/lambda/pricing/),
[Step Functions](https://aws.amazon.com/step-functions/pricing/),
[CloudWatch](https://aws.amazon.com/cloudwatch/pricing/)), times the requests that the bench of throughput counted on
${date}: ten messages a request
and 20 ids a call, as when many jobs are due at a time.
The lower figure of a month is that of a stack whose jobs come in crowds, the upper one has something under watch all
the time. Not in it, for any of the three: deliveries to webhooks, data transfer.

- **A job**: ${pollsPerJob} polls; one is the first poll, one the last, and of the others ${savedShare * 100} % write
  that time has passed (below; jobs of hours write at an eighth of their polls).
- **jobwatch**: a write counts its record's kilobytes, and 2 units for the move in the index of open jobs if it writes
  that time has passed; CPU of a poll at the share of a CPU that 256 MB have.
- **Step Functions Standard**: wait, call and choose at each poll, 3 transitions a job besides; one invocation of
  ${gbSecondsPerPoll} GB-s at each poll. Nothing is kept in a table.
- **Durable functions**: start, one wait for a condition and each of its polls are operations; ${checkpointBytes} bytes
  an operation, kept ${retentionDays} days; the same invocation at each poll. Nothing is kept in a table.`;
}
