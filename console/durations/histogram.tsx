import type { Duration } from '../../client/responses.ts';
import { duration } from '../data/format.ts';
import { useWidth } from '../data/width.ts';
import { logAxis } from './log-axis.ts';

const TOP = 46;
const BARS = 64;
const HEIGHT = TOP + BARS + 22;
const CHARACTER = 6.8;

/**
 * What share of the jobs took how long, on a logarithmic axis, with the quantiles. Without bins the quantiles alone.
 */
export function Histogram({ learned }: { readonly learned: Duration }) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const { p50Seconds, p90Seconds, p99Seconds } = learned;
  const bins = learned.histogram ?? [];
  // A logarithmic axis has no zero: the bin that begins there is drawn as wide as the others.
  const other = bins.find(({ fromSeconds }) => fromSeconds > 0);
  const ratio = other === undefined ? 0.8 : other.fromSeconds / other.toSeconds;
  const histogram = bins.map((bin) => ({
    ...bin,
    drawnFrom: bin.fromSeconds > 0 ? bin.fromSeconds : bin.toSeconds * ratio,
  }));
  const quantiles = [
    ['p50', p50Seconds],
    ['p90', p90Seconds],
    ['p99', p99Seconds],
  ] as const;
  const known = quantiles.flatMap(([name, seconds]) => (seconds === undefined ? [] : [{ name, seconds }]));
  const axis = logAxis([
    ...known.map(({ seconds }) => seconds),
    ...histogram.flatMap((bin) => [bin.drawnFrom, bin.toSeconds]),
  ]);
  const x = (seconds: number) => 4 + axis.at(seconds) * Math.max(0, width - 8);
  const highest = Math.max(0.0001, ...histogram.map(({ share }) => share));
  return (
    <div class="chart" ref={ref}>
      <svg width={width} height={HEIGHT} role="img" aria-label={spoken(learned)}>
        <line class="base" x1={0} x2={width} y1={TOP + BARS} y2={TOP + BARS} />
        {histogram.map(({ fromSeconds, toSeconds, share, drawnFrom }) => (
          <rect
            key={fromSeconds}
            class="bin"
            x={x(drawnFrom)}
            width={Math.max(1, x(toSeconds) - x(drawnFrom) - 1)}
            y={TOP + BARS - Math.max(1, (share / highest) * BARS)}
            height={Math.max(1, (share / highest) * BARS)}
          >
            <title>
              {`${duration(fromSeconds * 1000)} to ${duration(toSeconds * 1000)}: ${(share * 100).toFixed(1)} %`}
            </title>
          </rect>
        ))}
        {known.map(({ name, seconds }, row) => (
          <Quantile key={name} x={x(seconds)} row={row} text={name} width={width} />
        ))}
        <g class="axis">
          {axis.ticks.map((tick) => (
            <text key={tick} x={x(tick)} y={HEIGHT - 6} text-anchor="middle">
              {duration(tick * 1000)}
            </text>
          ))}
        </g>
      </svg>
    </div>
  );
}

function Quantile({
  x,
  row,
  text,
  width,
}: {
  readonly x: number;
  readonly row: number;
  readonly text: string;
  readonly width: number;
}) {
  const y = 11 + row * 14;
  const isAtEnd = x + text.length * CHARACTER + 4 > width;
  return (
    <g class="quantile">
      <line x1={x} x2={x} y1={y - 9} y2={TOP + BARS} />
      <text x={isAtEnd ? x - 4 : x + 4} y={y} text-anchor={isAtEnd ? 'end' : 'start'}>
        {text}
      </text>
    </g>
  );
}

function spoken({ p50Seconds, p90Seconds, p99Seconds, count }: Duration): string {
  const p99 = p99Seconds === undefined ? '' : `, 99 of 100 up to ${duration(p99Seconds * 1000)}`;
  const half = duration(p50Seconds * 1000);
  return `Of ${count} jobs half took up to ${half}, nine of ten up to ${duration(p90Seconds * 1000)}${p99}.`;
}
