import type { HttpFailure, HttpResponse, Send } from '../../base/http.ts';
import { type Clock, toIso, toMs } from '../../base/time.ts';
import { contextOf } from '../../events/context.ts';
import type { Attempt } from '../delivery.ts';
import type { SecretStore, Secrets } from '../ports.ts';
import { isSuccess } from '../retry.ts';
import type { Subscription } from '../subscription.ts';
import { webhookHeaders } from './webhook-signature.ts';

export interface PostPorts {
  readonly send: Send;
  readonly secrets: Pick<SecretStore, 'get'>;
  readonly clock: Clock;
}

export interface Posted {
  readonly outcome: HttpResponse | HttpFailure;
  readonly attempt: Omit<Attempt, 'number'>;
}

const ANSWER_KEPT_BYTES = 1024;

/**
 * Signs the event with the subscription's secrets and posts it once. What the endpoint does is data; only
 * a fault of the store of secrets rejects. Deliveries and the test of an endpoint both post through this.
 */
export async function post(
  ports: PostPorts,
  subscription: Pick<Subscription, 'id' | 'url'>,
  event: { id: string; json: string },
): Promise<Posted> {
  const secrets = await ports.secrets.get(subscription.id);
  const beganMs = ports.clock();
  const outcome = await request(ports.send, subscription.url, event, signing(secrets, beganMs), beganMs);
  const attempt = {
    at: toIso(beganMs),
    status: outcome.kind === 'response' ? outcome.status : null,
    durationMs: Math.max(ports.clock() - beganMs, 0),
    error: errorOf(outcome),
    answer: outcome.kind === 'response' ? beginning(outcome.body) : '',
  };
  return { outcome, attempt };
}

async function request(
  send: Send,
  address: string,
  event: { id: string; json: string },
  secrets: readonly string[],
  timestampMs: number,
): Promise<HttpResponse | HttpFailure> {
  const url = URL.parse(address);
  if (url === null) return notSent('the subscription has no valid URL');
  if (secrets.length === 0) return notSent('the subscription has no secret to sign with');
  const signed = webhookHeaders({ id: event.id, timestampMs, body: event.json, secrets });
  const { traceparent } = contextOf(event.json);
  const headers = traceparent === null ? signed : { ...signed, traceparent };
  return await send({ method: 'POST', url, headers, body: event.json });
}

function signing(secrets: Secrets | null, nowMs: number): readonly string[] {
  if (secrets === null) return [];
  const { current, previous, older = [] } = secrets;
  const old = previous === null ? older : [previous, ...older];
  return [current, ...old.filter(({ until }) => toMs(until) > nowMs).map(({ secret }) => secret)];
}

function notSent(reason: string): HttpFailure {
  return { kind: 'failure', error: 'blocked', code: null, reason };
}

function errorOf(outcome: HttpResponse | HttpFailure): string | null {
  if (outcome.kind === 'failure') return `${outcome.error}: ${outcome.reason}`;
  return isSuccess(outcome) ? null : `the endpoint answered ${outcome.status}`;
}

/** The first 1 kB; a character that is cut in two becomes U+FFFD. */
function beginning(body: string): string {
  return Buffer.from(body).subarray(0, ANSWER_KEPT_BYTES).toString();
}
