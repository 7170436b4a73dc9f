import { duration } from '../data/format.ts';
import { phaseWord } from '../data/phases.ts';
import { hrefOf } from '../data/place.ts';
import { ticksMs } from '../job/timeline.ts';
import { PhaseMark, toneOf } from '../parts/phase.tsx';
import type { Lane, Lanes } from './lanes.ts';

const LANE_HEIGHT = 20;
const AXIS_HEIGHT = 20;
/** Round times on the axis, at most. */
const TICKS = 5;

/** Every member of a group as a lane, all on one axis of time. */
export function LanesChart({ lanes, axisMs, nowMs, expectedMs }: Lanes) {
  const at = (ms: number) => `${((100 * ms) / axisMs).toFixed(2)}%`;
  return (
    <ol class="lanes">
      {lanes.map((lane) => (
        <li key={lane.member.id}>
          <a class="mono" href={hrefOf(['jobs', lane.member.id])} title={lane.member.api}>
            {lane.member.jobId}
          </a>
          <PhaseMark phase={lane.member.phase} />
          <svg
            width="100%"
            height={LANE_HEIGHT}
            role="img"
            aria-label={spoken(lane)}
            class={`tone-${toneOf(lane.member.phase)}`}
          >
            <title>{spoken(lane)}</title>
            <rect x={at(lane.fromMs)} y={3} width={at(lane.toMs - lane.fromMs)} height={LANE_HEIGHT - 6} class="soft" />
            <rect
              x={lane.isOpen ? at(lane.fromMs) : at(lane.toMs)}
              y={3}
              width={3}
              height={LANE_HEIGHT - 6}
              class="edge"
            />
            {lane.expectedMs === null ? null : <Line at={at(lane.expectedMs)} name="expected" />}
            {nowMs === null ? null : <Line at={at(nowMs)} name="now" />}
          </svg>
        </li>
      ))}
      <li class="axis" aria-hidden="true">
        <svg width="100%" height={AXIS_HEIGHT} class="chart" aria-hidden="true">
          {ticksMs(axisMs, TICKS).map((ms) => (
            <g key={ms}>
              <line x1={at(ms)} x2={at(ms)} y1={0} y2={5} />
              <text x={at(ms)} y={17} text-anchor={ms === 0 ? 'start' : ms > 0.94 * axisMs ? 'end' : 'middle'}>
                {ms === 0 ? '0' : duration(ms)}
              </text>
            </g>
          ))}
          {expectedMs === null ? null : <Line at={at(expectedMs)} name="expected" />}
        </svg>
      </li>
    </ol>
  );
}

function Line({ at, name }: { readonly at: string; readonly name: 'expected' | 'now' }) {
  return <line class={name} x1={at} x2={at} y1={0} y2={LANE_HEIGHT} />;
}

function spoken({ member, fromMs, toMs, isOpen, expectedMs }: Lane): string {
  const lasts = `${phaseWord(member.phase)} ${isOpen ? 'for' : 'after'} ${duration(toMs - fromMs)}`;
  const expected = expectedMs === null ? '' : `, expected to end after ${duration(Math.max(0, expectedMs - fromMs))}`;
  return `${member.jobId}: ${lasts}${expected}`;
}
