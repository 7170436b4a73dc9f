import { markdown } from '../delay/tables.ts';
import type { Counts } from '../throughput/counts.ts';
import type { StreamRow } from '../wake/streams.ts';
import {
  ASSUMPTIONS,
  type Assumptions,
  add,
  type Bill,
  durableBill,
  PROFILES,
  stepFunctionsBill,
  total,
} from './cost.ts';
import type { EqualDelay } from './equal-delay.ts';
import { deliveryBill, jobLogsBill, type StackFacts } from './months.ts';
import type { Overhead } from './overhead.ts';
import { PRICES } from './prices.ts';

/** All that the tables are computed from: what was counted, and what is packaged. */
export interface Costs {
  readonly counts: Counts;
  readonly overhead: Overhead;
  readonly streams: readonly StreamRow[];
  readonly equalDelay: readonly EqualDelay[];
  readonly facts: StackFacts;
}

/** What there is once a job. */
export function toldBill(overhead: Overhead): Bill {
  return add(deliveryBill(overhead), jobLogsBill(overhead));
}

/** The same job elsewhere; telling of its end is one transition and one invocation more, or one operation. */
export function elsewhere(assumed: Assumptions): { stepFunctions: Bill; durable: Bill } {
  const invocation = PRICES.lambdaRequest + assumed.gbSecondsPerPoll * PRICES.lambdaGbSecond;
  return {
    stepFunctions: add(stepFunctionsBill(assumed), { 'Step Functions': PRICES.transition, Lambda: invocation }),
    durable: add(durableBill(assumed), { 'durable operations': PRICES.durableOperation }),
  };
}

/** The profile whose jobs are polled about so often. */
export function nearest(polls: number) {
  const distance = (one: (typeof PROFILES)[number]) => Math.abs(Math.log(one.pollsPerJob / polls));
  return PROFILES.toSorted((a, b) => distance(a) - distance(b))[0] ?? ASSUMPTIONS;
}

export function billTable(bills: Readonly<Record<string, Bill>>): string {
  const rows = Object.entries(bills).map(([name, bill]) => {
    const parts = Object.entries(bill).map(([what, cost]) => `${what} ${dollars(cost)}`);
    return [name, dollars(total(bill)), parts.join(', ')];
  });
  return markdown(['', '$', 'of it'], rows);
}

export function dollars(amount: number): string {
  return amount >= 100 ? amount.toFixed(0) : amount.toFixed(2);
}
