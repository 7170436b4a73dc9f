import { describe, expect, it } from 'vitest';
import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import type { KeyStateStore } from '../../lib/admission/key-state-store.ts';
import { type Busy, makePace, type Wait } from '../../lib/admission/pace.ts';
import type { Permit } from '../../lib/admission/permit.ts';
import type { Tick } from '../../lib/admission/tick.ts';
import { NO_DETAIL, type Observation } from '../../lib/job/observation.ts';
import type { AccountLookup } from '../../lib/vendors/account.ts';
import type { PollResult } from '../../lib/vendors/vendor.ts';
import { fakeClock } from '../fakes/clock.ts';
import { fakeKeyStates } from '../fakes/key-states.ts';
import { aTick } from '../fakes/tick.ts';
import { fakeVendor } from '../fakes/vendor.ts';
import { ACCOUNT } from '../fakes/world.ts';

const SCOPE = { api: 'test.api', account: 'default', region: 'r', projectId: null };
const MINUTE = 60_000;
const GOOD: Observation = { kind: 'status', word: 'RUNNING', detail: NO_DETAIL };
const BAD: Observation = { kind: 'denied', what: 'key', reason: 'bad signature' };

function setUp(options: { keyStates?: (real: KeyStateStore) => KeyStateStore; callsPerSecond?: number } = {}) {
  const clock = fakeClock();
  const real = fakeKeyStates();
  const keyStates = options.keyStates?.(real) ?? real;
  const told: string[] = [];
  const reads: string[] = [];
  const accounts = new Map<string, AccountLookup>([['default', ACCOUNT]]);
  const vendor = fakeVendor(clock);
  const sleep = async (ms: number) => clock.advance(ms);
  const worker = (workers = 1) => {
    const pace = makePace({ callsPerSecond: options.callsPerSecond ?? 1000, inFlightMax: 50 }, () => 0);
    const publishDenied = async ({ id, denial }: { id: string; denial: { since: string } | null }) =>
      void told.push(`${id} ${denial?.since}`);
    const keys = makeKeyBreaker({ keyStates, clock, sleep, random: () => 0.5, publishDenied }, { probeMs: 13_000 });
    const lookup = async (name: string) => {
      reads.push(name);
      return accounts.get(name) ?? ({ kind: 'absent', reason: 'absent', version: null } as const);
    };
    const admit = makeAdmission({ accounts: lookup, keys, pace, clock, sleep });
    let tick = aTick({ workers });
    const nextTick = (more: Partial<Tick> = {}) => {
      clock.advance(1);
      tick = aTick({ workers, beganMs: clock(), ...more });
    };
    return { admit: (scope = SCOPE, by = vendor) => admit(scope, by, tick), nextTick };
  };
  return { clock, told, reads, accounts, vendor, worker, keyStates: real };
}

function resultOf(observation: Observation, extra: Partial<PollResult> = {}): PollResult {
  const refusals = observation.kind === 'denied' && observation.what === 'key' ? 1 : 0;
  return { observations: new Map([['a', observation]]), keyRefusals: refusals, keyDoubts: 0, pages: null, ...extra };
}

/** Lets calls begin together, each answered a moment after it began; how many were made. */
async function burst(admit: () => Promise<Permit | Busy | Wait>, size: number, given: PollResult): Promise<number> {
  const moment = () => new Promise<void>((resolve) => setImmediate(resolve));
  const made = await Promise.all(
    Array.from({ length: size }, async () => {
      const admission = await admit();
      if (admission.kind !== 'go') return 0;
      await moment();
      await admission.release(given);
      return 1;
    }),
  );
  return made.reduce<number>((sum, one) => sum + one, 0);
}

