import type { ApiFacts } from '../job/api-facts.ts';
import type { Scope } from '../job/identity.ts';
import type { Judge } from '../job/judgement.ts';
import type { Observation } from '../job/observation.ts';
import type { Account } from './kit/credentials.ts';

/** How jobs of one api may be put together in calls, beside a call for each alone; the plan decides by it. */
export interface Grouping {
  /** Ids that one batch call may carry; 0 where the api has no batch call. */
  readonly batchMax: number;
  /** Jobs a page of the scope-wide list may hold; 0 where the api has no such list. */
  readonly listPageMax: number;
}

/** One call of the plan. An api may need several requests for it (pages, a batch that has to be split). */
export interface Call {
  readonly scope: Scope;
  readonly shape: 'single' | 'batch' | 'list';
  /** Vendor job ids, each once. */
  readonly jobIds: readonly string[];
  /** For a list: jobs that began earlier need not be listed. */
  readonly beganAfterMs: number | null;
}

/** What a call may use. */
export interface Access {
  readonly account: Account;
  /**
   * Called before every request; resolves when the pace lets it begin. False means that the pace or the time has run
   * out: what is left is `unasked`.
   */
  readonly acquire: () => Promise<boolean>;
  /**
   * An end point has to answer a request that nobody has signed before it gets one that is: earlier ones of this key
   * were not answered, and the vendor may be counting them as bad.
   */
  readonly unsignedFirst?: boolean;
}

/** What one call found out. */
export interface PollResult {
  /** One entry for each id of the call. */
  readonly observations: ReadonlyMap<string, Observation>;
  /** Requests in which the vendor refused the signature, token or key: a cloud may lock a key that collects them. */
  readonly keyRefusals: number;
  /** Signed requests that got no response at all: the vendor may have counted their signatures as bad all the same. */
  readonly keyDoubts: number;
  /** Pages that a list took, null for other shapes: the plan learns from it. */
  readonly pages: number | null;
  /** The longest wait that a good answer named, of the key; absent if none did. */
  readonly restMs?: number;
}

/** What a cloud makes of its keys. */
export interface KeyRules<A extends Account = Account> {
  /** What makes one key of the vendor, whatever accounts it stands in. */
  identity(account: A): readonly string[];
  /** Calls of one key that may be under way at once in one of so many workers. */
  callsAtOnce(workers: number): number;
  /** When the cloud locks a key; null if it publishes no such rule. */
  readonly lockRule: LockRule | null;
}

/** The most that an api is asked, whatever the settings say. */
export interface VendorPace {
  /** May be below one. */
  readonly callsPerSecond: number;
  /** What the vendor counts by: a key's calls are counted together over all its accounts and scopes. */
  readonly of: 'scope' | 'key';
}

/** A key is locked that had more than so many bad signatures in this time. */
export interface LockRule {
  readonly badMax: number;
  readonly windowMs: number;
}

/** One vendor API that can be polled about jobs: the whole of what the rest of jobwatch knows about it. */
export interface Vendor extends ApiFacts {
  readonly grouping: Grouping;
  readonly judge: Judge;
  readonly key: KeyRules;
  /** Absent: the pace is the scope's, as the settings have it. */
  readonly pace?: VendorPace | undefined;
  /** See `Api`. */
  readonly idOfNoJob?: string | undefined;
  /** Never rejects: what goes wrong is an observation. */
  readonly poll: (call: Call, access: Access) => Promise<PollResult>;
}
