import type { Admit } from '../admission/admission.ts';
import type { Log } from '../base/log.ts';
import type { Clock } from '../base/time.ts';
import type { Counts, Kind, Weights } from '../cadence/counts.ts';
import type { CloseCallbacks } from '../events/callbacks.ts';
import type { Event } from '../events/event.ts';
import type { Callback, CallbackRequest } from '../job/callbacks.ts';
import type { GroupStore, OpenGroups } from '../job/group/store.ts';
import type { Job } from '../job/job.ts';
import type { JobStore } from '../job/store.ts';
import type { CallbackKinds } from '../job/watch-message.ts';
import type { Vendor } from '../vendors/vendor.ts';

/** A message as it was received from the pending queue. */
export interface PendingMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** The job id that a wake message is about; null for a deployer's message. */
  readonly reattach: string | null;
  /** The sender's own attributes, as one JSON text. */
  readonly attributesJson: string;
  readonly sentMs: number;
  readonly receivedMs: number;
  /** How often it was received, by whomever; absent if the queue does not tell. */
  readonly receives?: number | undefined;
  /** The monotonic clock after which the message's lease is not to be relied on. */
  readonly leaseEndsMono: number;
}

/** A job that is due, together with the message that watches it. */
export interface Due {
  readonly message: PendingMessage;
  readonly job: Job;
  /** Since when; the order of turns. */
  readonly dueMs: number;
}

/** `gone`: the receipt handle is not valid any more; the message has its own life and is left alone. */
export type Settled = 'done' | 'gone';

export interface PendingQueue {
  /** Long-polls for at most `waitSeconds`; at most `max` messages. */
  receive(max: number, waitSeconds: number): Promise<PendingMessage[]>;
  /** Makes the message come back in so many seconds (0: at once), or sooner if the queue can't wait that long. */
  delay(message: PendingMessage, seconds: number): Promise<Settled>;
  remove(message: PendingMessage): Promise<Settled>;
  /** True only if nothing is visible, in flight or delayed. */
  isEmpty(): Promise<boolean>;
}

export interface Rejected {
  readonly body: string;
  readonly reason: string;
  readonly receivedMs: number;
  readonly attributesJson: string;
}

/** Workflows that wait for jobs. */
export interface WatchCallbacks {
  /** Those that this stack may close; messages with others are rejected. */
  readonly kinds: CallbackKinds;
  /** Stores tokens with the secrets; a repeat stores them again. */
  readonly keep: (requests: readonly CallbackRequest[]) => Promise<void>;
  readonly close: CloseCallbacks;
  /** Begins a heartbeat, if it is time for one. */
  readonly beat: (callback: Callback) => void;
}

export interface WatchPorts {
  readonly pending: PendingQueue;
  readonly reject: (message: Rejected) => Promise<void>;
  readonly jobs: JobStore;
  readonly groups: GroupStore & Pick<OpenGroups, 'told'>;
  /** Puts the events on their way to every subscription that asked for them. Repeats are dropped by their ids. */
  readonly publish: (events: readonly Event[]) => Promise<void>;
  /** Absent: messages with callbacks are rejected. */
  readonly callbacks?: WatchCallbacks | undefined;
  readonly vendors: ReadonlyMap<string, Vendor>;
  readonly admit: Admit;
  /** Pages that a scope's list took last time. */
  readonly pages: {
    get(scopeKey: string): number | undefined;
    learn(scopeKey: string, pages: number): Promise<void>;
    /** Brings what an earlier process learned; a repeat costs nothing. */
    recall(scopeKey: string): Promise<void>;
  };
  readonly durations: {
    /** All that was learned; read at most once a minute. */
    read(): Promise<readonly Counts[]>;
    /** Adds one job. What has not been written when a process dies is lost: evidence and nothing else. */
    learn(kind: Kind, weights: Weights): Promise<void>;
  };
  readonly log: Log;
  readonly clock: Clock;
  /** Milliseconds of a clock that never jumps. */
  readonly mono: () => number;
}

export interface WatchSettings {
  readonly stage: string;
  readonly watchSeconds: number;
  readonly pollMinMs: number;
  readonly pollMaxMs: number;
  readonly pollCostSeconds: number;
  readonly vendorTimeoutMs: number;
}

/** Messages of apis that nobody registered are rejected before: to meet one here is a mistake of the code. */
export function vendorOf(vendors: WatchPorts['vendors'], api: string): Vendor {
  const vendor = vendors.get(api);
  if (vendor === undefined) throw new Error(`There is no vendor for the api ${api}.`);
  return vendor;
}
