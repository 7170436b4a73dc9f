import { createServer } from 'node:http';
import { makeCounterBook } from './counters.ts';
import { faultSchema } from './fault-schema.ts';
import { makeFaultBook, makeSeededRandom } from './faults.ts';
import { makeJobStore } from './job-store.ts';
import { makeKeyring } from './keyring.ts';
import { parseInput, parseScenario } from './scenario.ts';
import { credentialSchema, jobSchema, optionsSchema } from './schema.ts';
import { listen, makeRequestListener } from './server.ts';
import type { Simulator, SimulatorOptions, SimulatorState } from './simulator.ts';
import { RESETTABLE } from './simulator.ts';
import type { World } from './world.ts';

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

export function makeEditor(world: World): Omit<Simulator, 'url' | 'close' | 'setOptions' | 'state'> {
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

export function stateOf(world: World): SimulatorState {
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
