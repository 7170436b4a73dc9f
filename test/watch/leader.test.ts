import { describe, expect, it } from 'vitest';
import { leadTick } from '../../lib/watch/tick.ts';
import type { Follower, Leadership } from '../../lib/watch/wake/leader.ts';
import { LEASE_MS, makeLeader } from '../../lib/watch/wake/leader.ts';
import { fakeClock } from '../fakes/clock.ts';
import { fakeLeaderStore } from '../fakes/leader.ts';

const NO = async () => false;
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
const WOKEN = { isWoken: true, receives: true };

/** Workers that share a table; each has a pace of its own. */
function aStack() {
  const clock = fakeClock();
  const store = fakeLeaderStore();
  let serial = 0;
  const nonce = () => {
    serial += 1;
    return `leader-${serial}`;
  };
  const worker = (own: Partial<Parameters<typeof makeLeader>[0]> = {}) =>
    makeLeader({ store, clock, sleep: clock.sleep, nonce, paceFullMs: () => 0, log: SILENT, ...own });
  return { clock, store, worker };
}

function leading(one: Leadership | Follower): Leadership {
  if (one.kind !== 'leader') throw new Error('it does not lead');
  return one;
}

describe('the leader', () => {
  it('is one at a time, of those who try at the same moment', async () => {
    const { worker } = aStack();
    const tries = await Promise.all([worker()(WOKEN), worker()(WOKEN), worker()(WOKEN)]);
    expect(tries.map(({ kind }) => kind).sort()).toEqual(['follower', 'follower', 'leader']);
  });

  it('tells the others whether it goes on to receive', async () => {
    const { worker } = aStack();
    const first = leading(await worker()({ isWoken: true, receives: false }));
    expect(await worker()(WOKEN)).toEqual({ kind: 'follower', receives: false, untilMs: expect.any(Number) });
    await first.noteReceiving();
    expect(await worker()(WOKEN)).toEqual({ kind: 'follower', receives: true, untilMs: expect.any(Number) });
  });

  it('leads for as long as it renews its lease', async () => {
    const { clock, worker } = aStack();
    const first = leading(await worker()(WOKEN));
    await clock.sleep(4 * LEASE_MS);
    expect(first.leads()).toBe(true);
    expect((await worker()(WOKEN)).kind).toBe('follower');
    const ended = first.end();
    expect(first.leads()).toBe(false);
    await ended;
    expect((await worker()(WOKEN)).kind).toBe('leader');
  });

  it('that died is followed when its lease is over, and knows that by its own clock before', async () => {
    const { clock, worker } = aStack();
    const never = () => new Promise<void>(() => undefined);
    const dead = leading(await worker({ sleep: never })(WOKEN));
    clock.advance(LEASE_MS - 1);
    expect(dead.leads()).toBe(false);
    expect((await worker()(WOKEN)).kind).toBe('follower');
    clock.advance(1);
    expect((await worker()(WOKEN)).kind).toBe('leader');
    await dead.end();
    expect((await worker()(WOKEN)).kind).toBe('follower');
  });

  it('is followed when the pace of every scope is unused again, not before', async () => {
    const { clock, worker } = aStack();
    const first = leading(await worker({ paceFullMs: () => clock() + 700 })(WOKEN));
    await first.end();
    expect((await worker()(WOKEN)).kind).toBe('follower');
    clock.advance(700);
    expect((await worker()(WOKEN)).kind).toBe('leader');
  });

  it('is followed by a tick that waits, before woken workers that look four times a second', async () => {
    const { clock, worker } = aStack();
    const first = leading(await worker({ paceFullMs: () => clock() + 830 })(WOKEN));
    const tick = leadTick({ isEmpty: NO, tryToLead: worker(), clock, sleep: clock.sleep, log: SILENT }, 4);
    await clock.sleep(2000);
    const freeMs = clock() + 830;
    await first.end();
    expect(await tick).toMatchObject({ kind: 'leader' });
    expect(clock()).toBe(freeMs);
  });

  it('is no tick that finds the queue empty; whoever can not count it leads', async () => {
    const { clock, worker } = aStack();
    const ports = { tryToLead: worker(), clock, sleep: clock.sleep, log: SILENT };
    expect(await leadTick({ ...ports, isEmpty: async () => true }, 4)).toBeNull();
    const unknown = () => Promise.reject(new Error('SQS is away'));
    expect(await leadTick({ ...ports, isEmpty: unknown }, 4)).toMatchObject({ kind: 'leader' });
  });

  it('that has siblings is not followed before their time is over', async () => {
    const { clock, worker } = aStack();
    const first = leading(await worker()({ isWoken: false, receives: true }));
    const untilMs = clock() + 57_000;
    await first.keepUntil(untilMs);
    await first.end();
    clock.set(untilMs - 2000);
    expect(first.leads()).toBe(true);
    clock.set(untilMs - 1);
    expect(first.leads()).toBe(false);
    expect((await worker()(WOKEN)).kind).toBe('follower');
    clock.set(untilMs);
    expect((await worker()(WOKEN)).kind).toBe('leader');
  });

  it('whose write took effect and lost its reply leads all the same', async () => {
    const { store, worker } = aStack();
    const lossy: typeof store = {
      ...store,
      write: async (lease) => {
        await store.write(lease);
        return 'conflict';
      },
    };
    expect((await worker({ store: lossy })(WOKEN)).kind).toBe('leader');
  });

  it('gives its lease back though an earlier write took effect and was told as a fault', async () => {
    const { clock, store, worker } = aStack();
    let writes = 0;
    const lossy: typeof store = {
      ...store,
      write: async (lease) => {
        const written = await store.write(lease);
        writes += 1;
        if (writes === 2) throw new Error('no whole answer');
        return written;
      },
    };
    const first = leading(await worker({ store: lossy })(WOKEN));
    await clock.sleep(6000);
    expect(writes).toBe(2);
    await first.end();
    expect((await worker()(WOKEN)).kind).toBe('leader');
  });

  it('knows when a worker was woken last, whoever led since', async () => {
    const { clock, worker } = aStack();
    const tick = { isWoken: false, receives: true };
    const wokenAtMs = clock();
    await leading(await worker()(WOKEN)).end();
    await leading(await worker()(tick)).end();
    expect(leading(await worker()(tick)).wokenMs).toBe(wokenAtMs);
  });
});
