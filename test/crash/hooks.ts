import type { Event } from '../../lib/events/event.ts';
import type { CallbackKind } from '../../lib/job/callbacks.ts';
import { reconcileGroups } from '../../lib/watch/groups/reconcile.ts';
import type { WatchPorts } from '../../lib/watch/ports.ts';
import { reconcile } from '../../lib/watch/reconcile.ts';
import { type FaultMode, faulty } from '../fakes/faults.ts';
import type { World } from '../fakes/world.ts';

export const MINUTE = 60_000;
export const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

type Hook = () => Promise<unknown> | unknown;
interface Hooks {
  readonly before?: Readonly<Record<string, Hook>>;
  readonly after?: Readonly<Record<string, Hook>>;
}

/** Ports in which something else happens right before or after an effect, the first time that it is reached. */
export function hooked({ before = {}, after = {} }: Hooks) {
  const done = new Set<string>();
  const once = async (key: string, hook: Hook | undefined) => {
    if (hook === undefined || done.has(key)) return;
    done.add(key);
    await hook();
  };
  const around = <Args extends unknown[], Result>(name: string, work: (...args: Args) => Promise<Result>) => {
    return async (...args: Args): Promise<Result> => {
      await once(`before ${name}`, before[name]);
      const result = await work(...args);
      await once(`after ${name}`, after[name]);
      return result;
    };
  };
  const all = <Store extends object>(store: string, functions: Store): Store =>
    Object.fromEntries(Object.entries(functions).map(([key, work]) => [key, around(`${store}.${key}`, work)])) as Store;
  return (ports: WatchPorts): WatchPorts => ({
    ...ports,
    jobs: all('jobs', ports.jobs),
    groups: all('groups', ports.groups),
    pending: all('pending', ports.pending),
    reject: around('reject', ports.reject),
    publish: around('publish', ports.publish),
  });
}

/** Dies, or loses its reply, the first time that the effect is reached. */
export function failingAt(effect: string, mode: FaultMode) {
  let isDone = false;
  return (ports: WatchPorts) =>
    faulty(ports, (name) => {
      if (isDone || name !== effect) return null;
      isDone = true;
      return mode;
    });
}

const groupPortsOf = (world: World) => ({
  groups: world.groups,
  jobs: world.jobs,
  publish: async (events: readonly Event[]) => void world.told.push(...events),
  stage: 'test',
  log: silent,
  clock: world.clock,
});

export const passOf = (world: World) =>
  reconcile({
    deniedAccounts: async () => new Set<string>(),
    visibleMessages: async () => ({ pending: world.pending.visible(), deliveries: 0 }),
    jobs: world.jobs,
    wake: world.pending.wake,
    groups: (faults) => reconcileGroups(groupPortsOf(world), faults),
    deliveries: {
      subscriptions: async () => [],
      resendOverdue: async () => 0,
      cancelForDisabled: async () => 0,
      removeSettled: async () => 0,
    },
    unreadable: () => 0,
    report: () => undefined,
    log: silent,
    clock: world.clock,
  });

export const apiOf = (world: World) => ({
  stage: 'test',
  callbacks: { kinds: new Set<CallbackKind>(), keep: async () => undefined, close: async () => undefined },
  apis: new Map([[world.vendor.api, world.vendor]]),
  jobs: world.jobs,
  groups: world.groups,
  pending: { submit: async (body: string) => void world.pending.send(body), wake: world.pending.wake },
  clock: world.clock,
  log: silent,
});

export const ends = (world: World, id: string) => {
  const byId = new Map(world.ends(id).map(({ id: eventId, type }) => [eventId, type.replace('jobwatch.job.', '')]));
  return [...byId.values()];
};

export async function goOn(world: World, minutes = 40): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 5) {
    await passOf(world);
    await world.runMinutes(5);
    world.clock.advance(world.pending.size() === 0 ? 5 * MINUTE : 0);
  }
}

export const RUNS = [
  { fromMs: 0, word: 'RUNNING' },
  { fromMs: 3 * MINUTE, word: 'SUCCESS' },
];
export const AT_ONCE = [{ fromMs: 0, word: 'SUCCESS' }];

/** One interleaving. */
export interface Case {
  readonly name: string;
  readonly steps?: typeof RUNS;
  /** Brings the world into the middle of it. The job is `a`; most send it first. */
  readonly play: (world: World, id: string) => Promise<unknown>;
  readonly ends: readonly string[];
}

/** Lets a tick that would never end run into its time-out. */
const nothing = () => new Promise<never[]>((resolve) => void setImmediate(resolve, []));

/** A worker that receives once and then finds nothing more. */
export function onceOnly(ports: WatchPorts): WatchPorts {
  let isOver = false;
  const receive: WatchPorts['pending']['receive'] = async (max, waitSeconds) => {
    if (isOver) return nothing();
    isOver = true;
    return ports.pending.receive(max, waitSeconds);
  };
  return { ...ports, pending: { ...ports.pending, receive, isEmpty: async () => isOver } };
}

/** What a worker does with its messages, in order. */
export function settling() {
  const done: string[] = [];
  const wrap = (ports: WatchPorts): WatchPorts => ({
    ...ports,
    pending: {
      ...ports.pending,
      async delay(message, seconds) {
        done.push(`delay ${seconds}`);
        return ports.pending.delay(message, seconds);
      },
      async remove(message) {
        done.push('remove');
        return ports.pending.remove(message);
      },
    },
  });
  return { done, wrap };
}
