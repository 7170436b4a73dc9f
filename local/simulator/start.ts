import { createServer, type Server } from 'node:http';
import { API_FACTS } from '../../lib/vendors/registry.ts';
import { credentialSchema, nameOfCredential, SIMULATED } from './clouds.ts';
import { makeCounterBook } from './counters.ts';
import { faultSchema } from './fault-schema.ts';
import { makeFaultBook, makeSeededRandom } from './faults.ts';
import { makeJobStore } from './job-store.ts';
import { makeKeyring } from './keyring.ts';
import { parseInput, parseScenario } from './scenario.ts';
import { jobSchema, optionsSchema } from './schema.ts';
import { listen, makeRequestListener, type Place } from './server.ts';
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
  const inside: Omit<Simulator, 'url' | 'endpointsOf' | 'close'> = {
    ...makeEditor(world),
    setOptions(wish) {
      options = parseInput(optionsSchema, { ...options, ...wish }, 'the options');
      return options;
    },
    state: () => stateOf(world),
  };
  for (const credential of [...scenario.credentials, ...(settings.credentials ?? [])])
    inside.setCredential({ ...credential });
  for (const job of scenario.jobs) inside.addJob(job);
  for (const fault of scenario.faults) inside.setFault(fault);

  const servers: Server[] = [];
  async function open(place: Place, port: number): Promise<string> {
    const server = createServer(makeRequestListener(inside, world, place));
    // Longer than any client keeps an idle connection: it is never this side that closes one as it is used again.
    server.keepAliveTimeout = 120_000;
    servers.push(server);
    return listen(server, port, settings.host ?? '127.0.0.1');
  }
  const url = await open(null, settings.port ?? 0);
  const origins = await openHosts((place) => open(place, 0));
  return {
    ...inside,
    url,
    endpointsOf: (cloud) =>
      Object.fromEntries(
        [...API_FACTS.values()]
          .filter((facts) => facts.cloud === cloud)
          .map(({ api }) => [api, origins.get(api) ?? url]),
      ),
    async close() {
      await Promise.all(
        servers.map((server) => {
          const closed = new Promise<void>((resolve) => server.close(() => resolve()));
          server.closeAllConnections();
          return closed;
        }),
      );
    },
  };
}

/** A port for each host that apis have to themselves, as one path means another service on another host. */
async function openHosts(open: (place: Place) => Promise<string>): Promise<ReadonlyMap<string, string>> {
  const origins = await Promise.all(
    SIMULATED.flatMap(({ name: cloud, hosts }) =>
      [...Map.groupBy(Object.entries(hosts), ([, host]) => host)].map(async ([host, entries]) => {
        const origin = await open({ cloud, host });
        return entries.map(([api]) => [api, origin] as const);
      }),
    ),
  );
  return new Map(origins.flat());
}

export function makeEditor(world: World): Omit<Simulator, 'url' | 'endpointsOf' | 'close' | 'setOptions' | 'state'> {
  const { clock, jobs, keys, faults, counters } = world;
  return {
    addJob: (job) => jobs.add(parseInput(jobSchema, job, 'the job'), clock()),
    removeJob: (api, jobId, projectId) => jobs.remove(api, projectId, jobId),
    jobs: () => jobs.states(clock()),
    counters: () => counters.read(jobs.polls()),
    setFault: (fault) => faults.set(parseInput(faultSchema, fault, 'the fault'), clock()),
    removeFault: (id) => faults.remove(id),
    setCredential(spec) {
      const credential = parseInput(credentialSchema, spec, 'the credential');
      keys.set(nameOfCredential(credential), credential);
    },
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
