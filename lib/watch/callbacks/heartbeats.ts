import { errorName } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';
import type { CallbackApi } from '../../job/callback-api.ts';
import type { Callback } from '../../job/callbacks.ts';

export interface HeartbeatPorts {
  readonly api: Pick<CallbackApi, 'beat'>;
  /** null: nobody keeps it any more. */
  readonly readToken: (hash: string) => Promise<string | null>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What this process knows of a callback. `isOver`: its service wants no heartbeat any more. */
interface Known {
  /** null: it is read each time. */
  readonly token: Promise<string | null> | null;
  sentMs: number;
  isOver: boolean;
}

const EVERY_MS = 60_000;
/** Tokens that are kept: one may have 2 kB. Of callbacks beyond that only the last minute is known. */
const TOKENS_MAX = 10_000;

/**
 * Heartbeats of workflows that wait, at most one a minute for each callback and process. Nobody waits for one: what
 * fails is logged, and the next goes a minute later.
 */
export function makeHeartbeats({ api, readToken, clock, log }: HeartbeatPorts) {
  const known = new Map<string, Known>();
  const underWay = new Set<Promise<void>>();

  /** Known ones are in the order of their latest heartbeats: those of the last minute are never forgotten. */
  function stateOf(hash: string): Known {
    const found = known.get(hash);
    if (found !== undefined) return found;
    for (const [oldest, { sentMs }] of known) {
      if (known.size < TOKENS_MAX || clock() - sentMs < EVERY_MS) break;
      known.delete(oldest);
    }
    const token = known.size < TOKENS_MAX ? readToken(hash) : null;
    return { token, sentMs: Number.NEGATIVE_INFINITY, isOver: false };
  }

  async function send({ kind, hash }: Callback, state: Known): Promise<void> {
    const fields = { kind, callback: hash };
    try {
      const token = await (state.token ?? readToken(hash));
      const reply = token === null ? null : await api.beat(kind, token);
      state.isOver = reply === null || reply.kind === 'closed';
      if (reply?.kind !== 'done')
        log.warn('callback.heartbeat', { ...fields, error: reply?.code ?? 'the token is gone' });
    } catch (error) {
      known.delete(hash);
      log.warn('callback.heartbeat', { ...fields, error: errorName(error) });
    }
  }

  return {
    /** Begins one, if it is time. */
    beat(callback: Callback): void {
      const state = stateOf(callback.hash);
      if (state.isOver || clock() - state.sentMs < EVERY_MS) return;
      // A read that fails rejects where it is waited for, and only there.
      state.token?.catch(() => undefined);
      state.sentMs = clock();
      known.delete(callback.hash);
      known.set(callback.hash, state);
      const sending = send(callback, state).finally(() => underWay.delete(sending));
      underWay.add(sending);
    },
    /** Resolves when all that were begun have come to an end. */
    async settled(): Promise<void> {
      await Promise.all(underWay);
    },
  };
}
