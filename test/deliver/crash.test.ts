import { describe, expect, test } from 'vitest';
import { memorySlots } from '../fakes/slots.ts';
import { aSubscription } from '../fakes/subscriptions.ts';
import { anEvent, answer, aWorld, Crash, START_MS, type WorldOptions } from '../fakes/webhook-world.ts';

/**
 * Each scenario runs once undisturbed to learn its effects, then once for each effect cut off before and once after it:
 * the worker dies there, its memory is lost, and the message comes back when its lease has run out.
 */
const SCENARIOS: readonly (readonly [string, WorldOptions])[] = [
  ['an endpoint that takes the event at once', {}],
  ['one that takes it at the third attempt', { answers: [answer(500), answer(503), answer(200)] }],
  ['one attempt alone, and it must be made', { waitsSeconds: [] }],
  [
    'one that has been failing and recovers',
    {
      subscriptions: [
        aSubscription({
          types: ['jobwatch.*'],
          failingSince: '2026-11-19T10:00:00.000Z',
          openUntil: '2026-11-20T09:00:00.000Z',
        }),
      ],
    },
  ],
  [
    'a robot whose slot is some seconds away',
    {
      subscriptions: [aSubscription({ format: 'wecom', robot: 'r1', types: ['jobwatch.*'] })],
      answers: [answer(200, {}, '{"errcode":0}')],
      slots: () => {
        const slots = memorySlots();
        for (let at = 0; at < 3; at += 1) void slots.take('robot#r1', 4000, START_MS);
        return slots;
      },
    },
  ],
];

/** Runs a scenario, dying at the effect of that number; answers how many effects there were. */
async function live(options: WorldOptions, dieAt: number, moment: 'before' | 'after') {
  let effects = 0;
  const world = aWorld({
    ...options,
    meddle: (_port, at) => {
      if (at !== moment) return;
      effects += 1;
      if (effects === dieAt) throw new Crash();
    },
  });
  // What is published comes from `watch`, which publishes again what is pending until it has not crashed.
  for (let isPending = true; isPending; ) {
    isPending = await world.publish([anEvent()]).then(
      () => false,
      (error) => {
        if (!(error instanceof Crash)) throw error;
        return true;
      },
    );
  }
  await world.run();
  return { world, effects };
}

async function crashPoints(options: WorldOptions): Promise<readonly (readonly [number, 'before' | 'after'])[]> {
  const { effects } = await live(options, 0, 'before');
  const numbers = Array.from({ length: effects }, (_, at) => at + 1);
  return numbers.flatMap((number) => [[number, 'before'] as const, [number, 'after'] as const]);
}

describe.each(SCENARIOS)('%s', (_name, options) => {
  test('gets it once if nothing crashes', async () => {
    const { world } = await live(options, 0, 'before');
    const successes = world.calls.filter(({ outcome }) => outcome.kind === 'response' && outcome.status === 200);
    expect(successes).toHaveLength(1);
    expect(world.theDelivery()).toMatchObject({ state: 'delivered', attempts: world.calls.length });
  });

  test('gets it at least once, and what is recorded is true, wherever the worker dies', async () => {
    const points = await crashPoints(options);
    expect(points.length).toBeGreaterThan(15);
    for (const [number, moment] of points) {
      const { world } = await live(options, number, moment);
      const at = `${moment} effect ${number}`;
      const delivery = world.theDelivery();
      const attempts = await world.deliveries.attempts('sub_a', 'evt_1');
      const statuses = (list: readonly (number | null)[]) => list.filter((status) => status !== null);
      const made = world.calls.map(({ outcome }) => (outcome.kind === 'response' ? outcome.status : null));
      const recorded = attempts.map(({ status }) => status).reverse();

      expect(made, at).toContain(200);
      expect(delivery.state, at).toBe('delivered');
      expect(world.queue, at).toEqual([]);
      expect(world.dead, at).toEqual([]);
      // At most the one attempt that was cut off is missing, and at most one success is repeated.
      expect(isWithin(statuses(recorded), statuses(made)), at).toBe(true);
      expect(made.length - recorded.length, at).toBeLessThanOrEqual(1);
      expect(made.filter((status) => status === 200).length, at).toBeLessThanOrEqual(2);
      expect(delivery.attempts, at).toBeGreaterThanOrEqual(made.length);
      expect(delivery.attempts, at).toBeLessThanOrEqual(made.length + 1);
      expect(new Set(world.calls.map(({ headers }) => headers['webhook-id'])).size, at).toBe(1);
    }
  });
});

test('an exhausted delivery ends on the dead queue, wherever the worker dies', async () => {
  const options: WorldOptions = { answers: [answer(500)], waitsSeconds: [5] };
  for (const [number, moment] of await crashPoints(options)) {
    const { world } = await live(options, number, moment);
    const at = `${moment} effect ${number}`;
    expect(world.theDelivery().state, at).toBe('exhausted');
    expect(world.queue, at).toEqual([]);
    expect(world.dead.length, at).toBeGreaterThanOrEqual(1);
    expect(world.dead.length, at).toBeLessThanOrEqual(2);
  }
});

describe.each<[string, WorldOptions]>([
  ['a 410', { answers: [answer(410), answer(200)] }],
  ['failures for five days', { answers: [answer(500), answer(200)] }],
])('an endpoint that is disabled after %s', (name, base) => {
  const failingSince = name === 'a 410' ? null : '2026-11-10T10:00:00.000Z';
  const watcher = aSubscription({
    id: 'sub_watcher',
    url: 'https://watcher.example.com/',
    types: ['jobwatch.endpoint.disabled'],
  });
  const options: WorldOptions = { ...base, subscriptions: [aSubscription({ failingSince }), watcher] };

  test('is called no more, and that is published, once, wherever the worker dies', async () => {
    for (const [number, moment] of await crashPoints(options)) {
      const { world } = await live(options, number, moment);
      const at = `${moment} effect ${number}`;
      const subscription = await world.subscriptions.get('sub_a');
      const [told, ...more] = world.deliveries.all().filter(({ subscription: to }) => to === 'sub_watcher');
      // Cut off between the call and its record, the endpoint is called again, and it answers otherwise now.
      const isCutOff = world.calls.filter(({ url }) => url.endsWith('/a')).length > 1;
      expect(world.queue, at).toEqual([]);
      expect(more, at).toEqual([]);
      if (isCutOff) continue;
      expect(subscription?.state, at).toBe('disabled');
      expect(told, at).toMatchObject({ state: 'delivered', eventType: 'jobwatch.endpoint.disabled' });
      expect(await world.deliveries.get('sub_a', 'evt_1'), at).toMatchObject({ state: 'canceled' });
    }
  });
});

/** Whether the first list is the second with some left out. */
function isWithin(few: readonly number[], many: readonly number[]): boolean {
  let found = 0;
  for (const each of many) if (few[found] === each) found += 1;
  return found === few.length;
}
