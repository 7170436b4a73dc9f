import type { Log } from '../base/log.ts';
import type { Clock, Iso } from '../base/time.ts';
import type { Duration } from '../cadence/durations.ts';
import type { Publish, SendDeliveries } from '../deliver/outbox.ts';
import type { DeliveryOutcomes, DeliveryStore, SecretStore, SubscriptionStore } from '../deliver/ports.ts';
import type { Sinks } from '../deliver/sinks/sink.ts';
import type { SlotStore } from '../deliver/slots.ts';
import type { CloseCallbacks } from '../events/callbacks.ts';
import type { ApiTable } from '../job/api-facts.ts';
import type { CallbackRequest } from '../job/callbacks.ts';
import type { GroupList, GroupStore } from '../job/group/store.ts';
import type { JobList, JobStore, OpenJobs, WakeQueue } from '../job/store.ts';
import type { CallbackKinds } from '../job/watch-message.ts';
import type { DeniedAccount } from './denied.ts';
import type { Authenticate } from './http/auth.ts';
import type { IdempotencyStore } from './http/idempotency.ts';
import type { EmptyDaysStore } from './jobs/empty-days.ts';

/** The table `jobs`; its lists come from an index and may lag behind a write by moments. */
export type ApiJobs = Pick<JobStore, 'get' | 'create' | 'save' | 'saveCallbacks'> &
  JobList &
  Pick<OpenJobs, 'dueBefore'>;

/** The table `groups`; its lists come from an index, as those of jobs do. */
export type ApiGroups = Pick<GroupStore, 'join' | 'read'> & GroupList;

export type ApiSubscriptions = Pick<SubscriptionStore, 'list' | 'get' | 'create' | 'save' | 'remove'>;
export type ApiSecrets = Pick<SecretStore, 'create' | 'change' | 'rotate' | 'remove'>;
export type ApiDeliveries = Pick<DeliveryStore, 'get' | 'list' | 'attempts' | 'save'> & DeliveryOutcomes;

/** The pending queue. Both reject if the queue did not take the message. */
export interface ApiPending extends WakeQueue {
  submit(body: string): Promise<void>;
}

export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** What may be shown of a rejected message: neither its body nor an attribute of its sender. */
export interface RejectedMessage {
  /** SQS's own: that of `jobwatch redrive`. */
  readonly id: string;
  readonly rejectedAt: Iso;
  /** One sentence that names the field; null: it lies there without one. */
  readonly reason: string | null;
  /** How often it was received from the rejected queue, this time included. */
  readonly receives: number;
}

/** A rejected message as it was received. */
export interface ReceivedRejected extends RejectedMessage {
  readonly receiptHandle: string;
}

/** The rejected queue, for whoever looks through it. */
export interface RejectedQueue {
  depth(): Promise<QueueDepth>;
  /** Up to ten messages, hidden for a quarter of a minute; none: there is no other at the moment. */
  receive(): Promise<readonly ReceivedRejected[]>;
  /** Makes the message visible again. */
  release(receiptHandle: string): Promise<void>;
}

export interface HealthFacts {
  lastTickAt(): Promise<Iso | null>;
  /** By when the first open job has to be polled or its record written: past that, it is late. null: no job is open. */
  oldestDueAt(): Promise<Iso | null>;
  queues(): Promise<Readonly<Record<string, QueueDepth>>>;
  deniedAccounts(): Promise<readonly DeniedAccount[]>;
  /** Stored items that were met lately and could not be understood. */
  unreadableItems(): Promise<number>;
}

export interface ApiCallbacks {
  readonly kinds: CallbackKinds;
  readonly keep: (requests: readonly CallbackRequest[]) => Promise<void>;
  readonly close: CloseCallbacks;
}

/** All that the API needs of the world. */
export interface ApiPorts {
  readonly stage: string;
  readonly apis: ApiTable;
  readonly jobs: ApiJobs;
  readonly groups: ApiGroups;
  readonly emptyDays: EmptyDaysStore;
  readonly pending: ApiPending;
  readonly rejected: RejectedQueue;
  readonly subscriptions: ApiSubscriptions;
  readonly secrets: ApiSecrets;
  readonly deliveries: ApiDeliveries;
  readonly idempotency: IdempotencyStore;
  readonly sendDeliveries: SendDeliveries;
  readonly publish: Publish;
  /** Workflows that wait for jobs: which kinds this stack closes, their tokens, and their ends. */
  readonly callbacks: ApiCallbacks;
  /** What a subscription can be, and what is wrong with one; an endpoint is tested past every schedule. */
  readonly sinks: Sinks;
  readonly slots: SlotStore;
  readonly durations: () => Promise<readonly Duration[]>;
  readonly health: HealthFacts;
  readonly authenticate: Authenticate;
  /** `whsec_…` */
  readonly makeSecret: () => string;
  /** 26 random characters of lower-case base 32. */
  readonly randomId: () => string;
  readonly clock: Clock;
  readonly log: Log;
}
