import { describe, expect, it } from 'vitest';
import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import { makePace } from '../../lib/admission/pace.ts';
import type { Scope } from '../../lib/job/identity.ts';
import { NO_DETAIL, type Observation } from '../../lib/job/observation.ts';
import type { AccountLookup } from '../../lib/vendors/account.ts';
import { CLOUDS } from '../../lib/vendors/clouds.ts';
import { fakeClock } from '../fakes/clock.ts';
import { fakeKeyStates } from '../fakes/key-states.ts';
import { aTick } from '../fakes/tick.ts';
import { fakeVendor } from '../fakes/vendor.ts';
import { ACCOUNT } from '../fakes/world.ts';

/** Calls that are never answered: what they hold back, and for how long. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const CALL_MS = 5 * SECOND;
const GOOD: Observation = { kind: 'status', word: 'RUNNING', detail: NO_DETAIL };
const SILENCE: Observation = { kind: 'unreachable', reason: 'no answer came (timeout)' };
const NO_KEY: Observation = { kind: 'denied', what: 'key', reason: 'bad signature' };

type Answers = (scope: Scope, request: { unsignedFirst: boolean }) => Observation;

function setUp(lookup: AccountLookup = ACCOUNT) {
  const clock = fakeClock();
  const keyStates = fakeKeyStates();
  const accounts = new Map<string, AccountLookup>([['default', lookup]]);
  const cloud = lookup.kind === 'found' ? lookup.account.vendor : 'huawei';
  const fake = fakeVendor(clock);
  const vendor = { ...fake, cloud, key: CLOUDS.find(({ name }) => name === cloud)?.key ?? fake.key };
  const sleep = async (ms: number) => clock.advance(ms);
  let signed = 0;

  /** A process after a cold start. */
  function worker() {
    const publishDenied = async () => undefined;
    const keys = makeKeyBreaker({ keyStates, clock, sleep, random: () => 0.5, publishDenied }, { probeMs: 13_000 });
    const pace = makePace({ callsPerSecond: 1000, inFlightMax: 50 }, () => 0);
    const find = async (name: string) =>
      accounts.get(name) ?? ({ kind: 'absent', reason: 'absent', version: null } as const);
    const admit = makeAdmission({ accounts: find, keys, pace, clock, sleep });
    /** Whether a call was made; one without an answer takes its time-out. */
    return async function call(scope: Scope, answers: Answers): Promise<'made' | 'put off'> {
      const permit = await admit(scope, vendor, aTick({ beganMs: clock() }));
      if (permit.kind !== 'go') return 'put off';
      const seen = answers(scope, permit);
      const isSilent = seen.kind === 'unreachable';
      if (isSilent) clock.advance(CALL_MS);
      // Where nobody answers what is unsigned, nothing is signed.
      const spent = isSilent && permit.unsignedFirst ? 0 : 1;
      signed += spent;
      const keyRefusals = seen.kind === 'denied' ? 1 : 0;
      const keyDoubts = isSilent ? spent : 0;
      await permit.release({ observations: new Map([['a', seen]]), keyRefusals, keyDoubts, pages: null });
      return 'made';
    };
  }

  return { clock, accounts, keyStates, worker, signed: () => signed };
}

const scopeOf = (region: string): Scope => ({ api: 'test.api', account: 'default', region, projectId: null });
const REGIONS = Array.from({ length: 6 }, (_, index) => scopeOf(`r${index}`));
const HEALTHY = scopeOf('healthy');
const silentElsewhere: Answers = ({ region }) => (region === 'healthy' ? GOOD : SILENCE);
const ALIBABA: AccountLookup = {
  kind: 'found',
  version: '1',
  account: { vendor: 'alibaba', accessKeyId: 'ak', accessKeySecret: 'sk' },
};

