import { ScanCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { type KeyState, unknownKeyState } from '../../admission/key-state.ts';
import type { KeyStateStore } from '../../admission/key-state-store.ts';
import { STATE_KEPT_SECONDS } from '../../base/retention.ts';
import { type Clock, toIso } from '../../base/time.ts';
import type { LeaderStore } from '../../watch/wake/leader.ts';
import { get, pagesOf, put, putNext, type Table, toItem } from './items.ts';
import { type Reading, readableOf } from './read-many.ts';

/** The table `state`: small facts that workers and cold starts share. */
export interface StateOptions extends Table, Pick<Reading, 'unreadable'> {
  readonly clock: Clock;
}

const doubt = v.object({
  atMs: v.number(),
  scope: v.nullable(v.string()),
  account: v.string(),
  version: v.nullable(v.string()),
});
const keyStateItem = v.object({
  id: v.string(),
  version: v.number(),
  badMs: v.array(v.number()),
  // Items that an earlier build wrote last do not have these, and it drops them: the key is then probed once more.
  doubts: v.optional(v.array(doubt), []),
  proven: v.optional(v.record(v.string(), v.string()), {}),
  goodScopes: v.optional(v.array(v.string()), []),
  leftUnderWay: v.optional(v.record(v.string(), v.object({ calls: v.number(), untilMs: v.number() })), {}),
  trialUntilMs: v.number(),
  denial: v.nullable(
    v.object({
      since: v.string(),
      untilMs: v.number(),
      probes: v.number(),
      account: v.string(),
      versions: v.record(v.string(), v.nullable(v.string())),
      reason: v.string(),
      told: v.boolean(),
    }),
  ),
});
const tickItem = v.object({ at: v.string() });
const pagesItem = v.object({ pages: v.number() });
const leaderItem = v.object({
  by: v.string(),
  untilMs: v.number(),
  receives: v.boolean(),
  wokenMs: v.number(),
  version: v.number(),
});

export function makeStateStore(options: StateOptions) {
  const { client, table, clock } = options;
  const learned = new Map<string, number>();
  const recalled = new Set<string>();
  const expiry = () => ({ expiresAt: Math.floor(clock() / 1000) + STATE_KEPT_SECONDS });

  const keyStates: KeyStateStore = {
    get: async (id) => (await get(options, id, keyStateItem)) ?? unknownKeyState(id),
    put: (state) => putNext(options, { ...state, ...expiry() }),
  };

  const leader: LeaderStore = {
    read: () => get(options, 'leader', leaderItem),
    write: (lease) => putNext(options, { id: 'leader', ...lease, ...expiry() }),
  };

  return {
    keyStates,
    leader,

    async noteTick({ atMs, messages, calls }: { atMs: number; messages: number; calls: number }): Promise<void> {
      await put(options, { id: 'tick', at: toIso(atMs), messages, calls, ...expiry() });
    },

    lastTick: (): Promise<{ readonly at: string } | null> => get(options, 'tick', tickItem),

    /** What is denied now: keys, scopes and accounts. The table has an item for each of them and few others. */
    async denials(): Promise<KeyState[]> {
      const found: KeyState[] = [];
      const scan = {
        TableName: table,
        FilterExpression: 'attribute_type(denial, :map)',
        ExpressionAttributeValues: toItem({ ':map': 'M' }),
      };
      for await (const { Items = [] } of pagesOf((from) => client.send(new ScanCommand({ ...scan, ...from }))))
        found.push(...readableOf(keyStateItem, Items, options));
      return found;
    },

    pages: {
      get: (scopeKey: string) => learned.get(scopeKey),
      async learn(scopeKey: string, pages: number) {
        if (learned.get(scopeKey) === pages) return;
        learned.set(scopeKey, pages);
        await put(options, { id: `pages#${scopeKey}`, pages, ...expiry() });
      },
      /** What earlier processes learned. */
      async recall(scopeKey: string): Promise<void> {
        if (learned.has(scopeKey) || recalled.has(scopeKey)) return;
        recalled.add(scopeKey);
        const item = await get(options, `pages#${scopeKey}`, pagesItem);
        if (item !== null) learned.set(scopeKey, item.pages);
      },
    },
  };
}
