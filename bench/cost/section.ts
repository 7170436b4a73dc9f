import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchSection } from '../section.ts';
import { readCounts } from '../throughput/counts.ts';
import { readStreams } from '../wake/streams.ts';
import { computeEqualDelay, readEqualDelay } from './equal-delay.ts';
import { packagedFacts } from './months.ts';
import { readOverhead } from './overhead.ts';
import type { Costs } from './parts.ts';
import { costTables, filledCosts } from './tables.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** What has tables that are computed here. */
export const COST_PAGES = ['docs/cost.md', 'README.md'].map((path) => join(ROOT, path));

/** What was counted by now, and what is packaged. */
export function readCosts(): Costs {
  const measured = { counts: readCounts(), overhead: readOverhead(), streams: readStreams() };
  return { ...measured, equalDelay: readEqualDelay(), facts: packagedFacts() };
}

/** The tables are those of docs/cost.md, which it writes: every figure of that page stands in one of them. */
export const costSection: BenchSection = {
  name: 'cost',
  title: 'Cost',
  async run() {
    computeEqualDelay();
    const tables = costTables(readCosts());
    for (const page of COST_PAGES) writeFileSync(page, filledCosts(readFileSync(page, 'utf8'), tables));
    return [
      'Dollars, at list prices; [docs/cost.md](../docs/cost.md) says of what, and has the same tables.',
      ...Object.entries(TITLES).flatMap(([name, title]) => [`### ${title}`, tables[name] ?? '']),
    ].join('\n\n');
  },
};

const TITLES = {
  jobs: 'A million jobs, by polls',
  equalDelay: 'At equal delay',
  streams: 'Streams of jobs, for a month',
  stack: 'The stack, for a month',
  polls: 'A million polls',
  assumed: 'Counted, and assumed',
};
