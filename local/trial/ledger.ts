import { isTerminal, PHASES, type Phase } from '../../lib/job/phase.ts';
import type { Received } from '../receiver.ts';
import { isFields } from '../template/values.ts';

/** What was promised of each job, held against what the receiver has verified. */
export interface Ledger {
  expect(id: string, phase: Phase): void;
  note(delivery: Received): void;
  /** Jobs whose end has not been told, or not all of whose events have come. */
  open(): number;
  read(): Account;
}

export interface Account {
  readonly jobs: number;
  /** Transitions that were told: distinct events of jobs. */
  readonly events: number;
  /** Deliveries of an event that had been delivered already. */
  readonly duplicates: number;
  /** Deliveries that the receiver could not verify, with its reasons. */
  readonly refused: number;
  readonly refusals: readonly string[];
  /** Jobs by the phase in which they ended. */
  readonly ends: Readonly<Record<string, number>>;
  /** A sentence for each job whose end or events are missing. */
  readonly lost: readonly string[];
  /** A sentence for each job that was told to have ended otherwise than it did, or twice. */
  readonly wrong: readonly string[];
}

interface Line {
  readonly expected: Phase;
  /** Event id → `seq`. */
  readonly events: Map<string, number>;
  /** Event id → phase, of those that say the end. */
  readonly ends: Map<string, string>;
}

const REFUSALS_KEPT = 20;
const TERMINAL_TYPES = new Set(PHASES.filter(isTerminal).map((phase) => `jobwatch.job.${phase}`));

export function makeLedger(): Ledger {
  const lines = new Map<string, Line>();
  const refusals: string[] = [];
  let [refused, duplicates, events] = [0, 0, 0];

  return {
    expect(id, phase) {
      if (!lines.has(id)) lines.set(id, { expected: phase, events: new Map(), ends: new Map() });
    },
    note({ id, type, jobId, event, problem }) {
      if (problem !== null) {
        refused += 1;
        if (refusals.length < REFUSALS_KEPT) refusals.push(problem);
        return;
      }
      const line = lines.get(jobId ?? '');
      if (line === undefined) return;
      if (line.events.has(id)) {
        duplicates += 1;
        return;
      }
      events += 1;
      const { seq, phase } = saidIn(event);
      line.events.set(id, seq);
      if (TERMINAL_TYPES.has(type)) line.ends.set(id, phase);
    },
    open: () => [...lines.values()].filter((line) => missingIn(line) !== null).length,
    read() {
      const ends: Record<string, number> = {};
      for (const { ends: told } of lines.values())
        for (const phase of told.values()) ends[phase] = (ends[phase] ?? 0) + 1;
      const sentences = (judge: (line: Line) => string | null) =>
        [...lines].flatMap(([id, line]) => {
          const sentence = judge(line);
          return sentence === null ? [] : [`${id}: ${sentence}`];
        });
      const [lost, wrong] = [sentences(missingIn), sentences(wrongIn)];
      return { jobs: lines.size, events, duplicates, refused, refusals, ends, lost, wrong };
    },
  };
}

/** Events are numbered from 1 without gaps, and the last one says the end. */
function missingIn({ expected, events, ends }: Line): string | null {
  if (ends.size === 0) return `${expected} was expected, and no end was told`;
  const last = Math.max(...events.values());
  return events.size < last ? `${events.size} of ${last} events were delivered` : null;
}

function wrongIn({ expected, ends }: Line): string | null {
  if (ends.size > 1) return `${ends.size} ends were told: ${[...ends.values()].join(', ')}`;
  const [phase] = ends.values();
  return phase === undefined || phase === expected ? null : `${expected} was expected, and ${phase} was told`;
}

function saidIn(event: unknown): { seq: number; phase: string } {
  const data = isFields(event) && isFields(event['data']) ? event['data'] : {};
  return { seq: Number(data['seq']), phase: String(data['phase']) };
}
