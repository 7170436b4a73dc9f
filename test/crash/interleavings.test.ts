import { describe, expect, it } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import { makePublish } from '../../lib/deliver/outbox.ts';
import type { Event } from '../../lib/events/event.ts';
import type { WatchPorts } from '../../lib/watch/ports.ts';
import { memoryDeliveries } from '../fakes/deliveries.ts';
import { aSubscription, memorySubscriptions } from '../fakes/subscriptions.ts';
import { idOf, LONG_AGO, makeWorld } from '../fakes/world.ts';
import { CASES_OF_ONE } from './cases-of-one.ts';
import { CASES_OF_PEOPLE } from './cases-of-people.ts';
import { CASES_OF_WORKERS } from './cases-of-workers.ts';
import { AT_ONCE, ends, goOn, hooked, MINUTE, onceOnly, passOf, RUNS } from './hooks.ts';

/**
 * Goal: each interleaving that once lost or misreported a job, by its name. Method: a hook at one effect of one worker,
 * in which somebody else acts; then the world goes on without faults, and the end must be right.
 */
describe('an interleaving', () => {
  it.each([...CASES_OF_ONE, ...CASES_OF_WORKERS, ...CASES_OF_PEOPLE])(
    '$name',
    async ({ steps = RUNS, play, ends: expected }) => {
      const world = makeWorld();
      world.vendor.script('a', steps);
      const id = idOf('a');
      await play(world, id);
      await goOn(world);
      const { history, seq, notifiedSeq } = world.job(id) ?? { history: [], seq: -1, notifiedSeq: -2 };
      expect(ends(world, id)).toEqual(expected);
      expect(history.map((entry) => entry.seq)).toEqual(history.map((_, at) => at + 1));
      expect([seq, notifiedSeq]).toEqual([history.length, history.length]);
      expect([world.jobs.open(), world.pending.size()]).toEqual([[], 0]);
    },
  );
});

describe('reconcile', () => {
  const aLostJob = async () => {
    const world = makeWorld();
    const id = world.submit('a');
    await world.makeWorker().tick();
    world.pending.purge();
    world.clock.advance(17 * MINUTE);
    return { world, id };
  };

  it('sends one message, though two passes find the job at once', async () => {
    const { world } = await aLostJob();
    const reports = await Promise.all([passOf(world), passOf(world)]);
    expect(reports.map(({ woken }) => woken).toSorted()).toEqual([0, 1]);
    expect(world.pending.size()).toBe(1);
  });

  it('leaves a job alone that the index shows as overdue and whose record says otherwise', async () => {
    const { world, id } = await aLostJob();
    const job = world.job(id);
    const checkBy = toIso(world.clock() + MINUTE);
    if (job !== undefined) await world.jobs.save({ ...job, checkBy });
    const dueBefore = async function* () {
      yield [id];
    };
    const stale = { ...world, jobs: { ...world.jobs, dueBefore } };
    expect((await passOf(stale)).woken).toBe(0);
    expect(world.job(id)?.owner).toBe(job?.owner);
  });
});

describe('sends that are cut off', () => {
  it('reach every subscription once they are repeated, with the same id', async () => {
    const world = makeWorld();
    world.vendor.script('a', AT_ONCE);
    const deliveries = memoryDeliveries(world.clock);
    const subscriptions = memorySubscriptions(
      ...Array.from({ length: 10 }, (_, at) => aSubscription({ id: `sub_${at}` })),
    );
    const queue: string[] = [];
    const telling =
      (takes: number) =>
      (ports: WatchPorts): WatchPorts => ({
        ...ports,
        publish: makePublish({
          subscriptions,
          deliveries,
          clock: world.clock,
          send: async (messages) =>
            messages.map(({ subscription }, at) => {
              if (at < takes) queue.push(subscription);
              return at < takes;
            }),
        }),
      });
    const id = world.submit('a');
    await world.makeWorker(telling(3)).tick();
    expect(queue).toHaveLength(3);
    expect(world.job(id)).toMatchObject({ phase: 'succeeded', notifiedSeq: 0 });
    world.clock.advance(2 * MINUTE);
    await world.makeWorker(telling(10)).tick();
    expect(new Set(queue).size).toBe(10);
    expect(new Set(deliveries.all().map(({ eventId }) => eventId)).size).toBe(1);
    expect(deliveries.all()).toHaveLength(10);
    expect(world.pending.size()).toBe(0);
  });

  it('go to a subscription that was made after the write, and to one made a moment before the end', async () => {
    const world = makeWorld();
    world.vendor.script('a', [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 20_000, word: 'SUCCESS' },
    ]);
    const deliveries = memoryDeliveries(world.clock);
    const subscriptions = memorySubscriptions(aSubscription({ id: 'sub_first', types: ['jobwatch.*'] }));
    const publish = makePublish({
      subscriptions,
      deliveries,
      clock: world.clock,
      send: async (all) => all.map(() => true),
    });
    const subscribe = (name: string) => () => subscriptions.create(aSubscription({ id: name, types: ['jobwatch.*'] }));
    const hooks = hooked({
      after: { 'jobs.save': subscribe('sub_between'), 'jobs.published': subscribe('sub_before_the_end') },
    });
    world.submit('a');
    await world.makeWorker((ports) => hooks({ ...ports, publish })).tick();
    const got = (subscription: string) =>
      deliveries
        .all()
        .filter((one) => one.subscription === subscription)
        .map(({ eventType }) => eventType.replace('jobwatch.job.', ''));
    expect(got('sub_first')).toEqual(['changed', 'succeeded']);
    expect(got('sub_between')).toEqual(['changed', 'succeeded']);
    expect(got('sub_before_the_end')).toEqual(['succeeded']);
  });
});

