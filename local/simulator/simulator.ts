import { createServer } from 'node:http';
import type { Clock } from '../../lib/time.ts';
import { RESETTABLE, type Resettable } from './control.ts';
import { type Counters, makeCounterBook } from './counters.ts';
import { type FaultSpec, faultSchema } from './fault-schema.ts';
import { type FaultState, makeFaultBook, makeSeededRandom } from './faults.ts';
import { type JobState, makeJobStore } from './job-store.ts';
import { makeKeyring } from './keyring.ts';
import { parseInput, parseScenario, type ScenarioSpec } from './scenario.ts';
import {
  type CredentialSpec,
  credentialSchema,
  type JobApi,
  type JobSpec,
  jobSchema,
  type Options,
  type OptionsSpec,
  optionsSchema,
} from './schema.ts';
import { listen, makeRequestListener } from './server.ts';
import type { World } from './world.ts';

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
  /** The origin of all four APIs, of Huawei's login and of the control API: `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Starts the job's clock; a job of the same api, project and id is replaced. */
  addJob(job: JobSpec): void;
  removeJob(api: JobApi, jobId: string, projectId?: string): boolean;
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

/** Starts the vendors on one port. Rejects if the port is taken, or with a ScenarioError before anything is started. */
export async function startSimulator(settings: SimulatorOptions = {}): Promise<Simulator> {
  const scenario = parseScenario(settings.scenario ?? {});
  let { options } = scenario;
  const world: World = {
    clock: settings.clock ?? Date.now,
    options: () => options,
    jobs: makeJobStore(),
    keys: makeKeyring(() => options),
    faults: makeFaultBook(makeSeededRandom(options.seed)),
    counters: makeCounterBook(),
  };
  const inside: Omit<Simulator, 'url' | 'close'> = {
    ...makeEditor(world),
    setOptions(wish) {
      options = parseInput(optionsSchema, { ...options, ...wish }, 'the options');
      return options;
    },
    state: () => stateOf(world),
  };
  for (const credential of [...scenario.credentials, ...(settings.credentials ?? [])]) inside.setCredential(credential);
  for (const job of scenario.jobs) inside.addJob(job);
  for (const fault of scenario.faults) inside.setFault(fault);

  const server = createServer(makeRequestListener(inside, world));
  // Longer than any client keeps an idle connection: it is never this side that closes one as it is used again.
  server.keepAliveTimeout = 120_000;
  const url = await listen(server, settings.port ?? 0, settings.host ?? '127.0.0.1');
  return {
    ...inside,
    url,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

function makeEditor(world: World): Omit<Simulator, 'url' | 'close' | 'setOptions' | 'state'> {
  const { clock, jobs, keys, faults, counters } = world;
  return {
    addJob: (job) => jobs.add(parseInput(jobSchema, job, 'the job'), clock()),
    removeJob: (api, jobId, projectId) => jobs.remove(api, projectId, jobId),
    jobs: () => jobs.states(clock()),
    counters: () => counters.read(jobs.polls()),
    setFault: (fault) => faults.set(parseInput(faultSchema, fault, 'the fault'), clock()),
    removeFault: (id) => faults.remove(id),
    setCredential: (credential) => keys.set(parseInput(credentialSchema, credential, 'the credential')),
    reset(what = RESETTABLE) {
      if (what.includes('jobs')) jobs.clear();
      if (what.includes('faults')) faults.clear();
      if (what.includes('counters')) counters.clear();
      if (what.includes('keys')) keys.forget();
    },
  };
}

function stateOf(world: World): SimulatorState {
  const nowMs = world.clock();
  return {
    now: new Date(nowMs).toISOString(),
    options: world.options(),
    credentials: world.keys.names(),
    locks: world.keys.locks(nowMs),
    jobs: world.jobs.states(nowMs),
    faults: world.faults.states(),
    counters: world.counters.read(world.jobs.polls()),
  };
}