describe('calls without an answer', () => {
  it('of a key that had a good answer hold back nothing, on any worker, after any cold start', async () => {
    const { clock, worker } = setUp();
    expect(await worker()(HEALTHY, () => GOOD)).toBe('made');
    for (let start = 0; start < 10; start++) {
      const cold = worker();
      for (const scope of REGIONS) expect(await cold(scope, () => SILENCE)).toBe('made');
      expect(await worker()(HEALTHY, () => GOOD)).toBe('made');
      clock.advance(SECOND);
    }
  });

  it('of a new version of an account may be bad signatures, until it had a good answer', async () => {
    const { accounts, worker, keyStates } = setUp();
    await worker()(HEALTHY, () => GOOD);
    accounts.set('default', { ...ACCOUNT, version: '2' } as AccountLookup);
    const [first = HEALTHY, second = HEALTHY] = REGIONS;
    await worker()(first, () => SILENCE);
    expect(await worker()(first, () => SILENCE)).toBe('put off');
    expect(keyStates.all().find(({ id }) => id.startsWith('key#'))?.doubts).toHaveLength(1);
    expect(await worker()(second, () => GOOD)).toBe('made');
    expect(await worker()(first, () => SILENCE)).toBe('made');
    expect(keyStates.all().find(({ id }) => id.startsWith('key#'))).toMatchObject({ badMs: [], doubts: [] });
  });

  it('of a cloud that locks no key are no bad signatures at all', async () => {
    const { worker } = setUp(ALIBABA);
    for (const scope of [...REGIONS, ...REGIONS]) expect(await worker()(scope, () => SILENCE)).toBe('made');
    expect(await worker()(HEALTHY, () => GOOD)).toBe('made');
  });

  it('mark their scope: the others of an unproven key are tried at once', async () => {
    for (let hanging = 1; hanging <= REGIONS.length; hanging++) {
      const { clock, worker } = setUp();
      const beganMs = clock();
      for (const scope of REGIONS.slice(0, hanging)) await worker()(scope, silentElsewhere);
      expect(await worker()(HEALTHY, silentElsewhere)).toBe('made');
      expect(clock() - beganMs).toBe(hanging * CALL_MS);
    }
  });

  it('of an unproven key are made once in five minutes where nobody answers what is unsigned either', async () => {
    const { clock, worker, signed } = setUp();
    const untilMs = clock() + 30 * MINUTE;
    while (clock() < untilMs) {
      for (const scope of REGIONS) await worker()(scope, () => SILENCE);
      clock.advance(SECOND);
    }
    expect(signed()).toBe(6);
    expect(await worker()(HEALTHY, () => GOOD)).toBe('made');
  });

  // The gateway answers, the service behind it does not: the worst that can be for a key that nothing is known of.
  it('are followed by a probe of the same scope within the minute, and of six within 100 s', async () => {
    for (const [scopes, longestMs] of [
      [1, MINUTE],
      [6, 100 * SECOND],
    ] as const) {
      const times = await behindItsGateway(scopes);
      const gaps = times.slice(1).map((ms, index) => ms - (times[index] ?? 0));
      expect(Math.max(...gaps)).toBeLessThanOrEqual(longestMs + 2 * SECOND);
      for (const from of times)
        expect(times.filter((ms) => ms >= from && ms < from + 5 * MINUTE).length).toBeLessThanOrEqual(5);
    }
  });

  it('of a proven key do not hold the scope that is well under way either', async () => {
    const { worker, clock } = setUp();
    const warm = worker();
    await warm(HEALTHY, () => GOOD);
    for (const scope of REGIONS) await worker()(scope, () => SILENCE);
    clock.advance(20 * SECOND);
    expect(await warm(HEALTHY, () => GOOD)).toBe('made');
  });
});

/** When signed calls were made for an hour, while the gateway answers and the service behind it never does. */
async function behindItsGateway(scopes: number): Promise<number[]> {
  const clock = fakeClock();
  const keyStates = fakeKeyStates();
  const publishDenied = async () => undefined;
  const times: number[] = [];
  const sleep = async (ms: number) => clock.advance(ms);
  const vendor = fakeVendor(clock);
  const untilMs = clock() + 60 * MINUTE;
  while (clock() < untilMs) {
    const keys = makeKeyBreaker({ keyStates, clock, sleep, random: () => 0.5, publishDenied }, { probeMs: 13_000 });
    const pace = makePace({ callsPerSecond: 1000, inFlightMax: 50 }, () => 0);
    const admit = makeAdmission({ accounts: async () => ACCOUNT, keys, pace, clock, sleep });
    for (const scope of REGIONS.slice(0, scopes)) {
      const permit = await admit(scope, vendor, aTick({ beganMs: clock() }));
      if (permit.kind !== 'go') continue;
      times.push(clock());
      clock.advance(CALL_MS);
      await permit.release({ observations: new Map([['a', SILENCE]]), keyRefusals: 0, keyDoubts: 1, pages: null });
    }
    clock.advance(SECOND);
  }
  return times;
}

describe('a key that is refused', () => {
  it('has nothing proven any more: a cold start tries it by one call', async () => {
    const { clock, worker, keyStates } = setUp();
    const warm = worker();
    await warm(HEALTHY, () => GOOD);
    await warm(HEALTHY, () => NO_KEY);
    expect(keyStates.all().find(({ id }) => id.startsWith('key#'))?.proven).toEqual({});
    clock.advance(5 * MINUTE);
    expect(await worker()(HEALTHY, () => GOOD)).toBe('made');
    expect(keyStates.all().find(({ id }) => id.startsWith('key#'))?.proven).toEqual({ default: '1' });
  });

  it('is tried again by a scope that was good, and by another one if that has no jobs any more', async () => {
    const { clock, worker } = setUp();
    const [bogus = HEALTHY] = REGIONS;
    const warm = worker();
    await warm(HEALTHY, () => GOOD);
    await warm(bogus, () => NO_KEY);
    clock.advance(5 * MINUTE);
    expect(await worker()(bogus, () => NO_KEY)).toBe('put off');
    expect(await worker()(HEALTHY, () => NO_KEY)).toBe('made');
    clock.advance(12 * MINUTE);
    expect(await worker()(bogus, () => GOOD)).toBe('made');
  });
});