describe('a call for many jobs', () => {
  it('leaves the one that a store fails to its lease, and brings the others to their end', async () => {
    const world = makeWorld();
    for (const name of ['a', 'b', 'c']) world.vendor.script(name, AT_ONCE);
    const ids = ['a', 'b', 'c'].map((name) => world.submit(name, LONG_AGO));
    let saves = 0;
    const failing = (ports: WatchPorts): WatchPorts => ({
      ...ports,
      jobs: {
        ...ports.jobs,
        save: async (job) => (saves++ === 0 ? Promise.reject(new Error('throttled')) : ports.jobs.save(job)),
      },
    });
    await world.makeWorker((ports) => onceOnly(failing(ports))).tick();
    expect(world.vendor.calls).toHaveLength(1);
    expect(ids.flatMap((id) => ends(world, id))).toEqual(['succeeded', 'succeeded']);
    expect(world.pending.size()).toBe(1);
    await goOn(world, 5);
    expect(ids.flatMap((id) => ends(world, id))).toHaveLength(3);
  });
});

describe('a bad message', () => {
  it('is moved, then told, then deleted', async () => {
    const world = makeWorld();
    const order: string[] = [];
    const note = (what: string) => () => order.push(what);
    world.pending.send('{"bad":true}');
    const hooks = { reject: note('moved'), publish: note('told'), 'pending.remove': note('deleted') };
    await world.makeWorker(hooked({ before: hooks })).tick();
    expect(order).toEqual(['moved', 'told', 'deleted']);
  });

  it('that can not be moved stays and is tried again', async () => {
    const world = makeWorld();
    world.pending.send('{"bad":true}');
    const refusing = (ports: WatchPorts): WatchPorts => ({ ...ports, reject: () => Promise.reject(new Error('no')) });
    await world.makeWorker((ports) => onceOnly(refusing(ports))).tick();
    expect([world.pending.size(), world.rejected.length, world.told.length]).toEqual([1, 0, 0]);
    await world.runMinutes(4);
    expect([world.pending.size(), world.rejected.length]).toEqual([0, 1]);
  });
});

describe('a repeated event', () => {
  it('is equal but for its labels, whatever happened in between', async () => {
    const world = makeWorld();
    world.vendor.script('a', [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 30_000, word: 'SUCCESS' },
    ]);
    const seen: Event[] = [];
    const id = world.submit('a');
    const noting = (ports: WatchPorts): WatchPorts => ({
      ...ports,
      publish: async (events) => void seen.push(...events),
    });
    // Each mark is lost: everything is told again later, from a record that has gone on.
    let marks = 0;
    const forgetting = (ports: WatchPorts): WatchPorts => ({
      ...noting(ports),
      jobs: {
        ...ports.jobs,
        published: async (...args) => (marks++ < 3 ? Promise.reject(new Error('no')) : ports.jobs.published(...args)),
      },
    });
    for (let minute = 0; minute < 12; minute++) {
      await world.makeWorker(forgetting).tick();
      world.submit('a', { labels: { [`at${minute}`]: 'x' } });
      world.clock.advance(MINUTE);
    }
    await world.runMinutes(20, world.makeWorker(noting));
    expect(world.job(id)?.phase).toBe('succeeded');
    const plain = seen.map((event) => JSON.stringify(event).replace(/"labels":\{[^}]*\}/, ''));
    expect(plain.length).toBeGreaterThan(new Set(plain).size);
    expect(new Set(plain).size).toBe(new Set(seen.map((event) => event.id)).size);
  });
});
