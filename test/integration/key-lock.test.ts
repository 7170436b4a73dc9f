import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeSend } from '../../lib/adapters/http/send.ts';
import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import { makePace } from '../../lib/admission/pace.ts';
import type { Tick } from '../../lib/admission/tick.ts';
import type { Send } from '../../lib/base/http.ts';
import { deniedEvent } from '../../lib/events/event.ts';
import type { Scope } from '../../lib/job/identity.ts';
import type { Observation } from '../../lib/job/observation.ts';
import type { AccountLookup } from '../../lib/vendors/account.ts';
import type { HuaweiKeyAccount } from '../../lib/vendors/huawei/account.ts';
import { makeVendors } from '../../lib/vendors/registry.ts';
import type { Vendor } from '../../lib/vendors/vendor.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { fakeClock, seededRandom } from '../fakes/clock.ts';
import { fakeKeyStates } from '../fakes/key-states.ts';
import { aTick } from '../fakes/tick.ts';

/**
 * Goal: a key with a wrong secret is never locked by jobwatch, however many scopes and workers use it. Method: the real
 * vendors over HTTP, a simulator that counts bad signatures and locks as Huawei does, one clock for both, and workers
 * that forget everything or die in the middle of a call.
 */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const ROUND_MS = 20 * SECOND;
const KEY = 'AK1';
const GOOD = 'right';
const PROJECTS = ['p1', 'p2', 'p3', 'p4'];
const REGIONS = ['r1', 'r2', 'r3'];
const SCOPES: Scope[] = ['huawei.elb.v1', 'huawei.elb.v3'].flatMap((api) =>
  REGIONS.flatMap((region) => PROJECTS.map((projectId) => ({ api, account: 'default', region, projectId }))),
);

/** Where a worker dies: after it has claimed the call, or after the vendor has received it. */
type Death = 'claimed' | 'sent';

interface Worker {
  /** One attempt in every scope, side by side; what was learned, by kind. Ends early if the worker dies. */
  round(): Promise<Observation['kind'][]>;
}

let simulator: Simulator;
let clock: ReturnType<typeof fakeClock>;
let keyStates: ReturnType<typeof fakeKeyStates>;
let lookup: AccountLookup;
let told: Set<string>;

beforeEach(async () => {
  clock = fakeClock();
  keyStates = fakeKeyStates();
  told = new Set();
  simulator = await startSimulator({ clock });
  grant(GOOD);
  for (const { api, projectId } of SCOPES) {
    const job = { api: api as 'huawei.elb.v1', projectId: projectId ?? '', jobId: 'job' };
    simulator.addJob({ ...job, steps: [{ status: 'RUNNING' }] });
  }
});

afterEach(() => simulator.close());

/** The vendor takes this secret and no other. */
function grant(secret: string): void {
  simulator.setCredential({ vendor: 'huawei', accessKeyId: KEY, accessKeySecret: secret });
}

/** The account holds this secret from now on. */
function store(secret: string, version: string): void {
  const endpoints = Object.fromEntries(SCOPES.map(({ api }) => [api, simulator.url]));
  const account: HuaweiKeyAccount = { vendor: 'huawei', accessKeyId: KEY, accessKeySecret: secret, endpoints };
  lookup = { kind: 'found', version, account };
}

let nonces = 0;
const realSend = makeSend({ timeoutMs: 5000, maxBytes: 1_000_000 });

/** A worker after a cold start: it remembers nothing but what the table `state` holds. */
function makeWorker(workers: number, options: { send?: Send; death?: Death | null } = {}): Worker {
  const { send = realSend, death = null } = options;
  const vendors = makeVendors({ send, clock, nonce: () => `${++nonces}` });
  const publishDenied: Parameters<typeof makeKeyBreaker>[0]['publishDenied'] = async ({ id, denial }) => {
    if (denial === null) return;
    const { account, since, reason } = denial;
    // Telling takes its time, in which other calls of the key are refused.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(10);
    told.add(deniedEvent('test', { subject: id, account, deniedSince: since, reason }).id);
  };
  const sleep = async (ms: number) => clock.advance(ms);
  const keys = makeKeyBreaker({ keyStates, clock, sleep, random: order, publishDenied }, { probeMs: 13 * SECOND });
  const pace = makePace({ callsPerSecond: 5, inFlightMax: 10 }, () => 0.5);
  const admit = makeAdmission({ accounts: async () => lookup, keys, pace, clock, sleep });
  const { promise: died, resolve: die } = Promise.withResolvers<void>();
  let dead = false;

  async function attempt(scope: Scope, tick: Tick, learned: Observation['kind'][]): Promise<void> {
    const vendor = vendors.get(scope.api) as Vendor;
    const permit = await admit(scope, vendor, tick);
    if (permit.kind !== 'go') return;
    if (death === 'claimed') return fall();
    const result = await vendor.poll({ scope, shape: 'single', jobIds: ['job'], beganAfterMs: null }, permit);
    if (death === 'sent') return fall();
    await permit.release(result);
    learned.push(...[...result.observations.values()].map(({ kind }) => kind));
  }

  function fall(): void {
    dead = true;
    die();
  }

  return {
    async round() {
      const learned: Observation['kind'][] = [];
      const tick = aTick({ workers, beganMs: clock() });
      const attempts = () => shuffled(SCOPES).map((scope) => attempt(scope, tick, learned));
      if (!dead) await Promise.race([died, Promise.all(attempts())]);
      return learned;
    },
  };
}

const order = seededRandom(1);
const shuffled = (scopes: readonly Scope[]) =>
  scopes
    .map((scope) => ({ scope, at: order() }))
    .sort((a, b) => a.at - b.at)
    .map(({ scope }) => scope);

