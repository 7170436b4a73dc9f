import type * as v from 'valibot';
import type { CloudName } from '../../job/api-facts.ts';

/** What has to be known of a cloud whatever api is polled: its credentials, and what it does with a key. */
export interface Cloud<A> {
  readonly name: CloudName;
  /** The schema by which these credentials are read: of several kinds, the one that they were meant to be. */
  schemaFor(given: object): CredentialsSchema<A>;
  /** What makes one key of the vendor, whatever accounts it stands in. */
  keyIdentity(account: A): readonly string[];
  /** Calls of one key that may be under way at once in one of so many workers. */
  callsOfKey(workers: number): number;
  /** When the cloud locks a key; null if it publishes no such rule: then none is kept. */
  readonly lockRule: LockRule | null;
}

export type CredentialsSchema<A> = v.GenericSchema<unknown, A> & {
  readonly entries: Readonly<Record<string, unknown>>;
};

/** A key is locked that had more than so many bad signatures in this time. */
export interface LockRule {
  readonly badMax: number;
  readonly windowMs: number;
}
