import type { Send } from '../../base/http.ts';
import { type Clock, toMs } from '../../base/time.ts';
import { contextOf } from '../../events/context.ts';
import type { SecretStore, Secrets } from '../ports.ts';
import { type HttpOutcome, judgeStatus, notSent } from './http-outcome.ts';
import type { OutgoingEvent, Sink } from './sink.ts';
import { webhookHeaders } from './webhook-signature.ts';

export interface WebhookPorts {
  readonly send: Send;
  readonly secrets: Pick<SecretStore, 'get'>;
  readonly clock: Clock;
  /** What is wrong with an address, in words; empty: nothing. */
  readonly checkUrl: (url: string) => readonly string[];
}

/** Signs the event with the subscription's secrets and posts it. */
export function makeWebhook({ send, secrets, clock, checkUrl }: WebhookPorts): Sink {
  return {
    check: ({ url }) => checkUrl(url).map((problem) => ({ field: 'url', problem })),
    send: async ({ id, url }, event) => {
      const stored = await secrets.get(id);
      const beganMs = clock();
      const outcome = await post(send, url, event, { secrets: signing(stored, beganMs), timestampMs: beganMs });
      return judgeStatus(outcome, { beganMs, endedMs: clock() });
    },
  };
}

async function post(
  send: Send,
  address: string,
  { id, json }: OutgoingEvent,
  { secrets, timestampMs }: { readonly secrets: readonly string[]; readonly timestampMs: number },
): Promise<HttpOutcome> {
  const url = URL.parse(address);
  if (url === null) return notSent('the subscription has no valid URL');
  if (secrets.length === 0) return notSent('the subscription has no secret to sign with');
  const signed = webhookHeaders({ id, timestampMs, body: json, secrets });
  const { traceparent } = contextOf(json);
  const headers = traceparent === null ? signed : { ...signed, traceparent };
  return await send({ method: 'POST', url, headers, body: json });
}

function signing(secrets: Secrets | null, nowMs: number): readonly string[] {
  if (secrets === null) return [];
  const { current, previous, older = [] } = secrets;
  const old = previous === null ? older : [previous, ...older];
  return [current, ...old.filter(({ until }) => toMs(until) > nowMs).map(({ secret }) => secret)];
}
