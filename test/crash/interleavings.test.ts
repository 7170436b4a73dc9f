import { describe, expect, it } from 'vitest';
import { postStop } from '../../lib/api/jobs.ts';
import { submit } from '../../lib/api/submit.ts';
import type { Event } from '../../lib/event.ts';
import { makeTell } from '../../lib/outbox.ts';
import { reconcile } from '../../lib/reconcile.ts';
import type { WatchPorts } from '../../lib/watch-ports.ts';
import { memoryDeliveries } from '../fakes/deliveries.ts';
import { type FaultMode, faulty } from '../fakes/faults.ts';
import { aSubscription, memorySubscriptions } from '../fakes/subscriptions.ts';
import { BODY, idOf, makeWorld, type World } from '../fakes/world.ts';

/**
 * Goal: each interleaving that once lost or misreported a job, by its name. Method: a hook at one effect of one worker, in
 * which somebody else acts; then the world goes on without faults, and the end must be right.
 */
const MINUTE = 60_000;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

type Hook = () => Promise<unknown> | unknown;
interface Hooks {
  readonly before?: Readonly<Record<string, Hook>>;
  readonly after?: Readonly<Record<string, Hook>>;
}

/** Ports in which something else happens right before or after an effect, the first time that it is reached. */
function hooked({ before = {}, after = {} }: Hooks) {
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
    pending: all('pending', ports.pending),
    reject: around('reject', ports.reject),
    tell: around('tell', ports.tell),
  });
}

/** Dies, or loses its reply, the first time that the effect is reached. */
function failingAt(effect: string, mode: FaultMode) {
  let isDone = false;
  return (ports: WatchPorts) =>
    faulty(ports, (name) => {
      if (isDone || name !== effect) return null;
      isDone = true;
      return mode;
    });
}

const passOf = (world: World) =>
  reconcile({
    visibleMessages: async () => ({ pending: world.pending.visible(), deliveries: 0 }),
    jobs: world.jobs,
    wake: world.pending.wake,
    deliveries: { subscriptions: async () => [], resendOverdue: async () => 0 },
    log: silent,
    clock: world.clock,
  });

const apiOf = (world: World) => ({
  apis: new Map([[world.vendor.api, world.vendor]]),
  jobs: world.jobs,
  pending: { submit: async (body: string) => void world.pending.send(body), wake: world.pending.wake },
  now: world.clock,
  log: silent,
});

const ends = (world: World, id: string) => {
  const byId = new Map(world.ends(id).map(({ id: eventId, type }) => [eventId, type.replace('jobwatch.job.', '')]));
  return [...byId.values()];
};

async function goOn(world: World, minutes = 40): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 5) {
    await passOf(world);
    await world.runMinutes(5);
    world.clock.advance(world.pending.size() === 0 ? 5 * MINUTE : 0);
  }
}

const RUNS = [
  { fromMs: 0, word: 'RUNNING' },
  { fromMs: 3 * MINUTE, word: 'SUCCESS' },
];
const AT_ONCE = [{ fromMs: 0, word: 'SUCCESS' }];

