import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { readChangeWrite } from '../../base/conditional-write.ts';
import { isObject } from '../../base/is-object.ts';
import { type EndpointSecrets, rotated, type SecretStore } from '../../deliver/ports.ts';
import { type Fields, get, NEW, put, toItem, update } from './items.ts';

const oldSecret = v.object({ secret: v.string(), until: v.string() });
/** `v.record` would drop a header named `constructor` without a word. */
const headers = v.custom<Readonly<Record<string, string>>>(
  (value) => isObject(value) && Object.values(value).every((text) => typeof text === 'string'),
);
const secrets = v.object({
  current: v.nullable(v.string()),
  previous: v.optional(v.nullable(oldSecret), null),
  older: v.optional(v.array(oldSecret)),
  url: v.optional(v.string()),
  robotSecret: v.optional(v.nullable(v.string())),
  headers: v.optional(headers),
});

const ROTATE_TRIES = 5;

/** What is given; a map is always a map, whatever its headers are named. */
function storable({ url, robotSecret, headers: own }: EndpointSecrets): Fields {
  const fields = { url, robotSecret, headers: own === undefined ? undefined : new Map(Object.entries(own)) };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The table `secrets`, one item a subscription: only those that sign or hand out secrets have a right to it. */
export function makeSecretStore(client: DynamoDBClient, table: string): SecretStore {
  const items = { client, table };
  const read = (subscription: string) => get(items, subscription, secrets);
  return {
    get: read,
    create: async (subscription, secret, endpoint = {}) => {
      const written = await put(items, { id: subscription, current: secret, ...storable(endpoint) }, NEW);
      if (written === 'conflict') throw new Error(`The subscription ${subscription} has a secret already.`);
    },
    change: (subscription, endpoint) =>
      update(items, subscription, { set: storable(endpoint), when: 'attribute_exists(id)' }),
    rotate: async (subscription, secret, previousUntil, now) => {
      const result = await readChangeWrite(
        ROTATE_TRIES,
        () => read(subscription),
        async (stored) => {
          if (stored === null || stored.current === null)
            throw new Error(`The subscription ${subscription} has no secret to rotate.`);
          const next = rotated({ ...stored, current: stored.current }, secret, { previousUntil, now });
          if ('kind' in next) return next;
          const written = await update(items, subscription, {
            set: { current: next.current, previous: next.previous, older: next.older },
            // Of two rotations at once the second begins again from the first, or a secret that was handed out would
            // sign nothing.
            when: '#current = :was',
            given: { was: stored.current },
          });
          return written === 'conflict' ? 'conflict' : { kind: 'rotated' as const };
        },
      );
      if (result === 'conflict') throw new Error(`The secret of the subscription ${subscription} keeps changing.`);
      return result;
    },
    remove: async (subscription) => {
      await client.send(new DeleteItemCommand({ TableName: table, Key: toItem({ id: subscription }) }));
    },
  };
}
