import { type JobwatchFigures, type KindFigures, LEVELS, type Level } from './measure.ts';
import { delayAtCalls } from './equal-calls.ts';

/** A number with three digits that matter. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|---|${'--:|'.repeat(head.length - 1)}`, ...rows.map(line)].join('\n');
}

export function levelName({ jobs, evidence }: Level): string {
  if (jobs === 0) return 'after 0';
  return `after ${jobs}${evidence === 'told' ? ', told' : ''}`;
}

/** Peers, and jobwatch at the peers' numbers of calls. */
export function peerTable(figures: KindFigures): string {
  const shown = LEVELS.filter(({ evidence }) => evidence === 'asked');
  const rows = figures.peers.map(({ peer, score }) => [
    peer.strategy.name,
    short(score.calls),
    short(score.delaySeconds),
    short(score.p95Seconds),
    short(figures.fixed(score.calls)?.delaySeconds),
    ...shown.map((level) => short(sweptDelay(figures, level, score.calls))),
    short(figures.optimal(score.calls)),
  ]);
  const head = ['', 'calls per job', 'mean delay s', 'p95 s', 'best fixed interval s'];
  return markdown([...head, ...shown.map((level) => `jobwatch ${levelName(level)} s`), 'optimum s'], rows);
}

/** jobwatch with its own cost of a call: bare, and in a deployment. */
export function ownTable(figures: KindFigures): string {
  const rows = figures.jobwatch.map(({ level, own, deployed }) => [
    `jobwatch ${levelName(level)}`,
    short(own.calls),
    short(own.delaySeconds),
    short(own.p95Seconds),
    ratio(own.delaySeconds, figures.fixed(own.calls)?.delaySeconds),
    ratio(own.delaySeconds, figures.optimal(own.calls)),
    ratio(own.delaySeconds, figures.optimalInBounds(own.calls)),
    short(deployed.calls),
    short(deployed.delaySeconds),
    short(deployed.p95Seconds),
    ratio(deployed.delaySeconds, figures.fixed(deployed.calls)?.delaySeconds),
  ]);
  const bare = ['calls per job', 'mean delay s', 'p95 s', '÷ best fixed', '÷ optimum', '÷ optimum in bounds'];
  return markdown(['', ...bare, 'deployed: calls', 'mean delay s', 'p95 s', '÷ best fixed'], rows);
}

/** Ratios of delays at equal calls, one row per kind and level. */
export function ratioTable(all: readonly KindFigures[]): string {
  const rows = all.flatMap((figures) => figures.jobwatch.map((one) => ratioRow(figures, one)));
  return markdown(
    ['', 'observed', 'to peers: worst', 'best', 'to exponential peers: worst', 'to the best fixed interval: worst', 'at its own calls', 'to the optimum: worst', 'at its own calls', 'in bounds, at its own calls', 'knowing the law, to the optimum: worst'],
    rows,
  );
}

function ratioRow(figures: KindFigures, { level, own }: JobwatchFigures): string[] {
  const compared = figures.peers.map(({ peer, score }) => {
    const delay = sweptDelay(figures, level, score.calls);
    return {
      isExponential: peer.isExponential,
      toPeer: over(delay, score.delaySeconds),
      toFixed: over(delay, figures.fixed(score.calls)?.delaySeconds),
      toOptimum: over(delay, figures.optimal(score.calls)),
      known: over(delayAtCalls(figures.knowing, score.calls), figures.optimal(score.calls)),
    };
  });
  const worst = (values: readonly (number | null)[]) => short(extreme(values, Math.max));
  return [
    figures.kind.name,
    levelName(level),
    worst(compared.map(({ toPeer }) => toPeer)),
    short(extreme(compared.map(({ toPeer }) => toPeer), Math.min)),
    worst(compared.filter(({ isExponential }) => isExponential).map(({ toPeer }) => toPeer)),
    worst(compared.map(({ toFixed }) => toFixed)),
    ratio(own.delaySeconds, figures.fixed(own.calls)?.delaySeconds),
    worst(compared.map(({ toOptimum }) => toOptimum)),
    ratio(own.delaySeconds, figures.optimal(own.calls)),
    ratio(own.delaySeconds, figures.optimalInBounds(own.calls)),
    worst(compared.map(({ known }) => known)),
  ];
}

function extreme(values: readonly (number | null)[], of: (...values: number[]) => number): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : of(...known);
}

function over(delay: number | null, reference: number | null | undefined): number | null {
  return delay === null || !reference ? null : delay / reference;
}

function ratio(delay: number | null, reference: number | null | undefined): string {
  return short(over(delay, reference));
}

function sweptDelay(figures: KindFigures, level: Level, calls: number): number | null {
  const sweep = figures.jobwatch.find((one) => one.level === level)?.sweep ?? [];
  return delayAtCalls(sweep, calls);
}
