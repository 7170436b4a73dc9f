import { isObject } from '../base/is-object.ts';
import type { Iso } from '../base/time.ts';
import { type Event, FILTER_FACTS } from '../events/event.ts';
import type { Language } from './formats/words.ts';

/** What a subscription can be: each has a sink. */
export const KINDS = ['webhook', 'eventbridge'] as const;

/** What a webhook is sent: the event itself, or a message for the robot of a group. */
export const FORMATS = ['cloudevents', 'dingtalk', 'feishu', 'wecom', 'slack'] as const;

/**
 * An endpoint and the events that it wants: an item of the table `subscriptions`. Its secret lives elsewhere.
 */
export interface Subscription {
  /** `sub_…` */
  readonly id: string;
  readonly kind: (typeof KINDS)[number];
  readonly format: (typeof FORMATS)[number];
  /** Of a robot its masked URL: the whole one is a credential and lies with the secrets. */
  readonly url: string;
  /** Of a robot: what its messages are written in. */
  readonly language?: Language | undefined;
  /** Of a robot: a hash of its URL. */
  readonly robot?: string | undefined;
  /** The headers of its own that it is sent with; their values lie with the secrets. */
  readonly headerNames?: readonly string[] | undefined;
  /** Event types; may end in `.*`. Empty: the ends of jobs. */
  readonly types: readonly string[];
  readonly filter: SubscriptionFilter;
  readonly description: string;
  readonly createdAt: Iso;
  readonly state: 'active' | 'disabled';
  /** Why, by whom and since when it is disabled; null while it is active. */
  readonly disabled: Disabled | null;
  /** No attempt is made before this time; null: the endpoint is not known to be sick. */
  readonly openUntil: Iso | null;
  /** Since when every attempt has failed; null after a success. */
  readonly failingSince: Iso | null;
  /** When it last answered with success, to the minute; null or absent: not lately, or it has timed out since. */
  readonly provenAt?: Iso | null | undefined;
  /** The probe lease: until then one worker alone calls a half-open endpoint; null or absent: none does. */
  readonly turnUntil?: Iso | null | undefined;
  /** Raised by every write; every write but those of its circuit is conditional on it. */
  readonly version: number;
}

export interface Disabled {
  readonly at: Iso;
  readonly by: 'api' | 'jobwatch';
  readonly reason: string;
  /** The name of the token; absent: jobwatch did it, or an older build that kept none. */
  readonly token?: string | undefined;
}

export interface SubscriptionFilter {
  readonly api?: string | undefined;
  readonly account?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** The types that end a job's watch: what a subscription gets that names none. */
const JOB_ENDS: ReadonlySet<string> = new Set(
  ['succeeded', 'failed', 'rollback_failed', 'canceled', 'timed_out', 'lost', 'stopped'].map(
    (phase) => `jobwatch.job.${phase}`,
  ),
);

/**
 * Whether the subscription asked for the event: its type, and every field of the filter. A field that the event lacks
 * does not match.
 */
export function wants(subscription: Subscription, event: Event): boolean {
  // A subscription that was disabled is the one that can't be told of it.
  if (event.type === 'jobwatch.endpoint.disabled' && event.subject === subscription.id) return false;
  return wantsType(subscription.types, event.type) && matchesFilter(subscription.filter, event);
}

function wantsType(types: readonly string[], type: string): boolean {
  if (types.length === 0) return JOB_ENDS.has(type);
  return types.some((wanted) => (wanted.endsWith('.*') ? type.startsWith(wanted.slice(0, -1)) : wanted === type));
}

function matchesFilter(filter: SubscriptionFilter, event: Event): boolean {
  const { apis, accounts, labels } = facts(event);
  if (filter.api !== undefined && !apis.includes(filter.api)) return false;
  if (filter.account !== undefined && !accounts.includes(filter.account)) return false;
  return Object.entries(filter.labels ?? {}).every(
    ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
  );
}

interface Facts {
  readonly apis: readonly unknown[];
  readonly accounts: readonly unknown[];
  readonly labels: Readonly<Record<string, unknown>>;
}

/**
 * The fields of an event that a filter can name. Events of an account have an account and nothing else; those of a group
 * match if any member does, and by the labels that all members share.
 */
function facts(event: Event): Facts {
  const data: unknown = event.data;
  if (!isObject(data)) return { apis: [], accounts: [], labels: {} };
  const about = data['job'] ?? data['group'];
  if (!isObject(about)) return { apis: [], accounts: [data['account']], labels: {} };
  const own = { apis: [about['api']], accounts: [about['account']] };
  const labels = about['labels'];
  return { ...(event[FILTER_FACTS] ?? own), labels: isObject(labels) ? labels : {} };
}
