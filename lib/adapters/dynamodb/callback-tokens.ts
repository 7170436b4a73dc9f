import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { CALLBACK_TOKEN_KEPT_SECONDS } from '../../base/retention.ts';
import type { Clock } from '../../base/time.ts';
import { type CallbackRequest, callbackHash, tokenOf } from '../../job/callbacks.ts';
import { get, put } from './items.ts';

const kept = v.object({ token: v.string(), expiresAt: v.number() });

/** Rights to the table are by this beginning of the key: who keeps tokens reaches no secret of a webhook. */
const PREFIX = 'callback/';

/** Tokens of callbacks, beside the webhooks' secrets in the table `secrets`: `callback/<hash>`. */
export function makeCallbackTokens(client: DynamoDBClient, table: string, clock: Clock) {
  const items = { client, table };
  const nowSeconds = () => Math.floor(clock() / 1000);
  return {
    /** A repeat keeps them longer. */
    async keep(requests: readonly CallbackRequest[]): Promise<void> {
      const expiresAt = nowSeconds() + CALLBACK_TOKEN_KEPT_SECONDS;
      await Promise.all(
        requests.map((request) =>
          put(items, { id: `${PREFIX}${callbackHash(request)}`, token: tokenOf(request), expiresAt }),
        ),
      );
    },
    async read(hash: string): Promise<string | null> {
      const item = await get(items, `${PREFIX}${hash}`, kept);
      return item === null || item.expiresAt <= nowSeconds() ? null : item.token;
    },
  };
}