interface Case {
  readonly name: string;
  readonly steps?: typeof RUNS;
  /** Brings the world into the middle of it. The job is `a`; most send it first. */
  readonly play: (world: World, id: string) => Promise<unknown>;
  readonly ends: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: 'the end is written, its sends are not made, and the message lives',
    steps: AT_ONCE,
    play: async (world) => {
      world.submit('a');
      await world.makeWorker(failingAt('tell', 'before')).tick();
    },
    ends: ['succeeded'],
  },
  {
    name: 'the end is written, its sends are not made, and the message is lost',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker(failingAt('tell', 'before')).tick();
      world.pending.purge();
      expect(world.jobs.open()).toEqual([id]);
    },
    ends: ['succeeded'],
  },
  {
    name: 'the end is written and its reply is lost: our own retry fails its condition',
    steps: AT_ONCE,
    play: async (world) => {
      world.submit('a');
      await world.makeWorker(failingAt('jobs.save', 'lost')).tick();
      expect(world.pending.size()).toBe(0);
    },
    ends: ['succeeded'],
  },
  {
    name: 'the events are sent and not marked as sent',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker(failingAt('jobs.told', 'before')).tick();
      expect(world.job(id)).toMatchObject({ phase: 'succeeded', notifiedSeq: 0 });
    },
    ends: ['succeeded'],
  },
  {
    name: 'labels are merged between the sends and their mark: the mark does not depend on the version',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      const merge = async () => {
        const job = world.job(id);
        if (job !== undefined) expect(await world.jobs.save({ ...job, labels: { merged: 'yes' } })).toBe('saved');
      };
      await world.makeWorker(hooked({ before: { 'jobs.told': merge } })).tick();
      expect(world.ends(id)).toHaveLength(1);
    },
    ends: ['succeeded'],
  },
  {
    name: 'the deletion meets a handle that is not valid any more',
    steps: AT_ONCE,
    play: async (world) => {
      world.submit('a');
      const gone = (ports: WatchPorts): WatchPorts => ({
        ...ports,
        pending: { ...ports.pending, remove: async () => 'gone' },
      });
      await world.makeWorker(gone).tick();
      expect(world.pending.size()).toBe(1);
    },
    ends: ['succeeded'],
  },
  {
    name: 'one message is delivered twice at once, and two workers see the same end',
    steps: AT_ONCE,
    play: async (world) => {
      world.submit('a');
      const twin = async () => {
        world.clock.advance(121_000);
        await world.makeWorker().tick();
      };
      await world.makeWorker(hooked({ before: { 'jobs.save': twin } })).tick();
    },
    ends: ['succeeded'],
  },
  {
    name: 'two submissions are both the first',
    steps: RUNS,
    play: async (world, id) => {
      world.submit('a', { labels: { by: 'one' } });
      const other = async () => {
        world.submit('a', { labels: { and: 'two' } });
        await world.makeWorker().tick();
      };
      await world.makeWorker(hooked({ before: { 'jobs.create': other } })).tick();
      expect(world.job(id)?.labels).toEqual({ by: 'one', and: 'two' });
      expect(world.pending.size()).toBe(1);
    },
    ends: ['succeeded'],
  },
  {
    name: 'a submission while the job is polled faster than its record is written is no take-over',
    steps: [{ fromMs: 0, word: 'RUNNING' }],
    play: async (world, id) => {
      world.submit('a', { timeoutSeconds: 600 });
      const worker = world.makeWorker();
      await worker.tick();
      const owner = world.job(id)?.owner;
      for (let minute = 0; minute < 3; minute++) {
        world.submit('a', { timeoutSeconds: 600 });
        await worker.tick();
        expect(world.job(id)?.owner).toBe(owner);
        expect(world.pending.size()).toBe(1);
      }
    },
    ends: ['timed_out'],
  },
  {
    name: 'a take-over while the old owner holds a change',
    steps: [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: MINUTE, word: 'SUCCESS' },
    ],
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker().tick();
      const first = world.job(id)?.owner;
      world.clock.advance(2 * MINUTE);
      const takeOver = async () => {
        world.clock.advance(7 * MINUTE);
        world.submit('a');
        await world.makeWorker().tick();
      };
      await world.makeWorker(hooked({ before: { 'jobs.save': takeOver } })).tick();
      expect(world.job(id)?.owner).not.toBe(first);
    },
    ends: ['succeeded'],
  },
  {
    name: 'a take-over while the old owner is alive and has nothing to tell',
    steps: [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 12 * MINUTE, word: 'SUCCESS' },
    ],
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker().tick();
      world.clock.advance(8 * MINUTE);
      world.submit('a', { labels: { newer: 'yes' } });
      await world.runMinutes(3);
      expect(world.pending.size()).toBe(1);
      expect(world.job(id)?.phase).toBe('running');
    },
    ends: ['succeeded'],
  },
  {
    name: 'the owner is taken away while a poll is under way: the poll that loses touches nothing',
    steps: RUNS,
    play: async (world, id) => {
      world.submit('a');
      const settled: string[] = [];
      const disown = async () => {
        const job = world.job(id);
        if (job !== undefined) await world.jobs.disown(job, job.nextPollAt);
      };
      const watched = hooked({
        before: {
          'jobs.save': disown,
          'pending.hide': () => settled.push('hide'),
          'pending.remove': () => settled.push('remove'),
        },
      });
      await world.makeWorker((ports) => onceOnly(watched(ports))).tick();
      expect(settled).toEqual([]);
      expect(world.job(id)?.owner).toBeNull();
    },
    ends: ['succeeded'],
  },
  {
    name: 'stop wins against a poll: the poll drops what it saw',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      const stop = async () => expect((await postStop(apiOf(world), id)).status).toBe(200);
      await world.makeWorker(hooked({ before: { 'jobs.save': stop } })).tick();
    },
    ends: ['stopped'],
  },
  {
    name: 'a poll wins against stop: the end of the vendor stands',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker(hooked({ after: { 'jobs.save': () => postStop(apiOf(world), id) } })).tick();
    },
    ends: ['succeeded'],
  },
  {
    name: 'stop is written and every message is lost',
    steps: RUNS,
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker().tick();
      await postStop(apiOf(world), id);
      world.pending.purge();
    },
    ends: ['stopped'],
  },
  {
    name: 'stop is told at once, though the message of the job sleeps',
    steps: [{ fromMs: 0, word: 'RUNNING' }],
    play: async (world, id) => {
      world.submit('a');
      await world.runMinutes(20);
      const sleeps = Date.parse(world.job(id)?.nextPollAt ?? '') - world.clock();
      await postStop(apiOf(world), id);
      const beganMs = world.clock();
      await world.makeWorker(onceOnly).tick();
      expect(sleeps).toBeGreaterThan(0);
      expect(ends(world, id)).toEqual(['stopped']);
      expect(world.clock() - beganMs).toBeLessThan(1000);
    },
    ends: ['stopped'],
  },
  {
    name: 'an accepted submission loses its message before the first receive',
    steps: RUNS,
    play: async (world, id) => {
      expect((await submit(apiOf(world), { ...BODY, jobId: 'a' })).status).toBe(202);
      world.pending.purge();
      expect(world.job(id)).toMatchObject({ phase: 'pending', owner: null });
    },
    ends: ['succeeded'],
  },
  {
    name: 'an accepted resubmission after our own end loses its message',
    steps: [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 5 * MINUTE, word: 'SUCCESS' },
    ],
    play: async (world, id) => {
      world.submit('a', { timeoutSeconds: 60 });
      await world.runMinutes(4);
      expect(world.job(id)?.phase).toBe('timed_out');
      expect((await submit(apiOf(world), { ...BODY, jobId: 'a' })).status).toBe(202);
      world.pending.purge();
    },
    ends: ['timed_out', 'succeeded'],
  },
  {
    name: 'a message sent before our own end arrives after it: it is answered and opens nothing',
    steps: [{ fromMs: 0, word: 'RUNNING' }],
    play: async (world, id) => {
      world.submit('a', { timeoutSeconds: 60 });
      await world.makeWorker().tick();
      world.pending.send(JSON.stringify({ ...BODY, jobId: 'a' }), { delayMs: 4 * MINUTE });
      await world.runMinutes(3);
      expect(world.job(id)?.phase).toBe('timed_out');
      await world.runMinutes(5);
      expect(world.pending.size()).toBe(0);
    },
    ends: ['timed_out'],
  },
  {
    name: 'the store refuses the record: it is written with what can not be left out',
    steps: AT_ONCE,
    play: async (world, id) => {
      const ask = world.vendor.ask;
      const detail = { error: { code: 'E', message: 'x'.repeat(6000) } };
      const wordy = {
        ...world.vendor,
        ask: async (...args: Parameters<typeof ask>) => withDetail(await ask(...args), detail),
      };
      world.jobs.refuseAbove(5000);
      world.submit('a');
      await world.makeWorker((ports) => ({ ...ports, vendors: new Map([[wordy.api, wordy]]) })).tick();
      expect(world.job(id)?.phase).toBe('succeeded');
    },
    ends: ['succeeded'],
  },
  {
    name: 'the last message of a job that owes is a wake message',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      await world.makeWorker(failingAt('tell', 'before')).tick();
      world.pending.purge();
      world.clock.advance(6 * MINUTE);
      expect((await passOf(world)).woken).toBe(1);
      await world.makeWorker(failingAt('tell', 'after')).tick();
      expect(world.pending.size()).toBe(1);
      expect(world.job(id)?.notifiedSeq).toBe(0);
    },
    ends: ['succeeded'],
  },
  {
    name: 'a record that has expired and is not swept yet is none',
    steps: AT_ONCE,
    play: async (world, id) => {
      world.submit('a');
      await world.runMinutes(2);
      world.clock.advance(91 * 24 * 60 * MINUTE);
      expect(await world.jobs.get(id)).toBeNull();
      const calls = world.vendor.calls.length;
      world.submit('a');
      await world.runMinutes(2);
      expect(world.vendor.calls.length).toBe(calls + 1);
    },
    // The same job and the same number: the same event, which nobody gets twice within its thirty days.
    ends: ['succeeded'],
  },
];

