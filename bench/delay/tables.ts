import { callsAtDelay, delayAtCalls, type Point } from './equal-calls.ts';
import type { JobwatchFigures, KindFigures, Level } from './measure.ts';

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
  const shown = figures.jobwatch.filter(({ level }) => level.evidence === 'polled');
  const rows = figures.peers.map(({ peer, score }) => [
    peer.strategy.name,
    short(score.calls),
    short(score.delaySeconds),
    short(score.p95Seconds),
    short(figures.fixed(score.calls)?.delaySeconds),
    ...shown.map(({ sweep }) => swept(sweep, score.calls)),
    swept(figures.knowing, score.calls),
    short(figures.optimal(score.calls)),
  ]);
  const head = ['at equal calls', 'calls per job', 'mean delay s', 'p95 s', 'best fixed interval s'];
  const levels = shown.map(({ level }) => `jobwatch ${levelName(level)} s`);
  return markdown([...head, ...levels, 'jobwatch knowing the law s', 'optimum s'], rows);
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
  return markdown(
    ['with its own cost of a call', ...bare, 'deployed: calls', 'mean delay s', 'p95 s', '÷ best fixed'],
    rows,
  );
}

/**
 * Ratios of delays at equal calls, one row per kind and level; peers that poll more often than POLL_MIN allows are left
 * out.
 */
export function ratioTable(all: readonly KindFigures[]): string {
  const head = ['', 'observed', '÷ peers: most', 'least', '÷ exponential peers: most', '÷ best fixed interval: most'];
  return markdown(
    [...head, '÷ optimum: most', '÷ optimum in bounds: most', 'calls at the delay of a peer ÷ its calls: most'],
    all.flatMap((figures) => figures.jobwatch.map((one) => ratioRow(figures, one))),
  );
}

function ratioRow(figures: KindFigures, { level, sweep }: JobwatchFigures): string[] {
  const compared = figures.peers.flatMap(({ peer, score }) => {
    const at = delayAtCalls(sweep, score.calls);
    if (at === null || at.fewer) return [];
    return [
      {
        isExponential: peer.isExponential,
        toPeer: at.seconds / score.delaySeconds,
        toFixed: over(at.seconds, figures.fixed(score.calls)?.delaySeconds),
        toOptimum: over(at.seconds, figures.optimal(score.calls)),
        inBounds: over(at.seconds, figures.optimalInBounds(score.calls)),
      },
    ];
  });
  const savings = figures.peers.map(({ score }) => over(callsAtDelay(sweep, score.delaySeconds), score.calls));
  const exponential = compared.filter(({ isExponential }) => isExponential);
  return [
    figures.kind.name,
    levelName(level),
    most(compared.map(({ toPeer }) => toPeer)),
    least(compared.map(({ toPeer }) => toPeer)),
    most(exponential.map(({ toPeer }) => toPeer)),
    most(compared.map(({ toFixed }) => toFixed)),
    most(compared.map(({ toOptimum }) => toOptimum)),
    most(compared.map(({ inBounds }) => inBounds)),
    most(savings),
  ];
}

function most(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  return short(known.length === 0 ? null : Math.max(...known));
}

function least(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  return short(known.length === 0 ? null : Math.min(...known));
}

function over(value: number | null, reference: number | null | undefined): number | null {
  return value === null || !reference ? null : value / reference;
}

function ratio(value: number | null, reference: number | null | undefined): string {
  return short(over(value, reference));
}

/** A delay with fewer calls than were granted is marked. */
function swept(sweep: readonly Point[], calls: number): string {
  const at = delayAtCalls(sweep, calls);
  if (at === null) return '–';
  return at.fewer ? `${short(at.seconds)} *` : short(at.seconds);
}
