import { describe, expect, it } from 'vitest';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import type { Credential } from '../../lib/admission/key-memory.ts';
import type { KeyBreaker } from '../../lib/admission/key-permit.ts';
import type { KeyState } from '../../lib/admission/key-state.ts';
import { HUAWEI } from '../../lib/vendors/huawei/cloud.ts';
import { fakeClock } from '../fakes/clock.ts';
import { fakeKeyStates } from '../fakes/key-states.ts';
import { aTick } from '../fakes/tick.ts';

const USE = { account: 'default', accountVersion: '1', inFlightMax: 4, workers: 1 };
const KEY: Credential = { ...USE, id: 'key#1', lockRule: HUAWEI.key.lockRule, scope: 'here' };
const TICK = aTick();
const MINUTE = 60_000;

function setUp() {
  const clock = fakeClock();
  const keyStates = fakeKeyStates();
  const told: KeyState[] = [];
  const worker = () =>
    makeKeyBreaker(
      {
        keyStates,
        clock,
        sleep: async () => undefined,
        random: () => 0,
        publishDenied: async (state) => void told.push(state),
      },
      { probeMs: 13_000 },
    );
  return { clock, keyStates, told, worker };
}

async function call(keys: KeyBreaker, good: boolean, credential = KEY): Promise<'made' | 'not made'> {
  const admission = await keys.acquire(credential, TICK);
  if (admission.kind !== 'go') return 'not made';
  await keys.release(
    admission.permit,
    good ? { kind: 'good', refusals: 0, scopeToo: true } : { kind: 'refused', reason: 'bad signature', refusals: 1 },
  );
  return 'made';
}

describe('the breaker of a key', () => {
  it('tries a key that has no good answer yet by one call alone; the others wait for it', async () => {
    const { worker } = setUp();
    const keys = worker();
    const first = await keys.acquire(KEY, TICK);
    const second = keys.acquire(KEY, TICK);
    expect(first.kind).toBe('go');
    if (first.kind === 'go') await keys.release(first.permit, { kind: 'good', refusals: 0, scopeToo: true });
    expect((await second).kind).toBe('go');
  });

  it('of two workers that probe at the same moment lets the one go whose claim was written', async () => {
    const { worker, keyStates } = setUp();
    // Both have read before either writes.
    const gate = Promise.withResolvers<void>();
    let reads = 0;
    const { get } = keyStates;
    keyStates.get = async (id) => {
      const state = await get(id);
      reads += 1;
      if (reads === 2) gate.resolve();
      if (reads <= 2) await gate.promise;
      return state;
    };
    const [one, two] = await Promise.all([worker().acquire(KEY, TICK), worker().acquire(KEY, TICK)]);
    expect([one.kind, two.kind].toSorted()).toEqual(['go', 'wait']);
  });

  it('lets no more calls of a key be under way than allowed', async () => {
    const { worker } = setUp();
    const keys = worker();
    await call(keys, true);
    const admissions = await Promise.all(Array.from({ length: 6 }, () => keys.acquire(KEY, TICK)));
    expect(admissions.filter(({ kind }) => kind === 'go')).toHaveLength(4);
  });

  it('never makes more than five bad calls in five minutes, over scopes, workers and cold starts', async () => {
    const { clock, worker } = setUp();
    const bad: number[] = [];
    let crowd = [worker(), worker(), worker(), worker()];
    for (let second = 0; second < 3600; second++) {
      clock.advance(1000);
      if (second % 2 === 0) crowd = [worker(), worker(), worker(), worker()];
      for (const keys of crowd) {
        for (let scope = 0; scope < 24; scope++) if ((await call(keys, false)) === 'made') bad.push(clock());
      }
    }
    for (const from of bad)
      expect(bad.filter((ms) => ms >= from && ms < from + 5 * MINUTE).length).toBeLessThanOrEqual(5);
    expect(bad.length).toBeGreaterThan(3);
  });

  it('counts a call as bad whose worker died before it could say', async () => {
    const { clock, worker } = setUp();
    let made = 0;
    for (let restart = 0; restart < 60; restart++) {
      clock.advance(14_000 / 4);
      if ((await worker().acquire(KEY, TICK)).kind === 'go') made += 1;
    }
    expect(made).toBeLessThanOrEqual(5);
  });

  it('probes after 5, 10, 20, then every 30 minutes', async () => {
    const { clock, worker } = setUp();
    const keys = worker();
    const startMs = clock();
    const at: number[] = [];
    for (let minute = 0; minute < 130; minute++) {
      if ((await call(keys, false)) === 'made') at.push((clock() - startMs) / MINUTE);
      clock.advance(MINUTE);
    }
    expect(at).toEqual([0, 5, 15, 35, 65, 95, 125]);
  });

  it('tries a mended parameter at once, and tells the denial once', async () => {
    const { clock, told, worker } = setUp();
    const keys = worker();
    await call(keys, false);
    clock.advance(MINUTE);
    expect(await call(keys, true)).toBe('not made');
    expect(await call(keys, true, { ...KEY, accountVersion: '2' })).toBe('made');
    expect(await call(worker(), true, { ...KEY, accountVersion: '2' })).toBe('made');
    expect(told).toHaveLength(1);
  });

  it('tells a denial whose worker died before it could', async () => {
    const { clock, keyStates, told, worker } = setUp();
    const dying = makeKeyBreaker(
      {
        keyStates,
        clock,
        sleep: async () => undefined,
        random: () => 0,
        publishDenied: () => Promise.reject(new Error('died')),
      },
      { probeMs: 13_000 },
    );
    await expect(call(dying, false)).rejects.toThrow('died');
    expect(told).toEqual([]);
    clock.advance(MINUTE);
    await call(worker(), false);
    expect(told).toHaveLength(1);
  });

  it('gives back a probe that brought no answer, and keeps its mark if the vendor may have counted it', async () => {
    const { keyStates, worker } = setUp();
    for (const doubt of [false, true]) {
      const admission = await worker().acquire(KEY, TICK);
      if (admission.kind === 'go') await worker().release(admission.permit, { kind: 'undecided', doubt });
      expect(keyStates.all()[0]?.badMs).toHaveLength(doubt ? 1 : 0);
    }
  });

  it('denies a scope without a probe of the key, and probes it as well', async () => {
    const { clock, worker } = setUp();
    const scope: Credential = { ...USE, id: 'scope#s', lockRule: null, scope: null };
    const keys = worker();
    expect(await call(keys, false, scope)).toBe('made');
    expect(await call(keys, true, scope)).toBe('not made');
    clock.advance(6 * MINUTE);
    expect(await call(worker(), true, scope)).toBe('made');
    expect(await call(keys, true, scope)).toBe('made');
  });
});
