import type * as v from 'valibot';
import type { Log } from '../base/log.ts';
import { type Clock, toMs } from '../base/time.ts';
import { longestDenied } from './denied.ts';
import { type ApiResponse, json } from './http/types.ts';
import { keptFor } from './kept.ts';
import type { HealthFacts } from './ports.ts';
import type * as responses from './responses.ts';

type Health = v.InferOutput<typeof responses.health>;

/** The tick comes every minute and may work for nearly two. */
const TICK_LATE_MS = 5 * 60_000;
/** Anybody may ask: between two reads, all get the same response. */
const KEPT_MS = 5_000;

/**
 * Responds with 200 whenever it can: a part that can't be read is null and named in `unread`. `late` says that no tick
 * was seen for five minutes, `unknown` that none was ever seen or that it can't be read.
 */
export function makeHealth(ports: { health: HealthFacts; clock: Clock; log: Log }): () => Promise<ApiResponse> {
  return keptFor(KEPT_MS, ports.clock, async () => json(200, await read(ports)));
}

async function read({ health, clock, log }: { health: HealthFacts; clock: Clock; log: Log }): Promise<unknown> {
  const unread: string[] = [];
  async function orNull<T>(part: string, readPart: () => Promise<T>): Promise<T | null> {
    try {
      return await readPart();
    } catch (error) {
      log.warn('api.health', { part, reason: String(error) });
      unread.push(part);
      return null;
    }
  }
  const [lastTickAt, oldestDueAt, queues, denied, unreadableItems] = await Promise.all([
    orNull('lastTickAt', () => health.lastTickAt()),
    orNull('oldestDueAt', () => health.oldestDueAt()),
    orNull('queues', () => health.queues()),
    orNull('deniedAccounts', () => health.deniedAccounts()),
    orNull('unreadableItems', () => health.unreadableItems()),
  ]);
  return {
    status: statusOf(lastTickAt, clock()),
    lastTickAt,
    oldestDueAt,
    queues,
    // Anybody may read this: why an account is denied is in the overview.
    deniedAccounts: denied && longestDenied(denied).map(({ account, since }) => ({ account, since })),
    deniedAccountsTotal: denied?.length ?? null,
    unreadableItems,
    unread: unread.toSorted(),
  };
}

function statusOf(lastTickAt: string | null, nowMs: number): Health['status'] {
  if (lastTickAt === null) return 'unknown';
  return nowMs - toMs(lastTickAt) > TICK_LATE_MS ? 'late' : 'ok';
}
