import type { WatchPorts } from '../../lib/watch/ports.ts';

/**
 * How one effect fails. `before`: it did not happen. `after`: it did, and the worker never heard. `lost`: it happened,
 * its reply was lost, and the SDK tried again, so the caller sees the answer of the second try. The worker dies with
 * the first two and lives on with the third.
 */
export type FaultMode = 'before' | 'after' | 'lost';

export class Crash extends Error {
  override readonly name = 'Crash';
}

/** Called before each effect with its name; answers how it fails, or null. */
export type FaultPlan = (effect: string) => FaultMode | null;

/** Effects that may fail. After a crash nothing works any more: their worker is dead. */
export function breakable(plan: FaultPlan) {
  let dead = false;

  function effect<Args extends unknown[], Result>(name: string, work: (...args: Args) => Promise<Result>) {
    return async (...args: Args): Promise<Result> => {
      if (dead) throw new Crash('the worker is dead');
      const mode = plan(name);
      if (mode === 'before') {
        dead = true;
        throw new Crash(name);
      }
      const result = await work(...args);
      if (mode === 'lost') return work(...args);
      if (mode === 'after') dead = true;
      if (dead) throw new Crash(name);
      return result;
    };
  }

  return { effect, isDead: () => dead };
}

/** The ports of a watch, all of them breakable. */
export function faulty(ports: WatchPorts, plan: FaultPlan): WatchPorts {
  const { effect } = breakable(plan);
  const { jobs, groups, pending } = ports;
  return {
    ...ports,
    reject: effect('reject', ports.reject),
    publish: effect('publish', ports.publish),
    jobs: {
      get: effect('jobs.get', jobs.get),
      create: effect('jobs.create', jobs.create),
      save: effect('jobs.save', jobs.save),
      saveCallbacks: effect('jobs.saveCallbacks', jobs.saveCallbacks),
      confirmOtherOwner: effect('jobs.confirmOtherOwner', jobs.confirmOtherOwner),
      published: effect('jobs.published', jobs.published),
    },
    groups: {
      join: effect('groups.join', groups.join),
      setMember: effect('groups.setMember', groups.setMember),
      read: effect('groups.read', groups.read),
      decide: effect('groups.decide', groups.decide),
      touch: effect('groups.touch', groups.touch),
      told: effect('groups.told', groups.told),
    },
    pending: {
      receive: effect('pending.receive', pending.receive),
      delay: effect('pending.delay', pending.delay),
      remove: effect('pending.remove', pending.remove),
      isEmpty: pending.isEmpty,
    },
  };
}
