import { type DynamoDBClient, GetItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as v from 'valibot';
import { type KeyState, unknownKeyState } from '../../admission/key-state.ts';
import type { KeyStateStore } from '../../admission/key-state-store.ts';
import { type Clock, toIso } from '../../base/time.ts';
import { conditionally } from './items.ts';

/** The table `state`: small facts that workers and cold starts share. */
export interface StateOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock: Clock;
}

/** Facts about keys and scopes that nobody has used for so long may go. */
const KEEP_SECONDS = 30 * 24 * 3600;

const keyStateItem = v.object({
  id: v.string(),
  version: v.number(),
  badMs: v.array(v.number()),
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

export function makeStateStore({ client, table, clock }: StateOptions) {
  const learned = new Map<string, number>();
  const recalled = new Set<string>();

  async function read(id: string): Promise<Record<string, unknown> | null> {
    const answer = await client.send(
      new GetItemCommand({ TableName: table, Key: marshall({ id }), ConsistentRead: true }),
    );
    return answer.Item === undefined ? null : unmarshall(answer.Item);
  }

  async function write(item: Record<string, unknown>, condition?: Partial<PutItemCommand['input']>): Promise<void> {
    const expiresAt = Math.floor(clock() / 1000) + KEEP_SECONDS;
    await client.send(new PutItemCommand({ TableName: table, Item: marshall({ ...item, expiresAt }), ...condition }));
  }

  const keyStates: KeyStateStore = {
    async get(id) {
      const item = await read(id);
      return item === null ? unknownKeyState(id) : v.parse(keyStateItem, item);
    },
    async put(state) {
      const condition =
        state.version === 0
          ? { ConditionExpression: 'attribute_not_exists(id)' }
          : {
              ConditionExpression: '#version = :version',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: marshall({ ':version': state.version }),
            };
      const next = { ...state, badMs: [...state.badMs], version: state.version + 1 };
      return conditionally(write(next, condition));
    },
  };

  return {
    keyStates,

    noteTick: (tick: { atMs: number; messages: number; calls: number }) =>
      write({ id: 'tick', at: toIso(tick.atMs), messages: tick.messages, calls: tick.calls }),

    async lastTick(): Promise<{ readonly at: string } | null> {
      const item = await read('tick');
      return item === null ? null : v.parse(tickItem, item);
    },

    /** What is denied now: keys, scopes and accounts. The table has an item for each of them and few others. */
    async denials(): Promise<KeyState[]> {
      const found: KeyState[] = [];
      let from: ScanCommand['input']['ExclusiveStartKey'];
      do {
        const answer = await client.send(
          new ScanCommand({
            TableName: table,
            FilterExpression: 'attribute_type(denial, :map)',
            ExpressionAttributeValues: marshall({ ':map': 'M' }),
            ...(from === undefined ? {} : { ExclusiveStartKey: from }),
          }),
        );
        found.push(...(answer.Items ?? []).map((item) => v.parse(keyStateItem, unmarshall(item))));
        from = answer.LastEvaluatedKey;
      } while (from !== undefined);
      return found;
    },

    pages: {
      get: (scopeKey: string) => learned.get(scopeKey),
      async learn(scopeKey: string, pages: number) {
        if (learned.get(scopeKey) === pages) return;
        learned.set(scopeKey, pages);
        await write({ id: `pages#${scopeKey}`, pages });
      },
      /** What earlier processes learned. */
      async recall(scopeKey: string): Promise<void> {
        if (learned.has(scopeKey) || recalled.has(scopeKey)) return;
        recalled.add(scopeKey);
        const item = await read(`pages#${scopeKey}`);
        if (item !== null) learned.set(scopeKey, v.parse(pagesItem, item).pages);
      },
    },
  };
}
