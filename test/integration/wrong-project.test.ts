import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeSend } from '../../lib/adapters/http/send.ts';
import { makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import { makePace } from '../../lib/admission/pace.ts';
import type { Scope } from '../../lib/job/identity.ts';
import type { AccountLookup } from '../../lib/vendors/account.ts';
import { makeVendors } from '../../lib/vendors/registry.ts';
import type { Vendor } from '../../lib/vendors/vendor.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { fakeClock, seededRandom } from '../fakes/clock.ts';
import { fakeKeyStates } from '../fakes/key-states.ts';
import { aTick } from '../fakes/tick.ts';

/**
 * Goal: messages that name projects which the IAM user may not enter stop nobody else. Method: the real vendors over
 * HTTP, a simulator that answers such a login with 401, six hours of a clock that both share, one good job that is due
 * every 20 s, wrong ones every two minutes, in an order that changes, and a cold start now and then.
 */
const ROUND_MS = 20_000;
const HOURS = 6;
const API = 'huawei.elb.v1';
const scopeOf = (projectId: string): Scope => ({ api: API, account: 'default', region: 'r', projectId });
const GOOD = scopeOf('good');
const send = makeSend({ timeoutMs: 5000, maxBytes: 1_000_000 });

let clock: ReturnType<typeof fakeClock>;
let simulator: Simulator;
let lookup: AccountLookup;

beforeEach(async () => {
  clock = fakeClock();
  const user = { domain: 'acme', username: 'watcher', password: 'secret' };
  simulator = await startSimulator({
    clock,
    scenario: { credentials: [{ vendor: 'huawei', ...user, projects: [{ id: 'good' }] }] },
  });
  simulator.addJob({ api: API, projectId: 'good', jobId: 'job', steps: [{ status: 'RUNNING' }] });
  const account = {
    vendor: 'huawei',
    ...user,
    iamEndpoint: simulator.url,
    endpoints: { [API]: simulator.url },
  } as const;
  lookup = { kind: 'found', version: '1', account };
});

afterEach(() => simulator.close());

it.each([1, 5, 20, 100])('%i messages with a wrong project leave the good job no minute unasked', async (wrong) => {
  const random = seededRandom(wrong);
  const keyStates = fakeKeyStates();
  const told: string[] = [];
  const sleep = async (ms: number) => clock.advance(ms);
  const publishDenied = async ({ id }: { id: string }) => void told.push(id.replace(/#.*/, ''));

  function worker() {
    const vendor = makeVendors({ send, clock, nonce: () => 'n' }).get(API) as Vendor;
    const keys = makeKeyBreaker({ keyStates, clock, sleep, random, publishDenied }, { probeMs: 13_000 });
    const pace = makePace({ callsPerSecond: 5, inFlightMax: 10 }, random);
    const admit = makeAdmission({ accounts: async () => lookup, keys, pace, clock, sleep });
    return async (scope: Scope) => {
      const permit = await admit(scope, vendor, aTick({ beganMs: clock() }));
      if (permit.kind !== 'go') return false;
      const result = await vendor.poll({ scope, shape: 'single', jobIds: ['job'], beganAfterMs: null }, permit);
      await permit.release(result);
      return result.observations.get('job')?.kind === 'status';
    };
  }

  let call = worker();
  let lastMs = clock();
  let longestMs = 0;
  const bogus = Array.from({ length: wrong }, (_, index) => scopeOf(`bogus${index}`));
  for (let round = 0; round < (HOURS * 3_600_000) / ROUND_MS; round++) {
    if (random() < 0.01) call = worker();
    const due = round % 6 === 0 ? [...bogus, GOOD] : [GOOD];
    for (const scope of due.sort(() => random() - 0.5)) {
      const isSeen = await call(scope);
      if (scope !== GOOD || !isSeen) continue;
      longestMs = Math.max(longestMs, clock() - lastMs);
      lastMs = clock();
    }
    clock.advance(ROUND_MS);
  }
  longestMs = Math.max(longestMs, clock() - lastMs);
  expect(longestMs).toBeLessThanOrEqual(60_000);
  expect(told).not.toContain('key');
  expect(told.filter((what) => what === 'scope').length).toBe(wrong);
});
