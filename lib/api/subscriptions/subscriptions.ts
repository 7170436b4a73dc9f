import { readChangeWrite } from '../../base/conditional-write.ts';
import { toIso } from '../../base/time.ts';
import { tellDisabled } from '../../deliver/disable.ts';
import type { Subscription, SubscriptionFilter } from '../../deliver/subscription.ts';
import { testEvent } from '../../events/event.ts';
import type { Caller } from '../http/auth.ts';
import { badKey, once } from '../http/idempotency.ts';
import { isSubscriptionId } from '../http/ids.ts';
import { type FieldProblem, invalid, problem } from '../http/problem.ts';
import { type ApiResponse, empty, json } from '../http/types.ts';
import type { ApiDeps } from '../ports.ts';
import { subscriptionView } from '../views.ts';

export const SUBSCRIPTIONS_MAX = 100;
const SAVE_TRIES = 5;
/** How long a secret that was replaced still signs: receivers change theirs in that time without losing an event. */
const OLD_SECRET_MS = 24 * 3_600_000;

type SubscriptionDeps = Pick<
  ApiDeps,
  | 'stage'
  | 'subscriptions'
  | 'secrets'
  | 'idempotency'
  | 'tell'
  | 'tryEndpoint'
  | 'checkUrl'
  | 'makeSecret'
  | 'randomId'
  | 'now'
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
 * With an `Idempotency-Key` a repeat makes nothing: it is answered with the subscription as it is now, without its
 * secret.
 */
export async function createSubscription(
  deps: SubscriptionDeps,
  wanted: NewSubscription,
  { key, caller }: { readonly key: string | undefined; readonly caller: Caller | null },
): Promise<ApiResponse> {
  const newSubject = () => `sub_${deps.randomId()}`;
  const errors = urlProblems(deps, wanted.url);
  if (errors.length > 0) return invalid('The subscription is wrong', errors);
  if (key === undefined || caller === null) return make(deps, wanted, newSubject());
  const show = async (id: string) => {
    const made = await deps.subscriptions.get(id);
    return made === null ? null : subscriptionView(made);
  };
  return (
    badKey(key) ?? once(deps, { key, caller, request: wanted, newSubject, show, make: (id) => make(deps, wanted, id) })
  );
}

/**
 * The secret is stored before the subscription: one without a secret could never be called, a secret alone does no
 * harm.
 */
async function make(deps: SubscriptionDeps, wanted: NewSubscription, id: string): Promise<ApiResponse> {
  const existing = await deps.subscriptions.list();
  if (existing.length >= SUBSCRIPTIONS_MAX) {
    return problem(409, `There are ${SUBSCRIPTIONS_MAX} subscriptions already, and no more are taken.`);
  }
  const subscription: Subscription = {
    id,
    url: wanted.url,
    types: wanted.types ?? [],
    filter: wanted.filter ?? {},
    description: wanted.description ?? '',
    createdAt: toIso(deps.now()),
    state: 'active',
    disabled: null,
    openUntil: null,
    failingSince: null,
    version: 1,
  };
  const secret = deps.makeSecret();
  await deps.secrets.create(subscription.id, secret);
  await deps.subscriptions.create(subscription);
  const location = `/v1/subscriptions/${subscription.id}`;
  return json(201, { ...subscriptionView(subscription), secret }, { location });
}

export async function listSubscriptions(deps: SubscriptionDeps): Promise<ApiResponse> {
  const subscriptions = [...(await deps.subscriptions.list())].sort((a, b) => compare(b, a));
  return json(200, { subscriptions: subscriptions.map(subscriptionView) });
}

function compare(a: Subscription, b: Subscription): number {
  return `${a.createdAt} ${a.id}` < `${b.createdAt} ${b.id}` ? -1 : 1;
}

export async function getSubscription(deps: SubscriptionDeps, id: string): Promise<ApiResponse> {
  const subscription = await findSubscription(deps, id);
  return subscription === null ? noSuchSubscription() : json(200, subscriptionView(subscription));
}