const failures = () => simulator.counters().keys[KEY]?.signatureFailures ?? 0;
const mostIn5Minutes = () => simulator.counters().keys[KEY]?.maxSignatureFailuresIn5Minutes ?? 0;

/** Rounds of all workers side by side, for so long. The key may be locked after none of them. */
async function play(minutes: number, crew: () => Worker[]): Promise<void> {
  const untilMs = clock() + minutes * MINUTE;
  while (clock() < untilMs) {
    await Promise.all(crew().map((worker) => worker.round()));
    expect(simulator.state().locks).toEqual({});
    clock.advance(ROUND_MS);
  }
}

/**
 * Whether refusals hours apart are still "in a row" is not published; the simulator takes them so. Where many are
 * played, the five minutes are what counts.
 */
function lockByWindowOnly(): void {
  simulator.setOptions({ lockAfterFailures: 1_000_000 });
}

describe.each([1, 4])('a wrong secret and %i workers', (workers) => {
  const crew = (death: (index: number) => Death | null = () => null) =>
    Array.from({ length: workers }, (_, index) => makeWorker(workers, { death: death(index) }));

  it('never locks the key though every worker forgets everything in each round', async () => {
    store('wrong', '1');
    await play(60, () => crew());
    expect(failures()).toBe(4);
    expect(mostIn5Minutes()).toBeLessThanOrEqual(5);
    expect(told.size).toBe(1);
  });

  it('is tried by one call at a time, and by workers that remember no more often', async () => {
    store('wrong', '1');
    const lasting = crew();
    await play(60, () => lasting);
    expect(failures()).toBe(4);
    expect(simulator.counters().keys[KEY]?.maxConcurrentRequests).toBe(1);
    expect(told.size).toBe(1);
  });

  it('never locks the key though workers die between the claim and the call', async () => {
    store('wrong', '1');
    const random = seededRandom(workers);
    await play(60, () => crew(() => (random() < 0.5 ? 'claimed' : null)));
    expect(failures()).toBeGreaterThan(0);
    expect(mostIn5Minutes()).toBeLessThanOrEqual(5);
    expect(told.size).toBe(1);
  });

  it('makes no more than five bad signatures in five minutes though every worker dies before the answer', async () => {
    lockByWindowOnly();
    store('wrong', '1');
    await play(60, () => crew(() => 'sent'));
    expect(failures()).toBeGreaterThan(5);
    expect(mostIn5Minutes()).toBe(5);
  });

  it('makes no more than five in five minutes whoever dies when, and tells the denial once', async () => {
    lockByWindowOnly();
    const random = seededRandom(7 * workers);
    const fate = (): Death | null => (random() < 0.4 ? 'sent' : random() < 0.5 ? 'claimed' : null);
    store('wrong', '1');
    await play(60, () => crew(fate));
    expect(mostIn5Minutes()).toBeLessThanOrEqual(5);
    expect(told.size).toBe(1);
  });

  it('is over as soon as the secret is mended: all scopes are asked, one call first', async () => {
    store('wrong', '1');
    const lasting = crew();
    await play(7, () => lasting);
    expect(failures()).toBe(2);
    store(GOOD, '2');
    const learned: string[] = [];
    const first = await Promise.all(lasting.map((worker) => worker.round()));
    expect(first.flat().length).toBeGreaterThan(0);
    for (let second = 0; second < 30; second++) {
      for (const kinds of await Promise.all(lasting.map((worker) => worker.round()))) learned.push(...kinds);
      clock.advance(SECOND);
    }
    expect(new Set(learned)).toEqual(new Set(['status']));
    const polls = simulator.counters().polls;
    expect(Object.keys(polls)).toHaveLength(8);
    expect(failures()).toBe(2);
    expect(told.size).toBe(1);
  });

  it('costs four bad signatures when a good key is revoked while four calls are under way', async () => {
    lockByWindowOnly();
    store(GOOD, '1');
    const gate = makeGate();
    const lasting = Array.from({ length: workers }, () => makeWorker(workers, { send: gate.send }));
    for (let second = 0; second < 10; second++) {
      await Promise.all(lasting.map((worker) => worker.round()));
      clock.advance(SECOND);
    }
    expect(failures()).toBe(0);
    gate.close();
    const rounds = lasting.map((worker) => worker.round());
    await gate.holds(4);
    grant('another');
    gate.open();
    expect((await Promise.all(rounds)).flat()).toEqual(['denied', 'denied', 'denied', 'denied']);
    await play(60, () => [...lasting, makeWorker(workers)]);
    expect(mostIn5Minutes()).toBeLessThanOrEqual(5);
    expect(told.size).toBe(1);
    store('another', '2');
    const after = (await Promise.all(lasting.map((worker) => worker.round()))).flat();
    expect(after.length).toBeGreaterThan(0);
    expect(new Set(after)).toEqual(new Set(['status']));
  });
});

/** Holds requests back while it is closed. */
function makeGate() {
  let opened = Promise.withResolvers<void>();
  opened.resolve();
  let waiting = 0;
  return {
    send: async (request: Parameters<Send>[0]) => {
      waiting += 1;
      await opened.promise;
      waiting -= 1;
      const answer = await realSend(request);
      clock.advance(1);
      return answer;
    },
    close: () => {
      opened = Promise.withResolvers();
    },
    open: () => opened.resolve(),
    async holds(count: number) {
      while (waiting < count) await new Promise((resolve) => setImmediate(resolve));
      // Whoever would come on top of these has had the time for it.
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(waiting).toBe(count);
    },
  };
}
