import type { ComponentChildren } from 'preact';
import { useWidth } from '../data/width.ts';
import { useAbsolute } from '../data/zone.ts';
import { timeTicks } from './axis.ts';
import type { Bucket } from './series.ts';

const TOP = 8;
const PLOT = 120;
const BELOW = 22;
const CHARACTER = 7;
/** Room between two columns, at most. */
const GAP = 3;

/** Where a value is drawn, and where the columns are. */
export interface Scale {
  readonly y: (value: number) => number;
  readonly width: number;
}

interface ChartProps {
  readonly buckets: readonly Bucket[];
  readonly bucketSeconds: number;
  /** On the vertical axis, from 0 to the top. */
  readonly ticks: readonly number[];
  readonly tickText: (value: number) => string;
  /** So many of the first buckets are not counted in full. */
  readonly cut: number;
  /** What a bucket holds, in words. */
  readonly textOf: (bucket: Bucket) => string;
  /** Where a bucket leads; null: nowhere. */
  readonly hrefOf: (bucket: Bucket) => string | null;
  /** Draws a bucket, from 0 to the width of its column. */
  readonly children: (bucket: Bucket, scale: Scale) => ComponentChildren;
}

/**
 * Buckets side by side, with axes. It is for eyes and mice: the table below the charts says the same, with the same
 * links.
 */
export function Chart({ buckets, bucketSeconds, ticks, tickText, cut, children, ...each }: ChartProps) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const absolute = useAbsolute();
  const left = Math.max(...ticks.map((tick) => tickText(tick).length)) * CHARACTER + 8;
  const step = Math.max(0, width - left - 1) / buckets.length;
  const highest = ticks.at(-1) || 1;
  const y = (value: number) => TOP + (1 - value / highest) * PLOT;
  const gap = Math.min(GAP, step / 4);
  const times = timeTicks(
    buckets.map(({ from }) => absolute(from)),
    bucketSeconds,
    width - left,
  );
  return (
    <div class="chart over-time" ref={ref}>
      <svg width={width} height={TOP + PLOT + BELOW} aria-hidden="true">
        {ticks.map((tick) => (
          <g key={tick} class="axis">
            <line class={tick === 0 ? 'base' : 'grid'} x1={left} x2={width} y1={y(tick)} y2={y(tick)} />
            <text x={left - 6} y={y(tick) + 4} text-anchor="end">
              {tickText(tick)}
            </text>
          </g>
        ))}
        {cut === 0 ? null : <rect class="not-counted" x={left} y={TOP} width={step * cut} height={PLOT} />}
        {buckets.map((bucket, index) => (
          <Column key={bucket.from} bucket={bucket} x={left + index * step} width={step} {...each}>
            <g transform={`translate(${gap / 2} 0)`}>{children(bucket, { y, width: step - gap })}</g>
          </Column>
        ))}
        <g class="axis">
          {times.map(({ index, text }) => (
            <TimeName key={index} text={text} x={left + index * step} width={width} />
          ))}
        </g>
      </svg>
    </div>
  );
}

/** Beside its tick, and within the chart. */
function TimeName({ text, x, width }: { readonly text: string; readonly x: number; readonly width: number }) {
  const isLast = x + (text.length * CHARACTER) / 2 > width;
  return (
    <g>
      <line x1={x} x2={x} y1={TOP + PLOT} y2={TOP + PLOT + 5} />
      <text x={isLast ? width : x} y={TOP + PLOT + 18} text-anchor={isLast ? 'end' : 'middle'}>
        {text}
      </text>
    </g>
  );
}

interface ColumnProps extends Pick<ChartProps, 'textOf' | 'hrefOf'> {
  readonly bucket: Bucket;
  readonly x: number;
  readonly width: number;
  readonly children: ComponentChildren;
}

/** The whole height takes the pointer: a short column would be hard to hit. */
function Column({ bucket, x, width, textOf, hrefOf, children }: ColumnProps) {
  const href = hrefOf(bucket);
  const content = (
    <>
      <title>{textOf(bucket)}</title>
      <rect class="hit" x={0} y={TOP} width={width} height={PLOT} />
      {children}
    </>
  );
  const place = `translate(${x} 0)`;
  if (href === null) return <g transform={place}>{content}</g>;
  return (
    <g transform={place}>
      <a href={href} tabindex={-1}>
        {content}
      </a>
    </g>
  );
}

/** Parts of a whole, one upon the other. */
export function Stack({ parts, scale: { y, width } }: { readonly parts: readonly Part[]; readonly scale: Scale }) {
  let below = 0;
  return (
    <>
      {parts.map(({ word, tone, value }) => {
        if (value === 0) return null;
        const bottom = y(below);
        below += value;
        const height = Math.max(1, bottom - y(below));
        return (
          <rect
            key={word}
            class={`part tone-${tone}`}
            x={0}
            y={bottom - height}
            width={Math.max(1, width)}
            height={height}
          />
        );
      })}
    </>
  );
}

export interface Part {
  readonly word: string;
  readonly tone: string;
  readonly value: number;
}

/** From the p50, which has a dot, to the p95. */
export function Whisker({
  low,
  high,
  scale: { y, width },
}: {
  readonly low: number;
  readonly high: number;
  readonly scale: Scale;
}) {
  const x = width / 2;
  return (
    <g class="whisker">
      <line x1={x} x2={x} y1={y(high)} y2={y(low)} />
      <line x1={Math.max(0, x - 4)} x2={Math.min(width, x + 4)} y1={y(high)} y2={y(high)} />
      <circle cx={x} cy={y(low)} r={3} />
    </g>
  );
}