/**
 * A field that is given replaces the whole of the old one, a filter too. Another URL is another endpoint: it starts
 * healthy. Whoever asked for it is told that a subscription was disabled, again if the request is repeated, since its
 * first try may have been cut off.
 */
export async function patchSubscription(
  deps: SubscriptionDeps,
  id: string,
  patch: SubscriptionPatch,
): Promise<ApiResponse> {
  const errors = patch.url === undefined ? [] : urlProblems(deps, patch.url);
  if (errors.length > 0) return invalid('The subscription is wrong', errors);
  const answer = await change(deps, id, (before) => patched(before, patch, deps.now()));
  if (answer.status === 200 && patch.state === 'disabled') await tellOfDisabled(deps, id);
  return answer;
}

async function tellOfDisabled({ stage, subscriptions, tell, log }: SubscriptionDeps, id: string): Promise<void> {
  const stored = await subscriptions.get(id);
  if (stored === null || stored.disabled === null) return;
  log.warn('subscription.disabled', { subscription: id, reason: stored.disabled.reason });
  await tellDisabled({ tell }, stage, stored);
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

export async function enableSubscription(deps: SubscriptionDeps, id: string): Promise<ApiResponse> {
  return change(deps, id, enabled);
}

function enabled(before: Subscription): Subscription {
  return { ...before, state: 'active', disabled: null, openUntil: null, failingSince: null };
}

/** The subscription goes first: a secret without one is of no use to anybody, and can be removed again. */
export async function deleteSubscription(deps: SubscriptionDeps, id: string): Promise<ApiResponse> {
  if ((await findSubscription(deps, id)) === null) return noSuchSubscription();
  await deps.subscriptions.remove(id);
  await deps.secrets.remove(id);
  return empty(204);
}

export async function rotateSecret(deps: SubscriptionDeps, id: string): Promise<ApiResponse> {
  if ((await findSubscription(deps, id)) === null) return noSuchSubscription();
  const secret = deps.makeSecret();
  const previousValidUntil = toIso(deps.now() + OLD_SECRET_MS);
  await deps.secrets.rotate(id, secret, previousValidUntil);
  return json(200, { secret, previousValidUntil });
}

/** Calls the endpoint here and now, also while it is disabled, and answers what it said. Leaves no delivery behind. */
export async function testSubscription(deps: SubscriptionDeps, id: string): Promise<ApiResponse> {
  const subscription = await findSubscription(deps, id);
  if (subscription === null) return noSuchSubscription();
  const at = toIso(deps.now());
  const event = testEvent(deps.stage, { id: `evt_${deps.randomId()}`, subscription: id, at });
  const { status, durationMs, error, answer, at: attemptedAt } = await deps.tryEndpoint(subscription, event);
  return json(200, { eventId: event.id, at: attemptedAt, status, durationMs, error, answer });
}

/** Writes on the condition that nobody else has in the meantime, and else begins again from what was written. */
async function change(
  deps: SubscriptionDeps,
  id: string,
  next: (before: Subscription) => Subscription,
): Promise<ApiResponse> {
  const written = await readChangeWrite(
    SAVE_TRIES,
    () => findSubscription(deps, id),
    async (before) => before && (await deps.subscriptions.save(next(before))),
  );
  if (written === null) return noSuchSubscription();
  if (written === 'saved') return getSubscription(deps, id);
  return problem(409, 'The subscription keeps changing; try again.', { headers: { 'retry-after': '1' } });
}

function urlProblems(deps: SubscriptionDeps, url: string): readonly FieldProblem[] {
  return deps.checkUrl(url).map((text) => ({ field: 'url', problem: text }));
}

export async function findSubscription(deps: Pick<ApiDeps, 'subscriptions'>, id: string): Promise<Subscription | null> {
  return isSubscriptionId(id) ? deps.subscriptions.get(id) : null;
}

export function noSuchSubscription(): ApiResponse {
  return problem(404, 'There is no subscription of this id.');
}
