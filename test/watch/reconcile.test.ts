import { describe, expect, it } from 'vitest';
import { ItemError } from '../../lib/base/item-error.ts';
import { type ReconcilePorts, reconcile } from '../../lib/watch/reconcile.ts';
import { aJob } from '../fakes/records.ts';
import { makeWorld, type World } from '../fakes/world.ts';

const MINUTE = 60_000;
const NO_DELIVERIES: ReconcilePorts['deliveries'] = {
  subscriptions: async () => [],
  resendOverdue: async () => 0,
  cancelForDisabled: async () => 0,
  removeSettled: async () => 0,
};

function portsOf(world: World, overrides: Partial<ReconcilePorts> = {}): ReconcilePorts {
  return {
    visibleMessages: async () => ({ pending: world.pending.visible(), deliveries: 0 }),
    jobs: world.jobs,
    deniedAccounts: async () => new Set<string>(),
    wake: world.pending.wake,
    groups: async () => 0,
    deliveries: NO_DELIVERIES,
    unreadable: () => 0,
    report: () => undefined,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    clock: world.clock,
    ...overrides,
  };
}

const FAILING: Readonly<Record<string, readonly string[]>> = {
  subscriptions: ['resent'],
  cancelForDisabled: ['canceled'],
  removeSettled: ['settled'],
};

async function aLostJob(): Promise<{ world: World; id: string }> {
  const world = makeWorld();
  world.vendor.script('a', [
    { fromMs: 0, word: 'RUNNING' },
    { fromMs: 4 * MINUTE, word: 'SUCCESS' },
  ]);
  const id = world.submit('a');
  await world.makeWorker().tick();
  world.pending.purge();
  return { world, id };
}

