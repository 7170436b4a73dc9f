import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import type { BenchSection } from '../section.ts';
import { DEPLOYMENT } from './deployed.ts';
import { OWN_CALL_SECONDS } from './jobwatch.ts';
import { JOBS, KINDS } from './laws.ts';
import { type KindFigures, measureKind, SEED } from './measure.ts';
import { makePeers } from './peers.ts';
import { drawDelay } from './plot.ts';
import { ownTable, peerTable, ratioTable } from './tables.ts';

/** Longer than the longest job of every kind. */
const HORIZON_SECONDS = 5000;
const PLOTTED = ['bimodal', 'createELB'];

export const delaySection: BenchSection = {
  name: 'delay',
  title: 'Delay against calls',
  async run() {
    const peers = await makePeers(seeded(SEED), HORIZON_SECONDS);
    const all: KindFigures[] = [];
    for (const kind of KINDS) {
      all.push(measureKind(kind, peers));
      // Other work of the process gets its turn: the progress of the bench is seen.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return [explanation(), '### Summary', ratioTable(all), ...all.flatMap(kindText)].join('\n\n');
  },
};

function kindText(figures: KindFigures): string[] {
  const { kind, about } = figures;
  const image = PLOTTED.includes(kind.name) ? [`![${kind.name}](../${drawDelay(figures)})`] : [];
  return [`### ${kind.name}`, `${about}.`, ...image, peerTable(figures), ownTable(figures)];
}

function explanation(): string {
  const { tickSeconds, watchSeconds, receiveSeconds, foundShare, askSeconds } = DEPLOYMENT;
  return `Simulated, seed ${SEED}, ${JOBS} jobs of each kind (the quantiles of its law). The delay is the time from the
vendor's end of a job to the poll
that finds it. Peers poll as their code or their published rule says, on an ideal clock; what has chance in it is drawn
400 times.

- **At equal calls**: the delay of jobwatch with as many calls per job as the peer makes, by its cost of a call. "\\*":
  its least interval of 2 s allows
  no such number; it makes fewer. "Best fixed interval": the one with the least delay of all that make no more calls,
  chosen in hindsight.
- **After 20, 200**: of so many jobs jobwatch knows what it found out while it watched them: that each ended between two
  polls. "Told": the vendor gave
  the exact times. After 0 it knows nothing. Means over 6 (after 20) and 4 (after 200) different histories.
- **Knowing the law**: jobwatch's rule with the law in place of what it has learned. **Optimum**: the least delay of all
  schedules for the known law.
  "In bounds": of those with gaps from 2 s to 300 s.
- **With its own cost of a call**: ${OWN_CALL_SECONDS} s of delay for one call. **Deployed**: ticks every ${tickSeconds}
  s that work for ${watchSeconds} s, visibility in whole
  seconds, a receive every ${receiveSeconds} s that finds a due message with probability ${foundShare}, and
  ${askSeconds} s to the answer; the last three are assumed.`;
}
