import type { WriteResult } from '../base/conditional-write.ts';
import type { Iso } from '../base/time.ts';
import type { Attempt, Delivery } from './delivery.ts';
import type { Subscription } from './subscription.ts';

/** `conflict`: it was there already, and this is what is stored. */
export type PutResult = { readonly kind: 'saved' } | { readonly kind: 'conflict'; readonly stored: Delivery };

/**
 * The three stores of the webhook side. Reads are consistent but for those of an index, which say so. Whoever uses a
 * store declares the part it needs (`Pick<DeliveryStore, 'get'>`). A condition that fails is an answer, not an
 * exception.
 */
export interface DeliveryStore {
  /** Writes it if there is none. */
  put(delivery: Delivery): Promise<PutResult>;
  get(subscription: string, eventId: string): Promise<Delivery | null>;
  /** Writes it if the stored version is still `delivery.version`, and raises that by one. */
  save(delivery: Delivery): Promise<WriteResult>;
  addAttempt(subscription: string, eventId: string, attempt: Attempt): Promise<void>;
  /** The newest 20, newest first. Numbers of attempts that were cut off are missing. */
  attempts(subscription: string, eventId: string): Promise<readonly Attempt[]>;
  /**
   * Found by an index; newest first, from after `after` (its `id` is the event's); fewer than `limit` (1 to 100) only
   * at the end.
   */
  list(subscription: string, page: ListPage): Promise<readonly Delivery[]>;
  /** Of an index, and up to 10 s old: how many wait, counted up to `limit`. */
  waitingCount(subscription: string, limit: number): Promise<number>;
  /** Found by an index: those that wait and were due before `before`, the longest overdue first. */
  overdue(subscription: string, before: Iso, limit: number): Promise<readonly Delivery[]>;
}

export interface ListPage {
  readonly limit: number;
  readonly after: { readonly createdAt: Iso; readonly id: string } | null;
}

export type MadeAt = Pick<Delivery, 'eventId' | 'createdAt'>;
/** `earlierAttempts` above 0: it was sent again after it had ended. */
export type DeliveryOutcome = Pick<Delivery, 'state' | 'createdAt' | 'endedAt' | 'earlierAttempts'>;

/** What became of many deliveries. */
export interface DeliveryOutcomes {
  /** Ids of events, of an index: of deliveries that were made at `since` or later, the newest first, up to `limit`. */
  idsSince(subscription: string, since: Iso, limit: number): Promise<readonly MadeAt[]>;
  /**
   * What became of them, by the id of the event; null: it is gone, or can't be understood. Those that could not be read
   * now are missing.
   */
  outcomes(subscription: string, eventIds: readonly string[]): Promise<ReadonlyMap<string, DeliveryOutcome | null>>;
}

/** Attempts that are kept of a delivery, the newest. */
export const ATTEMPTS_KEPT = 20;

/** What is stored of an endpoint's circuit, its last success apart. */
export type CircuitState = Pick<Subscription, 'openUntil' | 'failingSince'>;

export interface SubscriptionStore {
  /** All that can be understood, read after the call was made. There are at most a hundred. */
  list(): Promise<readonly Subscription[]>;
  get(id: string): Promise<Subscription | null>;
  /** Ids are random: rejects if the id is taken. */
  create(subscription: Subscription): Promise<void>;
  /** Writes it if the stored version is still `subscription.version`, and raises that by one. */
  save(subscription: Subscription): Promise<WriteResult>;
  /** Raises the version. With `was`, only if that is stored; `conflict` also if the subscription is gone. */
  setCircuit(id: string, state: CircuitState, was?: CircuitState): Promise<'saved' | 'conflict'>;
  /**
   * Takes the probe lease, `turnUntil`: alone to call a half-open endpoint, until then or until `setLastSuccess`.
   * `conflict`: somebody has it, or the subscription is gone.
   */
  leaseProbe(id: string, now: Iso, until: Iso): Promise<'saved' | 'conflict'>;
  /**
   * `provenAt`: when the endpoint last answered with success, null: nobody knows. Ends a probe lease. With `was`, only
   * if that is stored; `conflict` also if the subscription is gone.
   */
  setLastSuccess(id: string, at: Iso | null, was?: Iso): Promise<'saved' | 'conflict'>;
  /** Also one that can't be understood; whether there was one. */
  remove(id: string): Promise<boolean>;
}

/** What of a subscription nobody is shown again. */
export interface EndpointSecrets {
  /** The whole URL of a robot. */
  readonly url?: string | undefined;
  /** What the requests of a robot are signed with; null: they are not. */
  readonly robotSecret?: string | null | undefined;
  /** Headers of its own, by name. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** The secrets of a subscription; those that sign each `whsec_…`. */
export interface Secrets extends EndpointSecrets {
  /** null: a robot's, which signs otherwise or not at all. */
  readonly current: string | null;
  /** The secret before the last rotation. */
  readonly previous: OldSecret | null;
  /**
   * Those before it, newest first: a rotation whose answer was lost and that was made again may not cost a receiver its
   * secret.
   */
  readonly older?: readonly OldSecret[] | undefined;
}

/** It signs too, until then. */
export interface OldSecret {
  readonly secret: string;
  readonly until: Iso;
}

export type RotateResult = { readonly kind: 'rotated' } | { readonly kind: 'full'; readonly until: Iso };

/** Secrets kept beside the current and the previous one: a signature each, in one header. */
const OLDER_SECRETS_MAX = 3;

/** The secrets after a rotation; those that have run out are left out. */
export function rotated(
  { current, previous, older = [] }: Secrets & { readonly current: string },
  secret: string,
  { previousUntil, now }: { readonly previousUntil: Iso; readonly now: Iso },
): Required<Omit<Secrets, keyof EndpointSecrets>> | Extract<RotateResult, { kind: 'full' }> {
  const signing = [...(previous === null ? [] : [previous]), ...older].filter(({ until }) => until > now);
  const first = signing[OLDER_SECRETS_MAX];
  if (first !== undefined) return { kind: 'full', until: first.until };
  return { current: secret, previous: { secret: current, until: previousUntil }, older: signing };
}

export interface SecretStore {
  get(subscription: string): Promise<Secrets | null>;
  /** Stores a first secret, or none for a robot, and what else is secret of the endpoint. */
  create(subscription: string, secret: string | null, endpoint?: EndpointSecrets): Promise<void>;
  /** Replaces what is given of the endpoint's; `conflict`: there are no secrets of such a subscription. */
  change(subscription: string, endpoint: EndpointSecrets): Promise<'saved' | 'conflict'>;
  /**
   * The new secret signs at once; the one that was current signs as well until then, and what signed beside it goes on.
   * `full`: so many sign by now that one of them would end early; `until` is when the first of them ends.
   */
  rotate(subscription: string, secret: string, previousUntil: Iso, now: Iso): Promise<RotateResult>;
  remove(subscription: string): Promise<void>;
}
