import { describe, expect, it } from 'vitest';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import type { Credential } from '../../lib/admission/key-memory.ts';
import type { KeyBreaker, KeyPermit } from '../../lib/admission/key-permit.ts';
import { HUAWEI } from '../../lib/vendors/huawei/cloud.ts';
import type { LockRule } from '../../lib/vendors/vendor.ts';
import { fakeClock, seededRandom } from '../fakes/clock.ts';
import { fakeKeyStates } from '../fakes/key-states.ts';
import { aTick } from '../fakes/tick.ts';

/** A tick works for 50 s and may last 70; the next one begins after 60, in another process if this one still works. */
const LEFT_MS = 20_000;

function setUp({ workers = 1, lockRule = HUAWEI.key.lockRule }: { workers?: number; lockRule?: LockRule | null } = {}) {
  const clock = fakeClock();
  const keyStates = fakeKeyStates();
  const random = seededRandom(7);
  const publishDenied = async () => undefined;
  const sleep = async (ms: number) => clock.advance(ms);
  const process = () => makeKeyBreaker({ keyStates, clock, sleep, random, publishDenied }, { probeMs: 13_000 });
  const key: Credential = {
    id: 'key#1',
    account: 'default',
    accountVersion: '1',
    lockRule,
    scope: 'here',
    inFlightMax: HUAWEI.key.callsAtOnce(workers),
    workers,
  };
  const tick = () => aTick({ workers, beganMs: clock() });
  return { clock, keyStates, process, key, tick };
}

type Tick = ReturnType<typeof aTick>;

/** As many calls as it may begin. */
async function fill(keys: KeyBreaker, key: Credential, tick: Tick): Promise<KeyPermit[]> {
  const permits: KeyPermit[] = [];
  for (
    let admission = await keys.acquire(key, tick);
    admission.kind === 'go';
    admission = await keys.acquire(key, tick)
  ) {
    permits.push(admission.permit);
    if (admission.permit.markMs !== null) await end(keys, permits);
  }
  return permits;
}

async function end(keys: KeyBreaker, permits: KeyPermit[]): Promise<void> {
  for (const permit of permits.splice(0)) await keys.release(permit, { kind: 'good', refusals: 0, scopeToo: true });
}

describe('two ticks that overlap', () => {
  it.each([0, 1, 3, 4])('share the four calls of a key: %i are left, the next tick has the others', async (left) => {
    const { clock, process, key, tick } = setUp();
    const [one, other] = [process(), process()];
    const first = tick();
    const permits = await fill(one, key, first);
    expect(permits).toHaveLength(4);
    await end(one, permits.splice(left));
    await one.leaveUnderWay(first, clock() + LEFT_MS);
    clock.advance(10_000);
    const second = await fill(other, key, tick());
    expect(second).toHaveLength(4 - left);
    expect(await fill(one, key, first)).toEqual([]);
    await end(one, permits);
    await end(other, second);
    clock.advance(20_000);
    expect(await fill(other, key, tick())).toHaveLength(4);
  });

  it('hold each other back no longer than calls are under way: the next one looks again within a second', async () => {
    const { clock, process, key, tick } = setUp();
    const [one, other] = [process(), process()];
    const first = tick();
    const permits = await fill(one, key, first);
    await one.leaveUnderWay(first, clock() + LEFT_MS);
    const second = tick();
    expect(await fill(other, key, second)).toEqual([]);
    clock.advance(500);
    await end(one, permits);
    expect(await fill(other, key, second)).toEqual([]);
    clock.advance(500);
    expect(await fill(other, key, second)).toHaveLength(4);
  });

  it('do not have twice the calls of a key because a note could not be written', async () => {
    const { clock, process, key, tick, keyStates } = setUp();
    const [one, other] = [process(), process()];
    const first = tick();
    const permits = await fill(one, key, first);
    await end(one, permits.splice(0));
    await one.leaveUnderWay(first, clock() + LEFT_MS);
    const { put } = keyStates;
    keyStates.put = () => Promise.reject(new Error('the table is not there'));
    await expect(one.acquire(key, first)).rejects.toThrow('the table is not there');
    keyStates.put = put;
    permits.push(...(await fill(one, key, first)));
    expect(permits).toHaveLength(4);
    clock.advance(10_000);
    expect(await fill(other, key, tick())).toEqual([]);
  });

  it('lose no call that is in hand when the earlier one has received its last message', async () => {
    const { clock, process, key, tick, keyStates } = setUp();
    const one = process();
    const first = tick();
    await end(one, await fill(one, key, first));
    await one.leaveUnderWay(first, clock() + LEFT_MS);
    expect(keyStates.all()[0]?.leftUnderWay).toEqual({});
    clock.advance(2000);
    const permits = [await one.acquire(key, first), await one.acquire(key, first)];
    expect(permits.map(({ kind }) => kind)).toEqual(['go', 'go']);
    clock.advance(8000);
    expect((await one.acquire(key, first)).kind).toBe('crowd');
    expect(await fill(process(), key, tick())).toHaveLength(2);
  });

  it('of one process have four: what the earlier one left has ended', async () => {
    const { clock, process, key, tick, keyStates } = setUp();
    const one = process();
    const first = tick();
    const permits = await fill(one, key, first);
    await one.leaveUnderWay(first, clock() + LEFT_MS);
    expect(Object.values(keyStates.all()[0]?.leftUnderWay ?? {})).toMatchObject([{ calls: 4 }]);
    await end(one, permits);
    expect(keyStates.all()[0]?.leftUnderWay).toEqual({});
    expect(await fill(one, key, tick())).toHaveLength(4);
  });

  it('reckon with a worker that died only for as long as its calls may last', async () => {
    const { clock, process, key, tick } = setUp();
    const dead = process();
    const first = tick();
    await fill(dead, key, first);
    await dead.leaveUnderWay(first, clock() + LEFT_MS);
    expect(await fill(process(), key, tick())).toEqual([]);
    clock.advance(LEFT_MS);
    expect(await fill(process(), key, tick())).toHaveLength(4);
  });

  it.each([2, 4])('have no more than four in all of %i workers each', async (workers) => {
    const { clock, process, key, tick } = setUp({ workers });
    const crew = Array.from({ length: workers }, process);
    const first = tick();
    let under = 0;
    for (const keys of crew) {
      const permits = await fill(keys, key, first);
      expect(permits).toHaveLength(4 / workers);
      await end(keys, permits.splice(1));
      under += permits.length;
    }
    for (const keys of crew) await keys.leaveUnderWay(first, clock() + LEFT_MS);
    clock.advance(10_000);
    const second = tick();
    for (const keys of Array.from({ length: workers }, process)) under += (await fill(keys, key, second)).length;
    expect(under).toBeLessThanOrEqual(4);
  });

  it('write nothing about a key of a cloud that locks none', async () => {
    const { clock, process, key, tick, keyStates } = setUp({ lockRule: null });
    const one = process();
    const first = tick();
    expect(await fill(one, key, first)).toHaveLength(4);
    await one.leaveUnderWay(first, clock() + LEFT_MS);
    expect(keyStates.all()).toEqual([]);
  });
});
