import { describe, expect, it } from 'vitest';
import { type Keys, makeKeys, type Subject } from '../../lib/admission/key-breaker.ts';
import type { Standing } from '../../lib/admission/key-state.ts';
import { fakeClock } from '../fakes/clock.ts';
import { fakeStandings } from '../fakes/standings.ts';

const KEY: Subject = { id: 'key#1', account: 'default', accountVersion: '1', needsTrial: true, inFlightMax: 4 };
const MINUTE = 60_000;

function setUp() {
  const clock = fakeClock();
  const standings = fakeStandings();
  const told: Standing[] = [];
  const worker = () =>
    makeKeys(
      {
        standings,
        clock,
        sleep: async () => undefined,
        random: () => 0,
        tellDenied: async (standing) => void told.push(standing),
      },
      { trialMs: 13_000 },
    );
  return { clock, standings, told, worker };
}

async function call(keys: Keys, good: boolean, subject = KEY): Promise<'made' | 'not made'> {
  const admission = await keys.admit(subject);
  if (admission.kind !== 'go') return 'not made';
  await keys.settle(
    admission.pass,
    good ? { kind: 'good', refusals: 0 } : { kind: 'refused', reason: 'bad signature', refusals: 1 },
  );
  return 'made';
}

describe('refused keys', () => {
  it('tries a key that has no good answer yet by one call alone; the others wait for it', async () => {
    const { worker } = setUp();
    const keys = worker();
    const first = await keys.admit(KEY);
    const second = keys.admit(KEY);
    expect(first.kind).toBe('go');
    if (first.kind === 'go') await keys.settle(first.pass, { kind: 'good', refusals: 0 });
    expect((await second).kind).toBe('go');
  });

  it('lets no more calls of a key be under way than allowed', async () => {
    const { worker } = setUp();
    const keys = worker();
    await call(keys, true);
    const admissions = await Promise.all(Array.from({ length: 6 }, () => keys.admit(KEY)));
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
      if ((await worker().admit(KEY)).kind === 'go') made += 1;
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
    const { clock, standings, told, worker } = setUp();
    const dying = makeKeys(
      {
        standings,
        clock,
        sleep: async () => undefined,
        random: () => 0,
        tellDenied: () => Promise.reject(new Error('died')),
      },
      { trialMs: 13_000 },
    );
    await expect(call(dying, false)).rejects.toThrow('died');
    expect(told).toEqual([]);
    clock.advance(MINUTE);
    await call(worker(), false);
    expect(told).toHaveLength(1);
  });

  it('gives back a trial that brought no answer, and keeps its mark if the vendor may have counted it', async () => {
    const { standings, worker } = setUp();
    for (const doubt of [false, true]) {
      const admission = await worker().admit(KEY);
      if (admission.kind === 'go') await worker().settle(admission.pass, { kind: 'undecided', doubt });
      expect(standings.all()[0]?.badMs).toHaveLength(doubt ? 1 : 0);
    }
  });

  it('denies a scope without a trial of the key, and probes it as well', async () => {
    const { clock, worker } = setUp();
    const scope: Subject = { ...KEY, id: 'scope#s', needsTrial: false };
    const keys = worker();
    expect(await call(keys, false, scope)).toBe('made');
    expect(await call(keys, true, scope)).toBe('not made');
    clock.advance(6 * MINUTE);
    expect(await call(worker(), true, scope)).toBe('made');
    expect(await call(keys, true, scope)).toBe('made');
  });
});
