import type * as v from 'valibot';
import type { Send } from '../../base/http.ts';
import type { Clock } from '../../base/time.ts';
import type { ApiFacts, VendorConsole } from '../../job/api-facts.ts';
import type { Judge } from '../../job/judgement.ts';
import type { Grouping, KeyRules, Vendor, VendorPace } from '../vendor.ts';
import { type Client, makeClient, type Protocol } from './client.ts';
import type { Account } from './credentials.ts';
import type { FaultRow } from './faults.ts';
import { type Fill, makePoll } from './poll.ts';
import type { SkewedClock } from './skew.ts';

/** What a cloud's apis are made with. */
export interface VendorDeps {
  readonly send: Send;
  readonly clock: Clock;
  /** A text of letters and digits that never repeats: a gateway may refuse a nonce that it has seen. */
  readonly nonce: () => string;
}

/** All that is to be known of a cloud. Registered in `clouds.ts`, and listed nowhere else. */
export interface Cloud<A extends Account = Account, Wanted = never> {
  readonly name: string;
  /** Its accounts are bearer tokens: they say `bearer`, and name the cloud in `cloud`. */
  readonly takesBearer?: boolean;
  /** The schema by which these credentials are read: of several kinds, the one that they were meant to be. */
  schemaFor(given: object): CredentialsSchema<A>;
  /** What kind of credentials they are, for people. */
  kindOf(account: A): string;
  readonly key: KeyRules<A>;
  /** How its keys look: see `ApiFacts`. */
  readonly keyShapes: readonly string[];
  /** What its error codes mean, each with the page that says so. */
  readonly faults: readonly FaultRow[];
  /** How its requests are authenticated, signed and read; made once for all its apis. */
  protocol(deps: VendorDeps): Protocol<A, Wanted>;
  readonly apis: readonly Api<A, Wanted>[];
}

/** One api of a cloud: facts, words, requests and their reading. */
export interface Api<A extends Account, Wanted> {
  readonly api: string;
  readonly needsProject: boolean;
  /** False: it has no regions. */
  readonly needsRegion?: boolean;
  /** Its ids are whole numbers. */
  readonly hasNumericIds?: boolean;
  readonly vendorConsole?: VendorConsole;
  readonly grouping: Grouping;
  readonly judge: Judge;
  /** Where the vendor counts calls otherwise than by scope, or allows fewer than the scope's pace. */
  readonly pace?: VendorPace;
  /** Of the shape of its ids, and of no job: to try a key with. Absent: any text may be an id. */
  readonly idOfNoJob?: string;
  /** What it remembers between two calls lives in the closure. */
  fill(client: Client<A, Wanted>): Fill<A>;
}

export type CredentialsSchema<A> = v.GenericSchema<unknown, A> & {
  readonly entries: Readonly<Record<string, unknown>>;
};

/** A cloud whose own types are behind it, as the registry keeps it. */
export interface AnyCloud {
  readonly name: string;
  readonly takesBearer: boolean;
  schemaFor(given: object): CredentialsSchema<Account>;
  kindOf(account: Account): string;
  readonly key: KeyRules;
  readonly faults: readonly FaultRow[];
  readonly facts: readonly ApiFacts[];
  /** `skew`: what is known of the clocks of end points, shared by all clouds. */
  makeVendors(deps: VendorDeps & { readonly skew: SkewedClock }): readonly Vendor[];
}

/** Closes a cloud: from here on its account is just an account, since each api takes none but its cloud's. */
export function defineCloud<A extends Account, Wanted>(cloud: Cloud<A, Wanted>): AnyCloud {
  const { name, key, keyShapes, apis } = cloud;
  const factsOf = ({ api, needsProject, needsRegion = true, ...rest }: Api<A, Wanted>): ApiFacts => ({
    ...{ api, cloud: name, needsProject, keyShapes },
    ...(needsRegion ? {} : { needsRegion }),
    ...(rest.hasNumericIds === true ? { hasNumericIds: true } : {}),
    ...(rest.vendorConsole === undefined ? {} : { vendorConsole: rest.vendorConsole }),
  });
  return {
    name,
    takesBearer: cloud.takesBearer ?? false,
    schemaFor: (given) => cloud.schemaFor(given),
    kindOf: cloud.kindOf as AnyCloud['kindOf'],
    key: key as KeyRules,
    faults: cloud.faults,
    facts: apis.map(factsOf),
    makeVendors(deps) {
      const protocol = cloud.protocol(deps);
      return apis.map((api) => {
        const facts = factsOf(api);
        const fill = api.fill(makeClient(deps, protocol));
        const { grouping, judge, pace, idOfNoJob } = api;
        const poll = makePoll(facts, fill);
        return { ...facts, grouping, judge, key: key as KeyRules, pace, idOfNoJob, poll };
      });
    },
  };
}