/** A worker that receives once and then finds nothing more. */
function onceOnly(ports: WatchPorts): WatchPorts {
  let isOver = false;
  const receive: WatchPorts['pending']['receive'] = async (max, waitSeconds) => {
    if (isOver) return [];
    isOver = true;
    return ports.pending.receive(max, waitSeconds);
  };
  return { ...ports, pending: { ...ports.pending, receive, isEmpty: async () => isOver } };
}

type AskAnswer = Awaited<ReturnType<World['vendor']['ask']>>;

function withDetail(answer: AskAnswer, detail: object): AskAnswer {
  const observations = [...answer.observations].map(([id, seen]) => {
    return [id, seen.kind === 'status' ? { ...seen, detail: { ...seen.detail, ...detail } } : seen] as const;
  });
  return { ...answer, observations: new Map(observations) };
}

describe('an interleaving', () => {
  it.each(CASES)('$name', async ({ steps = RUNS, play, ends: expected }) => {
    const world = makeWorld();
    world.vendor.script('a', steps);
    const id = idOf('a');
    await play(world, id);
    await goOn(world);
    expect(ends(world, id)).toEqual(expected);
    const { history, seq, notifiedSeq } = world.job(id) ?? { history: [], seq: -1, notifiedSeq: -2 };
    expect(history.map((entry) => entry.seq)).toEqual(history.map((_, at) => at + 1));
    expect([seq, notifiedSeq]).toEqual([history.length, history.length]);
    expect(world.jobs.open()).toEqual([]);
    expect(world.pending.size()).toBe(0);
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
        tell: makeTell({
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
    const tell = makeTell({ subscriptions, deliveries, clock: world.clock, send: async (all) => all.map(() => true) });
    const subscribe = (name: string) => () => subscriptions.create(aSubscription({ id: name, types: ['jobwatch.*'] }));
    const hooks = hooked({
      after: { 'jobs.save': subscribe('sub_between'), 'jobs.told': subscribe('sub_before_the_end') },
    });
    world.submit('a');
    await world.makeWorker((ports) => hooks({ ...ports, tell })).tick();
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

describe('a bad message', () => {
  it('is moved, then told, then deleted', async () => {
    const world = makeWorld();
    const order: string[] = [];
    const note = (what: string) => () => order.push(what);
    world.pending.send('{"bad":true}');
    const hooks = { reject: note('moved'), tell: note('told'), 'pending.remove': note('deleted') };
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
    const noting = (ports: WatchPorts): WatchPorts => ({ ...ports, tell: async (events) => void seen.push(...events) });
    // Each mark is lost: everything is told again later, from a record that has gone on.
    let marks = 0;
    const forgetting = (ports: WatchPorts): WatchPorts => ({
      ...noting(ports),
      jobs: {
        ...ports.jobs,
        told: async (...args) => (marks++ < 3 ? Promise.reject(new Error('no')) : ports.jobs.told(...args)),
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
