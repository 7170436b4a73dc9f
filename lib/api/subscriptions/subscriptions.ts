import { asciiJson } from '../../base/ascii-json.ts';
import { readChangeWrite } from '../../base/conditional-write.ts';
import { toIso, toMs } from '../../base/time.ts';
import { publishDisabled } from '../../deliver/disable.ts';
import { attemptOf, sendThrough, type Target } from '../../deliver/sinks/sink.ts';
import type { Subscription, SubscriptionFilter } from '../../deliver/subscription.ts';
import { testEvent } from '../../events/event.ts';
import type { Caller } from '../http/auth.ts';
import { badKey, once } from '../http/idempotency.ts';
import { isSubscriptionId } from '../http/ids.ts';
import { type FieldProblem, invalid, problem } from '../http/problem.ts';
import { type ApiResponse, empty, json } from '../http/types.ts';
import type { ApiPorts } from '../ports.ts';
import { subscriptionView } from '../views.ts';

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

export interface NewSubscription {
  readonly url: string;
  readonly types?: readonly string[] | undefined;
  readonly filter?: SubscriptionFilter | undefined;
  readonly description?: string | undefined;
}

export interface SubscriptionPatch extends Omit<NewSubscription, 'url'> {
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
  const errors = problemsOf(ports, { id: '', kind: 'webhook', format: 'cloudevents', url: wanted.url });
  if (errors.length > 0) return invalid('The subscription is invalid', errors);
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
  const subscription: Subscription = {
    id,
    kind: 'webhook',
    format: 'cloudevents',
    url: wanted.url,
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
  const secret = ports.makeSecret();
  await ports.secrets.create(subscription.id, secret);
  await ports.subscriptions.create(subscription);
  const location = `/v1/subscriptions/${subscription.id}`;
  return json(201, { ...subscriptionView(subscription), secret }, { location });
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
): Promise<ApiResponse> {
  if (patch.url !== undefined) {
    const before = await findSubscription(ports, id);
    if (before === null) return noSuchSubscription();
    const errors = problemsOf(ports, { ...before, url: patch.url });
    if (errors.length > 0) return invalid('The subscription is invalid', errors);
  }
  const changed = await change(ports, id, (before) => patched(before, patch, ports.clock()));
  if (changed.kind === 'refused') return changed.refusal;
  const { subscription } = changed;
  if (patch.state === 'disabled') {
    ports.log.warn('subscription.disabled', { subscription: id, reason: subscription.disabled?.reason });
    await publishDisabled(ports, ports.stage, subscription);
  }
  return json(200, subscriptionView(subscription));
}

function patched(before: Subscription, { state, ...fields }: SubscriptionPatch, nowMs: number): Subscription {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const next: Subscription = { ...before, ...given };
  const fresh =
    next.url === before.url ? next : { ...next, openUntil: null, failingSince: null, provenAt: null, turnUntil: null };
  if (state === undefined || state === before.state) return fresh;
  return state === 'active'
    ? enabled(fresh)
    : { ...fresh, state, disabled: { at: toIso(nowMs), by: 'api', reason: 'Disabled through the API.' } };
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
  if ((await findSubscription(ports, id)) === null) return noSuchSubscription();
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

/** Calls the endpoint here and now, also while it is disabled, and returns what it said. Leaves no delivery behind. */
export async function testSubscription(ports: SubscriptionPorts, id: string): Promise<ApiResponse> {
  const subscription = await findSubscription(ports, id);
  if (subscription === null) return noSuchSubscription();
  const at = toIso(ports.clock());
  const event = testEvent(ports.stage, { id: `evt_${ports.randomId()}`, subscription: id, at });
  const outgoing = { id: event.id, json: asciiJson(event), attempt: 1 };
  const sent = await sendThrough(ports.sinks, subscription, outgoing);
  return json(200, { eventId: event.id, ...attemptOf(sent.detail) });
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

function problemsOf({ sinks }: SubscriptionPorts, target: Target): readonly FieldProblem[] {
  return sinks.get(target.kind)?.check(target) ?? [{ field: 'kind', problem: 'is not set up here' }];
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