describe('admission', () => {
  it('reads no account that is known not to exist, until its jobs are back', async () => {
    const { worker, clock, reads, accounts } = setUp();
    const { admit } = worker();
    const bogus = { ...SCOPE, account: 'bogus' };
    for (let call = 0; call < 100; call++) expect(await admit(bogus)).toMatchObject({ kind: 'wait', reason: 'absent' });
    expect(reads).toEqual(['bogus']);
    accounts.set('bogus', ACCOUNT);
    clock.advance(MINUTE);
    expect((await admit(bogus)).kind).toBe('go');
  });

  it('gives back what it took when the store of refusals fails', async () => {
    let faults = 4;
    const failing = (real: KeyStateStore): KeyStateStore => ({
      ...real,
      get: (id) => (id.startsWith('key#') && faults-- > 0 ? Promise.reject(new Error('down')) : real.get(id)),
    });
    const { worker } = setUp({ keyStates: failing });
    const { admit } = worker();
    for (let fault = 0; fault < 4; fault++) await expect(admit()).rejects.toThrow('down');
    expect((await admit()).kind).toBe('go');
  });

  it('lets a scope hold half of what its Huawei key may have under way', async () => {
    const { worker } = setUp();
    const { admit } = worker();
    await burst(admit, 1, resultOf(GOOD));
    const kinds = (await Promise.all(Array.from({ length: 6 }, () => admit()))).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'go')).toHaveLength(2);
    expect((await admit({ ...SCOPE, region: 'other' })).kind).toBe('go');
  });

  it.each([
    ['key', 'wait'],
    ['scope', 'go'],
  ] as const)('counts by %s where the vendor does: another account with that key is told to %s', async (of, other) => {
    const { worker, accounts, clock } = setUp();
    accounts.set('second', ACCOUNT);
    const paced = { ...fakeVendor(clock), pace: { callsPerSecond: 0.5, of } };
    const { admit } = worker();
    const first = await admit(SCOPE, paced);
    if (first.kind !== 'go') throw new Error('expected go');
    clock.advance(2000);
    await first.release({ ...resultOf(GOOD), restMs: 9000 });
    expect(await admit(SCOPE, paced)).toMatchObject({ kind: 'wait', untilMs: clock() + 9000 });
    expect((await admit({ ...SCOPE, account: 'second' }, paced)).kind).toBe(other);
  });

  it('gives those that crowd one slot after another, not one instant for all', async () => {
    const { worker, clock } = setUp({ callsPerSecond: 5 });
    const { admit } = worker();
    await burst(admit, 1, resultOf(GOOD));
    const slots = (await Promise.all(Array.from({ length: 40 }, () => admit()))).flatMap((one) =>
      one.kind === 'busy' ? [one.slot(clock() + 1000, clock())] : [],
    );
    expect(slots.length).toBeGreaterThan(30);
    expect(new Set(slots.map(({ untilMs }) => untilMs)).size).toBe(slots.length);
  });

  it('shows a refused key to processes that had good answers before', async () => {
    const { worker, clock } = setUp();
    const workers = [worker(), worker(), worker()];
    for (const one of workers) await burst(one.admit, 1, resultOf(GOOD));
    let bad = 0;
    for (const one of workers) {
      one.nextTick();
      bad += await burst(one.admit, 4, resultOf(BAD));
      clock.advance(30_000);
    }
    expect(bad).toBeLessThanOrEqual(5);
  });

  it('tries each new version of an account first, within the same allowance', async () => {
    const { worker, accounts, clock } = setUp();
    const { admit } = worker();
    let bad = 0;
    for (let version = 1; version < 12; version++) {
      accounts.set('default', { ...ACCOUNT, version: String(version) } as AccountLookup);
      const isGood = version % 2 === 1;
      const made = await burst(admit, 4, resultOf(isGood ? GOOD : BAD));
      if (!isGood) bad += made;
      clock.advance(10_000);
    }
    expect(bad).toBeGreaterThan(0);
    expect(bad).toBeLessThanOrEqual(5);
  });

  it('stops calls that are refused before each good answer, when they are five in five minutes', async () => {
    const { worker, clock } = setUp();
    const { admit } = worker();
    let refusals = 0;
    for (let second = 0; second < 200; second++) {
      refusals += await burst(admit, 1, resultOf(GOOD, { keyRefusals: 1 }));
      clock.advance(1000);
    }
    expect(refusals).toBeLessThanOrEqual(5);
  });

  it('counts every refusal of calls that were refused together', async () => {
    const { worker, keyStates } = setUp();
    const { admit } = worker();
    await burst(admit, 1, resultOf(GOOD));
    const calls = await Promise.all([
      admit(),
      admit(),
      admit({ ...SCOPE, region: 'b' }),
      admit({ ...SCOPE, region: 'b' }),
    ]);
    await Promise.all(calls.map((call) => call.kind === 'go' && call.release(resultOf(BAD))));
    const key = keyStates.all().find(({ id }) => id.startsWith('key#'));
    expect(key?.badMs).toHaveLength(calls.filter(({ kind }) => kind === 'go').length);
  });

  it('tries a mended account at once, though another one with the same key was refused after it', async () => {
    const { worker, accounts, clock } = setUp();
    accounts.set('other', { ...ACCOUNT, version: '1' } as AccountLookup);
    const { admit } = worker();
    await burst(admit, 1, resultOf(BAD));
    clock.advance(6 * MINUTE);
    const probe = await admit({ ...SCOPE, account: 'other' });
    if (probe.kind === 'go') await probe.release(resultOf(BAD));
    clock.advance(MINUTE);
    accounts.set('default', { ...ACCOUNT, version: '2' } as AccountLookup);
    expect((await admit()).kind).toBe('go');
  });

  it('knows one IAM user by the two spellings of its end point', async () => {
    const { worker, accounts, clock } = setUp();
    const user = { vendor: 'huawei', domain: 'd', username: 'u', password: 'p' } as const;
    accounts.set('a', { kind: 'found', version: '1', account: { ...user, iamEndpoint: 'https://iam.example.com' } });
    accounts.set('b', { kind: 'found', version: '1', account: { ...user, iamEndpoint: 'https://iam.example.com/' } });
    const { admit } = worker();
    const first = await admit({ ...SCOPE, account: 'a' });
    if (first.kind === 'go') await first.release(resultOf(BAD));
    clock.advance(MINUTE);
    expect((await admit({ ...SCOPE, account: 'b' })).kind).toBe('wait');
  });

  it('tells once that an account is of the wrong cloud, while the right cloud goes on using it', async () => {
    const { worker, told, vendor, clock } = setUp();
    const other = { ...vendor, api: 'other.api', cloud: 'alibaba' as const };
    const { admit, nextTick } = worker();
    for (let minute = 0; minute < 10; minute++) {
      nextTick();
      expect((await admit({ ...SCOPE, api: 'other.api' }, other)).kind).toBe('wait');
      await burst(admit, 1, resultOf(GOOD));
      clock.advance(MINUTE);
    }
    expect(told).toHaveLength(1);
  });

  it('does not spend a probe on a call that the pace does not allow', async () => {
    const { worker, clock } = setUp({ callsPerSecond: 1 });
    const { admit } = worker();
    await burst(admit, 1, resultOf(BAD));
    clock.advance(5 * MINUTE);
    expect(await burst(admit, 3, resultOf(BAD))).toBe(1);
    clock.advance(10 * MINUTE);
    expect(await burst(admit, 1, resultOf(GOOD))).toBe(1);
  });

  it('makes no further request of a call that was under way when the vendor asked for patience', async () => {
    const { worker, clock } = setUp();
    const { admit } = worker();
    await burst(admit, 1, resultOf(GOOD));
    const [list, throttled] = [await admit(), await admit()];
    if (list.kind !== 'go' || throttled.kind !== 'go') throw new Error('not admitted');
    expect(await list.acquire()).toBe(true);
    await throttled.release(resultOf({ kind: 'throttled', retryAfterMs: 5000, reason: 'too many' }));
    clock.advance(1000);
    expect(await list.acquire()).toBe(false);
    await list.release(resultOf(GOOD));
    clock.advance(3900);
    expect((await admit()).kind).toBe('wait');
    clock.advance(100);
    expect((await admit()).kind).toBe('go');
  });

  it('lets a call that has begun go on at the pace, and no longer than half a minute', async () => {
    const { worker, clock } = setUp({ callsPerSecond: 5 });
    const { admit } = worker();
    const permit = await admit();
    const startMs = clock();
    let requests = 0;
    while (permit.kind === 'go' && (await permit.acquire())) {
      requests += 1;
      clock.advance(50);
    }
    expect(clock() - startMs).toBeLessThanOrEqual(31_000);
    expect(requests).toBeLessThanOrEqual(5 * 31 + 6);
    expect(requests).toBeGreaterThan(100);
  });

  it('takes no request of the pace for a call that began, once its tick begins none any more', async () => {
    const { worker, clock } = setUp({ callsPerSecond: 1 });
    const { admit, nextTick } = worker();
    let isLate = false;
    nextTick({ mayBegin: () => !isLate });
    const list = await admit();
    if (list.kind !== 'go') throw new Error(list.kind);
    expect(await list.acquire()).toBe(true);
    isLate = true;
    clock.advance(1000);
    expect(await list.acquire()).toBe(false);
    await list.release(resultOf(GOOD));
    nextTick();
    expect((await admit()).kind).toBe('go');
  });
});
