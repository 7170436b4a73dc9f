import { duration } from '../data/format.ts';
import { phaseWord } from '../data/phases.ts';
import { useWidth } from '../data/width.ts';
import { toneOf } from '../parts/phase.tsx';
import { type Timeline, ticksMs, type VendorLane } from './timeline.ts';

/** Above the bars stand the names of the band; without one there is only the edge of the marks. */
const BAND_TOP = 34;
const BARE_TOP = 8;
const BAR = 30;
/** The vendor's lane above, and the room between. */
const LANE = 16;
const GAP = 5;
const BELOW = 26;
const CHARACTER = 7;

/** How long each state lasted, to scale, before the band of how long such jobs take. */
export function TimelineChart({ timeline, phase }: { readonly timeline: Timeline; readonly phase: string }) {
  const { ref, width } = useWidth<HTMLDivElement>();
  const { stretches, vendor, seenMs, isOpen, lastsMs, beginMs, axisMs, band, expectedMs } = timeline;
  const laneTop = band === null ? BARE_TOP : BAND_TOP;
  const top = vendor === null ? laneTop : laneTop + LANE + GAP;
  const x = (ms: number) => 1 + ((ms - beginMs) / (axisMs - beginMs)) * Math.max(0, width - 2);
  return (
    <div class="chart" ref={ref}>
      <svg width={width} height={top + BAR + BELOW} role="img" aria-label={spoken(timeline)}>
        {band === null ? null : (
          <Band bottom={top + BAR + 8} from={x(band.p50Ms)} to={x(band.p90Ms)} band={band} width={width} />
        )}
        <Axis top={top} x={x} axisMs={axisMs} width={width} />
        {stretches.map((stretch) => (
          <Bar key={stretch.fromMs} top={top} from={x(stretch.fromMs)} to={x(stretch.toMs)} {...stretch} />
        ))}
        {vendor === null ? null : <Lane top={laneTop} from={x(vendor.fromMs)} to={x(vendor.toMs)} lane={vendor} />}
        {seenMs.map((ms) => (
          <line key={ms} class="seen" x1={x(ms)} x2={x(ms)} y1={top - GAP} y2={top + BAR + 5} />
        ))}
        {expectedMs === null ? null : (
          <line class="expected" x1={x(expectedMs)} x2={x(expectedMs)} y1={top - 6} y2={top + BAR + 6} />
        )}
        {isOpen ? null : <EndMark at={x(lastsMs)} top={top} phase={phase} />}
        {isOpen ? <line class="now" x1={x(lastsMs)} x2={x(lastsMs)} y1={top - 6} y2={top + BAR + 6} /> : null}
      </svg>
    </div>
  );
}

/** What the vendor says of its own times: open at the right while it has not ended. */
function Lane({
  top,
  from,
  to,
  lane,
}: {
  readonly top: number;
  readonly from: number;
  readonly to: number;
  readonly lane: VendorLane;
}) {
  const lasts = duration(lane.toMs - lane.fromMs);
  const text = lane.hasEnded ? `vendor ${lasts}` : 'vendor';
  return (
    <g class="vendor-lane">
      <title>{`The vendor’s own times: ${lasts}${lane.hasEnded ? '' : ' so far'}`}</title>
      <rect x={from} y={top} width={Math.max(2, to - from)} height={LANE} />
      {text.length * CHARACTER > to - from - 10 ? null : (
        <text x={from + 9} y={top + LANE / 2 + 4}>
          {text}
        </text>
      )}
    </g>
  );
}

/** Where it ended, and in what. */
function EndMark({ at, top, phase }: { readonly at: number; readonly top: number; readonly phase: string }) {
  return (
    <g class={`tone-${toneOf(phase)}`}>
      <title>{phaseWord(phase)}</title>
      <rect x={at - 1} y={top - 6} width={3} height={BAR + 12} class="edge" />
    </g>
  );
}

type Placed = Timeline['stretches'][number] & { readonly top: number; readonly from: number; readonly to: number };

function Bar({ top, from, to, phase, word, fromMs, toMs }: Placed) {
  const room = to - from - 12;
  const lasts = duration(toMs - fromMs);
  const texts = [`${phaseWord(phase)} ${lasts}`, phaseWord(phase), lasts];
  const text = texts.find((one) => one.length * CHARACTER <= room);
  return (
    <g class={`stretch tone-${toneOf(phase)}`}>
      <title>{`${phaseWord(phase)} (${word}), ${lasts}`}</title>
      <rect x={from} y={top} width={Math.max(1.5, to - from - 1)} height={BAR} class="soft" />
      <rect x={from} y={top} width={Math.min(3, Math.max(1.5, to - from - 1))} height={BAR} class="edge" />
      {text === undefined ? null : (
        <text x={from + 9} y={top + BAR / 2 + 4}>
          {text}
        </text>
      )}
    </g>
  );
}

/** p50 and p90 get their names side by side where there is room, else one below the other. */
function Band({
  bottom,
  from,
  to,
  band,
  width,
}: {
  readonly bottom: number;
  readonly from: number;
  readonly to: number;
  readonly band: NonNullable<Timeline['band']>;
  readonly width: number;
}) {
  const p50 = `p50 ${duration(band.p50Ms)}`;
  const p90 = `p90 ${duration(band.p90Ms)}`;
  const atEnd = (at: number, text: string) => at + text.length * CHARACTER > width;
  return (
    <g class="band">
      <rect x={from} y={BAND_TOP - 8} width={Math.max(1, to - from)} height={bottom - BAND_TOP + 8} />
      <line x1={from} x2={from} y1={BAND_TOP - 8} y2={bottom} />
      <line x1={to} x2={to} y1={BAND_TOP - 8} y2={bottom} />
      <text x={from} y={11} text-anchor={atEnd(from, p50) ? 'end' : 'start'}>
        {p50}
      </text>
      <text x={to} y={24} text-anchor={atEnd(to, p90) ? 'end' : 'start'}>
        {p90}
      </text>
    </g>
  );
}

function Axis({
  top,
  x,
  axisMs,
  width,
}: {
  readonly top: number;
  readonly x: (ms: number) => number;
  readonly axisMs: number;
  readonly width: number;
}) {
  return (
    <g class="axis">
      {ticksMs(axisMs, Math.max(2, Math.floor(width / 90))).map((ms) => (
        <g key={ms}>
          <line x1={x(ms)} x2={x(ms)} y1={top + BAR} y2={top + BAR + 5} />
          <text x={x(ms)} y={top + BAR + 19} text-anchor={ms === 0 ? 'start' : x(ms) > width - 20 ? 'end' : 'middle'}>
            {ms === 0 ? '0' : duration(ms)}
          </text>
        </g>
      ))}
    </g>
  );
}

function spoken({ stretches, vendor, isOpen, lastsMs, band }: Timeline): string {
  const parts = stretches.map(({ phase, fromMs, toMs }) => `${phaseWord(phase)} for ${duration(toMs - fromMs)}`);
  const learned =
    band === null
      ? ''
      : ` Half of such jobs take up to ${duration(band.p50Ms)}, nine of ten up to ${duration(band.p90Ms)}.`;
  const own = vendor === null ? '' : ` By the vendor’s own times ${duration(vendor.toMs - vendor.fromMs)}.`;
  return `${isOpen ? 'So far' : 'In all'} ${duration(lastsMs)}: ${parts.join(', ')}.${own}${learned}`;
}
