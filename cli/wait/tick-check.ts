import * as v from 'valibot';
import { type Health, health } from '../../client/responses.ts';
import type { Context } from '../context.ts';
import { formatDuration } from '../text/duration.ts';

const HEALTH_EVERY_MS = 30_000;
const TIMEOUT_MS = 5000;

/** Answers what is wrong with jobwatch's tick; null: nothing, or it is not known now. Reads it every 30 s at most. */
export function makeTickCheck(context: Context, patienceMs: number): () => Promise<string | null> {
  let unknownSinceMs: number | null = null;
  let nextMs = -Infinity;

  function judge({ status, lastTickAt }: Health): string | null {
    if (status === 'late' && lastTickAt !== null)
      return `its last tick was ${formatDuration(context.clock() - Date.parse(lastTickAt))} ago`;
    unknownSinceMs = status === 'unknown' ? (unknownSinceMs ?? context.ticker()) : null;
    const isLong = unknownSinceMs !== null && context.ticker() - unknownSinceMs >= patienceMs;
    return isLong ? `no tick was seen within ${formatDuration(patienceMs)}` : null;
  }

  return async () => {
    if (context.ticker() < nextMs) return null;
    nextMs = context.ticker() + HEALTH_EVERY_MS;
    const answer = await context.client.call('GET', '/health', { tries: 1, timeoutMs: TIMEOUT_MS });
    const result = v.safeParse(health, answer.kind === 'ok' ? answer.value : null);
    const trouble = result.success ? judge(result.output) : null;
    if (trouble === null) return null;
    const advice = 'see the alarms and the log of the function watch, then "jobwatch doctor"';
    return `jobwatch is not ticking: ${trouble}. No job is polled; ${advice}.`;
  };
}