describe('reconcile', () => {
  it('wakes a job whose message was purged, and the job ends right', async () => {
    const { world, id } = await aLostJob();
    expect(await reconcile(portsOf(world))).toMatchObject({ open: 1, woken: 0 });
    world.clock.advance(17 * MINUTE);
    expect(await reconcile(portsOf(world))).toMatchObject({ open: 1, woken: 1 });
    await world.runMinutes(3);
    expect(world.ends(id).map(({ type }) => type)).toEqual(['jobwatch.job.succeeded']);
    expect(await reconcile(portsOf(world))).toMatchObject({ open: 0, woken: 0 });
  });

  it('tells an end that was written and not told when its message vanished', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'FAIL' }]);
    const id = world.submit('a');
    await world.makeWorker((ports) => ({ ...ports, publish: () => Promise.reject(new Error('down')) })).tick();
    world.pending.purge();
    world.clock.advance(17 * MINUTE);
    expect((await reconcile(portsOf(world))).woken).toBe(1);
    await world.runMinutes(2);
    expect(world.ends(id)).toHaveLength(1);
    expect(world.jobs.open()).toEqual([]);
  });

  it('wakes a job once, though it passes again before the message is received', async () => {
    const { world } = await aLostJob();
    world.clock.advance(17 * MINUTE);
    await reconcile(portsOf(world));
    world.clock.advance(4 * MINUTE);
    expect((await reconcile(portsOf(world))).woken).toBe(0);
    expect(world.pending.size()).toBe(1);
  });

  it('adds nothing to a backlog: what waits there is late, not lost', async () => {
    const { world } = await aLostJob();
    world.clock.advance(40 * MINUTE);
    const report = await reconcile(portsOf(world, { visibleMessages: async () => ({ pending: 1001, deliveries: 0 }) }));
    expect(report).toMatchObject({ woken: 0, backlog: 1001 });
    expect(report.oldestOverdueSeconds).toBeGreaterThan(15 * 60);
    expect(world.pending.size()).toBe(0);
  });

  it('does not believe the index: the item is read again', async () => {
    const { world } = await aLostJob();
    world.clock.advance(17 * MINUTE);
    const stale = portsOf(world, { jobs: { ...world.jobs, get: async () => null } });
    expect((await reconcile(stale)).woken).toBe(0);
  });

  it('lets a woken job keep its deadline: a wake message merges nothing', async () => {
    const { world, id } = await aLostJob();
    const deadlineAt = world.job(id)?.deadlineAt;
    for (let pass = 0; pass < 5; pass++) {
      world.clock.advance(17 * MINUTE);
      world.pending.purge();
      await reconcile(portsOf(world));
    }
    await world.runMinutes(1);
    expect(world.job(id)?.deadlineAt).toBe(deadlineAt);
  });

  it('leaves one message in the end when the old one was only late', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'RUNNING' }]);
    world.submit('a');
    await world.makeWorker().tick();
    world.clock.advance(18 * MINUTE);
    await reconcile(portsOf(world));
    expect(world.pending.size()).toBe(2);
    await world.runMinutes(3);
    expect(world.pending.size()).toBe(1);
  });

  it('counts the jobs that wait for a refused account, and reads none while there is none', async () => {
    const world = makeWorld();
    const waiting = { reason: 'the key is refused', until: '2026-11-20T10:05:00.000Z' };
    for (const [id, over] of [
      ['job_1', { account: 'broken', waiting }],
      ['job_2', { account: 'broken', waiting }],
      ['job_3', { account: 'broken', waiting: null }],
      ['job_4', { account: 'default', waiting }],
    ] as const)
      await world.jobs.create(aJob({ id, ...over }));
    const refused = { deniedAccounts: async () => new Set(['broken']) };
    expect((await reconcile(portsOf(world, refused))).denied).toBe(2);
    const unread = { ...world.jobs, get: () => Promise.reject(new Error('was read')) };
    expect(await reconcile(portsOf(world, { jobs: unread }))).toMatchObject({ denied: 0, open: 4 });
  });

  it('wakes the others when one record can not be read, and fails after that', async () => {
    const { world, id } = await aLostJob();
    world.clock.advance(17 * MINUTE);
    await world.jobs.create(aJob({ id: `job_other_${id.at(-1)}`, checkBy: '2026-11-20T09:00:00.000Z' }));
    let resends = 0;
    const deliveries = {
      ...NO_DELIVERIES,
      subscriptions: async () => ['sub_1'],
      resendOverdue: async () => (resends += 1),
    };
    const jobs: ReconcilePorts['jobs'] = {
      ...world.jobs,
      get: (one) => (one === id ? world.jobs.get(one) : Promise.reject(new Error('an odd record'))),
    };
    await expect(reconcile(portsOf(world, { jobs, deliveries }))).rejects.toThrow('an odd record');
    expect([world.pending.size(), resends]).toEqual([1, 1]);
  });

  it('leaves out a record that can not be understood, says how many there are, and does not fail for it', async () => {
    const { world, id } = await aLostJob();
    world.clock.advance(17 * MINUTE);
    await world.jobs.create(aJob({ id: `job_odd_${id.at(-1)}`, checkBy: '2026-11-20T09:00:00.000Z' }));
    const jobs: ReconcilePorts['jobs'] = {
      ...world.jobs,
      get: (one) => (one === id ? world.jobs.get(one) : Promise.reject(new ItemError('phase: odd'))),
    };
    const deniedAccounts = async () => new Set(['broken']);
    const report = await reconcile(portsOf(world, { jobs, deniedAccounts, unreadable: () => 1 }));
    expect(report).toMatchObject({ woken: 1, unreadable: 1, denied: 0 });
  });

  it.each(['subscriptions', 'deniedAccounts', 'cancelForDisabled', 'removeSettled', 'dueBefore'])(
    'does all the rest when %s fails, reports the pass, and fails after that',
    async (what) => {
      const { world } = await aLostJob();
      world.clock.advance(17 * MINUTE);
      const fail = () => Promise.reject(new Error(`no ${what}`));
      const done: string[] = [];
      const deliveries: ReconcilePorts['deliveries'] = {
        subscriptions: async () => ['sub_1'],
        resendOverdue: async () => done.push('resent'),
        cancelForDisabled: async () => done.push('canceled'),
        removeSettled: async () => done.push('settled'),
        ...(what in FAILING ? { [what]: fail } : {}),
      };
      const failing = async function* (): AsyncGenerator<readonly string[]> {
        yield await fail();
      };
      const jobs = { ...world.jobs, ...(what === 'dueBefore' ? { dueBefore: failing } : {}) };
      const reports: unknown[] = [];
      const ports = portsOf(world, { deliveries, jobs, report: (report) => void reports.push(report) });
      const pass = reconcile(what === 'deniedAccounts' ? { ...ports, deniedAccounts: fail } : ports);
      await expect(pass).rejects.toThrow(`no ${what}`);
      expect(reports).toMatchObject([{ open: 1, woken: what === 'dueBefore' ? 0 : 1 }]);
      expect(done).toEqual(['resent', 'canceled', 'settled'].filter((one) => !(FAILING[what] ?? []).includes(one)));
    },
  );

  it('has done all its work before it counts: a count that fails keeps no delivery waiting', async () => {
    const { world } = await aLostJob();
    world.clock.advance(17 * MINUTE);
    let resends = 0;
    const deliveries = {
      ...NO_DELIVERIES,
      subscriptions: async () => ['sub_1'],
      resendOverdue: async () => (resends += 1),
    };
    const deniedAccounts = () => Promise.reject(new Error('the table can not be read'));
    await expect(reconcile(portsOf(world, { deliveries, deniedAccounts }))).rejects.toThrow('can not be read');
    expect([resends, world.pending.size()]).toEqual([1, 1]);
  });

  it('sends again for the other subscriptions when one can not be read, and fails after that', async () => {
    const sent: string[] = [];
    const deliveries: ReconcilePorts['deliveries'] = {
      ...NO_DELIVERIES,
      subscriptions: async () => ['sub_1', 'sub_2'],
      resendOverdue: async ({ subscription }) => {
        if (subscription === 'sub_1') throw new Error('an odd delivery');
        return sent.push(subscription);
      },
    };
    await expect(reconcile(portsOf(makeWorld(), { deliveries }))).rejects.toThrow('an odd delivery');
    expect(sent).toEqual(['sub_2']);
  });

  it('gives deliveries that lost their message a new one, for every subscription', async () => {
    const world = makeWorld();
    const asked: [string, number, number][] = [];
    const deliveries = {
      ...NO_DELIVERIES,
      subscriptions: async () => ['sub_1', 'sub_2'],
      resendOverdue: async ({
        subscription,
        beforeMs,
        limit,
      }: {
        subscription: string;
        beforeMs: number;
        limit: number;
      }) => {
        asked.push([subscription, beforeMs - world.clock(), limit]);
        return 3;
      },
    };
    expect((await reconcile(portsOf(world, { deliveries }))).resent).toBe(6);
    expect(asked).toEqual([
      ['sub_1', -15 * MINUTE, 5000],
      ['sub_2', -15 * MINUTE, 4997],
    ]);
  });
});
