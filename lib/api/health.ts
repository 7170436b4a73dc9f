import type * as v from 'valibot';
import type { Log } from '../base/log.ts';
import { type Clock, toMs } from '../base/time.ts';
import { type ApiResponse, json } from './http/types.ts';
import type { HealthFacts } from './ports.ts';
import type * as responses from './responses.ts';

type Health = v.InferOutput<typeof responses.health>;

/** The tick comes every minute and may work for nearly two. */
const TICK_LATE_MS = 5 * 60_000;
/** Anybody may ask: between two looks, all get the same answer. */
const KEPT_MS = 5_000;

/**
 * Answers 200 whenever it can answer: a part that can't be read is null and named in `unread`. `late` says that no tick
 * was seen for five minutes, `unknown` that none was ever seen or that it can't be read.
 */
export function makeHealth(deps: { health: HealthFacts; now: Clock; log: Log }): () => Promise<ApiResponse> {
  let kept: { response: ApiResponse; untilMs: number } | null = null;
  return async () => {
    if (kept !== null && deps.now() < kept.untilMs) return kept.response;
    const response = json(200, await look(deps));
    kept = { response, untilMs: deps.now() + KEPT_MS };
    return response;
  };
}

async function look({ health, now, log }: { health: HealthFacts; now: Clock; log: Log }): Promise<unknown> {
  const unread: string[] = [];
  async function orNull<T>(part: string, read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      log.warn('api.health', { part, reason: String(error) });
      unread.push(part);
      return null;
    }
  }
  const [lastTickAt, oldestDueAt, queues, deniedAccounts] = await Promise.all([
    orNull('lastTickAt', () => health.lastTickAt()),
    orNull('oldestDueAt', () => health.oldestDueAt()),
    orNull('queues', () => health.queues()),
    orNull('deniedAccounts', () => health.deniedAccounts()),
  ]);
  return {
    status: statusOf(lastTickAt, now()),
    lastTickAt,
    oldestDueAt,
    queues,
    deniedAccounts,
    unread: unread.toSorted(),
  };
}

function statusOf(lastTickAt: string | null, nowMs: number): Health['status'] {
  if (lastTickAt === null) return 'unknown';
  return nowMs - toMs(lastTickAt) > TICK_LATE_MS ? 'late' : 'ok';
}
