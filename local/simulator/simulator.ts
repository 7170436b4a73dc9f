import type { Clock } from '../../lib/base/time.ts';
import type { Counters } from './counters.ts';
import type { FaultSpec } from './fault-schema.ts';
import type { FaultState } from './faults.ts';
import type { JobState } from './job-store.ts';
import type { ScenarioSpec } from './scenario.ts';
import type { CredentialSpec, JobSpec, Options, OptionsSpec } from './schema.ts';

export interface SimulatorOptions {
  /** 0, the default: any free port. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Drives timelines, windows of faults, locks, tokens and the check of signing times. Default: the system's. */
  readonly clock?: Clock;
  /** Added to those of the scenario. */
  readonly credentials?: readonly CredentialSpec[];
  readonly scenario?: ScenarioSpec;
}

export interface SimulatorState {
  readonly now: string;
  readonly options: Options;
  /** Access key ids and `domain/username`. */
  readonly credentials: string[];
  /** Locked Huawei key → end of the lock. */
  readonly locks: Record<string, string>;
  readonly jobs: JobState[];
  readonly faults: FaultState[];
  readonly counters: Counters;
}

/** Every method that takes a spec throws a ScenarioError that names the wrong field. */
export interface Simulator {
  /** The origin of the control API, of Huawei's login and of every api without a host of its own. */
  readonly url: string;
  /** api → origin, of every api of a cloud: what an account needs for its calls to come here. */
  endpointsOf(cloud: string): Readonly<Record<string, string>>;
  /** Starts the job's clock; a job of the same api, project and id is replaced. */
  addJob(job: JobSpec): void;
  removeJob(api: string, jobId: string, projectId?: string): boolean;
  jobs(): JobState[];
  counters(): Counters;
  state(): SimulatorState;
  /** Gives the fault's id. */
  setFault(fault: FaultSpec): string;
  removeFault(id: string): boolean;
  setCredential(credential: CredentialSpec): void;
  setOptions(options: OptionsSpec): Options;
  /** Everything if nothing is named. `keys`: tokens, locks and nonces; credentials and options always stay. */
  reset(what?: readonly Resettable[]): void;
  /** Cuts what is still open. */
  close(): Promise<void>;
}

/** What can be thrown away. */
export const RESETTABLE = ['jobs', 'faults', 'counters', 'keys'] as const;

export type Resettable = (typeof RESETTABLE)[number];
