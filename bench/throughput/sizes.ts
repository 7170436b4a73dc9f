import { loadavg } from 'node:os';
import type { BenchSection } from '../section.ts';
import { SCOPES } from './crowd.ts';
import { sizeTable } from './tables.ts';
import { measureKind, type Watched } from './watched.ts';

const SIZES = [1000, 10_000, 50_000];

export const sizesSection: BenchSection = {
  name: 'sizes',
  title: 'Time and memory of a tick',
  byNameOnly: true,
  async run({ sizes }) {
    const load = loadavg()[0] ?? 0;
    const bySize: [number, Watched][] = [];
    for (const size of sizes.length > 0 ? sizes : SIZES) {
      const { watch } = await measureKind('saved', size, { floor: false });
      console.log(`${size}: ${JSON.stringify(watch)}`);
      bySize.push([size, watch]);
    }
    return `${explanation(load)}\n\n${sizeTable(bySize)}`;
  },
};

function explanation(load: number): string {
  return `Jobs that are due at the same moment, over ${SCOPES} scopes; each is polled once and its record written
("saved" of the throughput of a tick, measured in the
same way). A tick ends after 50 s; the next one follows at once, in the same process. A round takes 400 messages, and
800 jobs may be under way. Memory is
the most that the function's process ever had in RAM, Node's own included. Load of the machine before the run:
${load.toFixed(1)}.`;
}
