import { readChangeWrite } from '../../base/conditional-write.ts';
import { toIso, toMs } from '../../base/time.ts';
import { publishDisabled } from '../../deliver/disable.ts';
import { robotOf } from '../../deliver/formats/formats.ts';
import type { Subscription, SubscriptionFilter } from '../../deliver/subscription.ts';
import type { Caller } from '../http/auth.ts';
import { badKey, once } from '../http/idempotency.ts';
import { isSubscriptionId } from '../http/ids.ts';
import { problem } from '../http/problem.ts';
import { type ApiResponse, empty, json } from '../http/types.ts';
import type { ApiPorts } from '../ports.ts';
import { subscriptionView } from '../views.ts';
import { type EndpointFields, endpointOf, headersRefusalOf, refusalOf, secretsOf } from './endpoint.ts';

export const SUBSCRIPTIONS_MAX = 100;
const SAVE_TRIES = 5;
/** How long a secret that was replaced still signs: receivers change theirs in that time without losing an event. */
const OLD_SECRET_MS = 24 * 3_600_000;

type SubscriptionPorts = Pick<
  ApiPorts,
  | 'stage'
  | 'subscriptions'
  | 'secrets'
  | 'idempotency'
  | 'publish'
  | 'sinks'
  | 'makeSecret'
  | 'randomId'
  | 'clock'
  | 'log'
>;

export interface NewSubscription extends EndpointFields {
  readonly url?: string | undefined;
  readonly kind?: Subscription['kind'] | undefined;
  readonly format?: Subscription['format'] | undefined;
  readonly types?: readonly string[] | undefined;
  readonly filter?: SubscriptionFilter | undefined;
  readonly description?: string | undefined;
}

export interface SubscriptionPatch extends Omit<NewSubscription, 'url' | 'kind' | 'format'> {
  readonly url?: string | undefined;
  readonly state?: 'active' | 'disabled' | undefined;
}

/**
 * With an `Idempotency-Key` a repeat makes nothing: it gets the subscription as it is now, without its
 * secret.
 */
export async function createSubscription(
  ports: SubscriptionPorts,
  wanted: NewSubscription,
  { key, caller }: { readonly key: string | undefined; readonly caller: Caller | null },
): Promise<ApiResponse> {
  const newSubject = () => `sub_${ports.randomId()}`;
  const { kind = 'webhook', format = 'cloudevents' } = wanted;
  const refusal = refusalOf(ports.sinks, { kind, format }, wanted);
  if (refusal !== null) return refusal;
  if (key === undefined || caller === null) return make(ports, wanted, newSubject());
  const show = async (id: string) => {
    const made = await ports.subscriptions.get(id);
    return made === null ? null : subscriptionView(made);
  };
  return (
    badKey(key) ??
    once(ports, { key, caller, request: wanted, newSubject, show, make: (id) => make(ports, wanted, id) })
  );
}

/**
 * The secret is stored before the subscription: one without a secret could never be called, a secret alone does no
 * harm.
 */
async function make(ports: SubscriptionPorts, wanted: NewSubscription, id: string): Promise<ApiResponse> {
  const existing = await ports.subscriptions.list();
  if (existing.length >= SUBSCRIPTIONS_MAX) {
    return problem(409, `There are already ${SUBSCRIPTIONS_MAX} subscriptions, and no more are accepted.`);
  }
  const { kind = 'webhook', format = 'cloudevents' } = wanted;
  const subscription: Subscription = {
    id,
    kind,
    format,
    url: wanted.url ?? '',
    ...endpointOf(format, wanted),
    types: wanted.types ?? [],
    filter: wanted.filter ?? {},
    description: wanted.description ?? '',
    createdAt: toIso(ports.clock()),
    state: 'active',
    disabled: null,
    openUntil: null,
    failingSince: null,
    version: 1,
  };
  const secret = isSigned(subscription) ? ports.makeSecret() : null;
  if (kind === 'webhook') await ports.secrets.create(subscription.id, secret, secretsOf(format, wanted) ?? {});
  await ports.subscriptions.create(subscription);
  const location = `/v1/subscriptions/${subscription.id}`;
  return json(201, { ...subscriptionView(subscription), ...(secret === null ? {} : { secret }) }, { location });
}

/** Whether what it is sent is signed with a secret of jobwatch. */
function isSigned({ kind, format }: Subscription): boolean {
  return kind === 'webhook' && robotOf(format) === null;
}

export async function listSubscriptions(ports: SubscriptionPorts): Promise<ApiResponse> {
  const subscriptions = [...(await ports.subscriptions.list())].sort((a, b) => compare(b, a));
  return json(200, { subscriptions: subscriptions.map(subscriptionView) });
}

function compare(a: Subscription, b: Subscription): number {
  return `${a.createdAt} ${a.id}` < `${b.createdAt} ${b.id}` ? -1 : 1;
}

export async function getSubscription(ports: SubscriptionPorts, id: string): Promise<ApiResponse> {
  const subscription = await findSubscription(ports, id);
  return subscription === null ? noSuchSubscription() : json(200, subscriptionView(subscription));
}

/**
 * A field that is given replaces the whole of the old one, a filter too. Another URL is another endpoint: it starts
 * healthy. That a subscription was disabled is published, again if the request is repeated, since its first try may
 * have been cut off.
 */
