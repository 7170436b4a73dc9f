import { describe, expect, it } from 'vitest';
import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import { makePace } from '../../lib/admission/pace.ts';
import type { Scope } from '../../lib/job/identity.ts';
import { NO_DETAIL, type Observation } from '../../lib/job/observation.ts';
import type { AccountLookup } from '../../lib/vendors/account.ts';
import { fakeClock } from '../fakes/clock.ts';
import { fakeKeyStates } from '../fakes/key-states.ts';
import { aTick } from '../fakes/tick.ts';
import { fakeVendor } from '../fakes/vendor.ts';
import { ACCOUNT, makeWorld } from '../fakes/world.ts';

/** What a refusal stops, and what it leaves alone: a key in all its scopes, a permission in its own scope only. */
const MINUTE = 60_000;
const HERE: Scope = { api: 'test.api', account: 'default', region: 'here', projectId: null };
const THERE: Scope = { ...HERE, region: 'there' };
const GOOD: Observation = { kind: 'status', word: 'RUNNING', detail: NO_DETAIL };
const NO_KEY: Observation = { kind: 'denied', what: 'key', reason: 'bad signature' };
const NO_RIGHT: Observation = { kind: 'denied', what: 'scope', reason: 'no permission' };

function setUp() {
  const clock = fakeClock();
  const keyStates = fakeKeyStates();
  const told: string[] = [];
  const accounts = new Map<string, AccountLookup>([['default', ACCOUNT]]);
  const vendor = fakeVendor(clock);
  const sleep = async (ms: number) => clock.advance(ms);
  const publishDenied = async ({ id }: { id: string }) => void told.push(id.replace(/#.*/, ''));
  const lookup = async (name: string) =>
    accounts.get(name) ?? ({ kind: 'absent', reason: 'absent', version: null } as const);

  /** A worker makes one call with this outcome, if it may. */
  function worker() {
    const keys = makeKeyBreaker({ keyStates, clock, sleep, random: () => 0.5, publishDenied }, { probeMs: 13_000 });
    const pace = makePace({ callsPerSecond: 1000, inFlightMax: 50 }, () => 0);
    const admit = makeAdmission({ accounts: lookup, keys, pace, clock, sleep });
    let tick = aTick();
    const call = async (scope: Scope, seen: Observation): Promise<'made' | string> => {
      const permit = await admit(scope, vendor, tick);
      if (permit.kind === 'busy') return 'busy';
      if (permit.kind === 'wait') return permit.reason;
      const keyRefusals = seen === NO_KEY ? 1 : 0;
      await permit.release({ observations: new Map([['a', seen]]), keyRefusals, keyDoubts: 0, pages: null });
      return 'made';
    };
    const nextTick = () => {
      clock.advance(1);
      tick = aTick({ beganMs: clock() });
    };
    return { call, nextTick };
  }
  return { clock, accounts, told, worker, call: worker().call };
}

describe('a refusal', () => {
  it('of the permission stops its own scope; the key goes on elsewhere', async () => {
    const { call, told, clock } = setUp();
    expect(await call(HERE, NO_RIGHT)).toBe('made');
    for (let minute = 0; minute < 4; minute++) {
      expect(await call(HERE, GOOD)).toBe('no permission');
      expect(await call(THERE, GOOD)).toBe('made');
      clock.advance(MINUTE);
    }
    expect(told).toEqual(['scope']);
  });

  it('of the key stops every scope', async () => {
    const { call, told } = setUp();
    expect(await call(HERE, NO_KEY)).toBe('made');
    expect(await call(THERE, GOOD)).toBe('bad signature');
    expect(told).toEqual(['key']);
  });

  it('of the key is told once, though its probes are refused too', async () => {
    const { call, told, clock } = setUp();
    let made = 0;
    for (let minute = 0; minute < 40; minute++) {
      if ((await call(HERE, NO_KEY)) === 'made') made += 1;
      clock.advance(MINUTE);
    }
    expect(made).toBe(4);
    expect(told).toEqual(['key']);
  });

  it.each<[string, number, boolean]>([
    ['20 s later', 20_000, false],
    ['in its next tick', 0, true],
  ])('of the key stops other workers whose last answer was good %s', async (_, laterMs, ticks) => {
    const { worker, clock } = setUp();
    const [one, other] = [worker(), worker()];
    expect([await one.call(HERE, GOOD), await other.call(HERE, GOOD)]).toEqual(['made', 'made']);
    expect(await one.call(HERE, NO_KEY)).toBe('made');
    clock.advance(laterMs);
    if (ticks) other.nextTick();
    expect(await other.call(HERE, GOOD)).toBe('bad signature');
  });

  it('of the key stops every account with the same access key, however good its last answer was', async () => {
    const { call, accounts } = setUp();
    accounts.set('twin', { ...ACCOUNT });
    expect(await call(HERE, GOOD)).toBe('made');
    expect(await call({ ...HERE, account: 'twin' }, GOOD)).toBe('made');
    expect(await call({ ...HERE, account: 'twin' }, NO_KEY)).toBe('made');
    expect(await call(HERE, GOOD)).toBe('bad signature');
  });

  it.each<[string, AccountLookup | null, string]>([
    ['absent', null, 'absent'],
    ['malformed', { kind: 'malformed', reason: 'accessKeyId: missing', version: '1' }, 'accessKeyId: missing'],
    [
      'of another cloud',
      { kind: 'found', version: '1', account: { vendor: 'alibaba', accessKeyId: 'AK', accessKeySecret: 'SK' } },
      'account "default" is of alibaba, test.api needs one of huawei',
    ],
  ])('is not even tried by an account that is %s: no call is made, and it is told once', async (_, lookup, reason) => {
    const { call, accounts, told, clock } = setUp();
    if (lookup === null) accounts.delete('default');
    else accounts.set('default', lookup);
    for (let minute = 0; minute < 20; minute++) {
      expect(await call(HERE, GOOD)).toBe(reason);
      clock.advance(MINUTE);
    }
    expect(told).toEqual(['account']);
  });
});

describe('the jobs of a refused key', () => {
  it('come back every 60 s without a call, and their record says why they wait', async () => {
    const world = makeWorld();
    world.vendor.next({ kind: 'denied', what: 'key', reason: 'bad signature' });
    const id = world.submit('a');
    const worker = world.makeWorker();
    // The same reason is not written again before the record's `checkBy`: the time in it may be ten minutes old.
    await world.runMinutes(2, worker);
    for (let minute = 0; minute < 2; minute++) {
      const waiting = world.job(id)?.waiting;
      expect(waiting?.reason).toBe('bad signature');
      const waitMs = Date.parse(waiting?.until ?? '') - world.clock();
      expect(waitMs).toBeGreaterThan(-10 * MINUTE);
      expect(waitMs).toBeLessThanOrEqual(MINUTE);
      await world.runMinutes(1, worker);
    }
    expect(world.vendor.calls).toHaveLength(1);
    await world.runMinutes(10, worker);
    expect(world.vendor.calls.length).toBeGreaterThan(1);
    expect(world.job(id)?.waiting).toBeNull();
  });

  it.each<['key' | 'scope']>([['key'], ['scope']])('say that the %s is denied, at once and later', async (what) => {
    const world = makeWorld();
    world.vendor.next(...Array.from({ length: 100 }, () => ({ kind: 'denied', what, reason: 'no' }) as const));
    const id = world.submit('a');
    const worker = world.makeWorker();
    for (let minute = 0; minute < 5; minute++) {
      await world.runMinutes(1, worker);
      expect(world.job(id)?.waiting).toMatchObject({ reason: 'no', denied: true });
    }
  });

  it('say why they could not be polled, as do those of a vendor that is out of order', async () => {
    const world = makeWorld();
    const reset: Observation = { kind: 'unreachable', reason: 'no answer came (reset)' };
    world.vendor.next(...Array.from({ length: 100 }, () => reset));
    const id = world.submit('a');
    await world.runMinutes(3);
    expect(world.job(id)).toMatchObject({
      phase: 'pending',
      waiting: { reason: expect.stringMatching(/no answer came|can't be reached/) },
    });
    expect(world.job(id)?.waiting?.denied).toBeUndefined();
  });
});
