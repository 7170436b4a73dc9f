import type * as v from 'valibot';
import type { Phase } from '../../lib/job/phase.ts';
import type { RawRequest } from './raw-request.ts';
import type { Credential, CredentialSpec, JobSpec } from './schema.ts';
import type { Call, World } from './world.ts';

/** A job as the simulator plays it, and how its watch must end. Its watch message is `events/<name>.json`. */
export interface Sample {
  readonly name: string;
  /** What the case shows. */
  readonly about: string;
  readonly job: JobSpec;
  readonly expectedPhase: Phase;
  /** When the vendor's job ends, counted from its start. */
  readonly endsAfterSeconds: number;
}

/** A cloud as the simulator plays it. */
export interface SimulatedCloud {
  readonly name: string;
  /** Its credentials are bearer tokens, which name the cloud in `cloud`. */
  readonly takesBearer?: boolean;
  /** The schema of a credential, of several kinds the one that it was meant to be. */
  readonly credentialFor: (given: object) => v.GenericSchema<unknown, Credential>;
  /** What the keyring keeps a credential under. */
  readonly nameOf: (credential: Credential) => string;
  /**
   * Hosts that an api has to itself, by api; two apis may share one. An api that is not named here is served at the
   * simulator's own origin.
   */
  readonly hosts: Readonly<Record<string, string>>;
  /** `host`: which of `hosts` was called; null: the simulator's own origin. Null: the request is none of its. */
  readonly route: (request: RawRequest, world: World, host: string | null) => Call | null;
  readonly samples: readonly Sample[];
  /** The name of the samples' account, and its key: one of nobody, which opens nothing but the simulator. */
  readonly sampleAccount: { readonly name: string; readonly credential: CredentialSpec };
}

/** A cloud whose own type of credential is behind it: a credential is only given back to the cloud that it names. */
export function simulated<C extends Credential>(
  cloud: Omit<SimulatedCloud, 'credentialFor' | 'nameOf'> & {
    readonly credentialFor: (given: object) => v.GenericSchema<unknown, C>;
    readonly nameOf: (credential: C) => string;
  },
): SimulatedCloud {
  return { ...cloud, nameOf: cloud.nameOf as SimulatedCloud['nameOf'] };
}