export async function patchSubscription(
  ports: SubscriptionPorts,
  id: string,
  patch: SubscriptionPatch,
  token?: string,
): Promise<ApiResponse> {
  const refusal = await changeEndpoint(ports, id, patch);
  if (refusal !== null) return refusal;
  const changed = await change(ports, id, (before) => patched(before, patch, { nowMs: ports.clock(), token }));
  if (changed.kind === 'refused') return changed.refusal;
  const { subscription } = changed;
  if (patch.state === 'disabled') {
    ports.log.warn('subscription.disabled', { subscription: id, reason: subscription.disabled?.reason });
    await publishDisabled(ports, ports.stage, subscription);
  }
  return json(200, subscriptionView(subscription));
}

/** Secrets first: a request that is repeated after a fault makes the rest good. Null: all that was given fits. */
async function changeEndpoint(
  ports: SubscriptionPorts,
  id: string,
  patch: SubscriptionPatch,
): Promise<ApiResponse | null> {
  const { url, language, robotSecret, headers } = patch;
  if ([url, language, robotSecret, headers].every((field) => field === undefined)) return null;
  const before = await findSubscription(ports, id);
  if (before === null) return noSuchSubscription();
  const refusal = refusalOf(ports.sinks, before, patch) ?? headersRefusalOf(before, patch);
  if (refusal !== null) return refusal;
  const secrets = secretsOf(before.format, patch);
  if (secrets === null || (await ports.secrets.change(id, secrets)) === 'saved') return null;
  return noSuchSubscription();
}

function patched(
  before: Subscription,
  patch: SubscriptionPatch,
  { nowMs, token }: { readonly nowMs: number; readonly token: string | undefined },
): Subscription {
  const { state, types, filter, description } = patch;
  const given = Object.entries({ types, filter, description }).filter(([, value]) => value !== undefined);
  const next: Subscription = { ...before, ...Object.fromEntries(given), ...endpointOf(before.format, patch) };
  const fresh =
    next.url === before.url && next.robot === before.robot
      ? next
      : { ...next, openUntil: null, failingSince: null, provenAt: null, turnUntil: null };
  if (state === undefined || state === before.state) return fresh;
  if (state === 'active') return enabled(fresh);
  const disabled = { at: toIso(nowMs), by: 'api', reason: 'Disabled through the API.' } as const;
  return { ...fresh, state, disabled: token === undefined ? disabled : { ...disabled, token } };
}

export async function enableSubscription(ports: SubscriptionPorts, id: string): Promise<ApiResponse> {
  const changed = await change(ports, id, enabled);
  return changed.kind === 'refused' ? changed.refusal : json(200, subscriptionView(changed.subscription));
}

function enabled(before: Subscription): Subscription {
  return { ...before, state: 'active', disabled: null, openUntil: null, failingSince: null };
}

/**
 * The subscription goes first, unread: one that can't be understood can be deleted. A secret without one is of no use
 * to anybody.
 */
export async function deleteSubscription(ports: SubscriptionPorts, id: string): Promise<ApiResponse> {
  if (!isSubscriptionId(id) || !(await ports.subscriptions.remove(id))) return noSuchSubscription();
  await ports.secrets.remove(id);
  return empty(204);
}

export async function rotateSecret(ports: SubscriptionPorts, id: string): Promise<ApiResponse> {
  const subscription = await findSubscription(ports, id);
  if (subscription === null) return noSuchSubscription();
  if (robotOf(subscription.format) !== null)
    return problem(409, 'A robot has no secret of jobwatch; that of its group is changed by PATCH, robotSecret.');
  if (!isSigned(subscription)) return problem(409, 'A subscription of the kind eventbridge has no secret.');
  const secret = ports.makeSecret();
  const nowMs = ports.clock();
  const previousValidUntil = toIso(nowMs + OLD_SECRET_MS);
  const rotation = await ports.secrets.rotate(id, secret, previousValidUntil, toIso(nowMs));
  if (rotation.kind === 'full') {
    const detail = `Four older secrets still sign; a rotation now would end the first before ${rotation.until}.`;
    const waitSeconds = Math.max(Math.ceil((toMs(rotation.until) - nowMs) / 1000), 1);
    return problem(409, detail, { headers: { 'retry-after': String(waitSeconds) } });
  }
  return json(200, { secret, previousValidUntil });
}

type Changed =
  | { readonly kind: 'changed'; readonly subscription: Subscription }
  | { readonly kind: 'refused'; readonly refusal: ApiResponse };

/** Writes on the condition that nobody else has in the meantime, and else begins again from what was written. */
async function change(
  ports: SubscriptionPorts,
  id: string,
  next: (before: Subscription) => Subscription,
): Promise<Changed> {
  const changed = await readChangeWrite(
    SAVE_TRIES,
    () => findSubscription(ports, id),
    async (before) => {
      const subscription = before && next(before);
      if (subscription === null) return null;
      return (await ports.subscriptions.save(subscription)) === 'saved' ? subscription : 'conflict';
    },
  );
  if (changed === null) return { kind: 'refused', refusal: noSuchSubscription() };
  if (changed !== 'conflict') return { kind: 'changed', subscription: changed };
  const refusal = problem(409, 'The subscription keeps changing; try again.', { headers: { 'retry-after': '1' } });
  return { kind: 'refused', refusal };
}

export async function findSubscription(
  ports: Pick<ApiPorts, 'subscriptions'>,
  id: string,
): Promise<Subscription | null> {
  return isSubscriptionId(id) ? ports.subscriptions.get(id) : null;
}

export function noSuchSubscription(): ApiResponse {
  return problem(404, 'There is no subscription with this id.');
}
