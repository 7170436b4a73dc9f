import { errorText, isOpen, timeOfDay } from '../../client/job.ts';
import type { Job } from '../../client/responses.ts';
import type { Context } from '../context.ts';
import { formatDuration } from './duration.ts';
import { phasePaint } from './paint.ts';
import { cut, padEnd, safe, widthOf } from './terminal.ts';

/** A stretch of the job's life between two transitions. */
interface Stretch {
  readonly at: string;
  readonly phase: string;
  readonly status: string;
  /** null: it is the job's end. */
  readonly lastsMs: number | null;
  /** Transitions between this one and the next that the record no longer holds. */
  readonly error: string | null;
}

const BAR_MAX = 40;
const BAR_MIN = 8;

/** The transitions with how long each lasted, and a bar as long as its share of the whole. */
export function timelineLines(context: Context, job: Job): readonly string[] {
  const { out } = context;
  const stretches = stretchesOf(job, context.clock());
  const longestMs = Math.max(1, ...stretches.map(({ lastsMs }) => lastsMs ?? 0));
  const phases = Math.max(...stretches.map(({ phase }) => widthOf(phase)));
  const statuses = Math.min(16, Math.max(...stretches.map(({ status }) => widthOf(status))));
  const room = Math.min(BAR_MAX, out.width() - (12 + phases + 2 + statuses + 2 + 9));
  const lines = stretches.flatMap((stretch) => {
    const tint = phasePaint(out.paint, stretch.phase);
    const length = Math.round(((stretch.lastsMs ?? 0) / longestMs) * room);
    const bar = room < BAR_MIN || stretch.lastsMs === null ? '' : '█'.repeat(Math.max(1, length));
    const lasts = stretch.lastsMs === null ? '' : formatDuration(stretch.lastsMs);
    const phase = tint(padEnd(stretch.phase, phases));
    const status = padEnd(cut(stretch.status, statuses), statuses);
    const line = `  ${timeOfDay(stretch.at)}  ${phase}  ${status}  ${lasts.padStart(7)}  ${tint(bar)}`;
    const error = stretch.error === null ? [] : [out.paint.red(`            ${cut(stretch.error, out.width() - 12)}`)];
    return [line.trimEnd(), ...error];
  });
  const dropped =
    job.droppedTransitions > 0
      ? [out.paint.dim(`  (${job.droppedTransitions} transitions in between are no longer kept)`)]
      : [];
  return [...lines, ...dropped];
}

function stretchesOf(job: Job, nowMs: number): readonly Stretch[] {
  const begin = { at: job.submittedAt, phase: 'pending', vendorStatus: null, error: null, kind: 'submitted' };
  const entries = [begin, ...job.history];
  return entries.map((entry, index): Stretch => {
    const next = entries[index + 1];
    const error = errorText(entry.error);
    const isLast = next === undefined;
    const untilMs = isLast ? nowMs : Date.parse(next.at);
    return {
      at: entry.at,
      phase: entry.phase,
      status: safe(statusOf(entry)),
      lastsMs: isLast && !isOpen(job) ? null : Math.max(0, untilMs - Date.parse(entry.at)),
      error: error === null ? null : safe(error),
    };
  });
}

function statusOf({ kind, vendorStatus }: { readonly kind: string; readonly vendorStatus: string | null }): string {
  if (kind === 'submitted') return 'submitted';
  return kind === 'changed' ? (vendorStatus ?? '') : `${vendorStatus ?? ''} (${kind})`.trim();
}
