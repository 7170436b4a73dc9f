import { describe, expect, it } from 'vitest';
import { durable, makePeers, terraform } from '../../bench/delay/peers.ts';
import { recordAsks } from '../../bench/delay/recorded.ts';
import { pollAges } from '../../bench/delay/strategy.ts';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';

/** The peers poll when their documents say. */
const peers = await makePeers(seeded(1), 600);
const agesOf = (short: string, random = seeded(2)) => {
  const peer = peers.find((one) => one.short === short);
  if (peer === undefined) throw new Error(`There is no peer ${short}.`);
  return pollAges(peer.strategy, random, 600);
};
const waitsOf = (ages: readonly number[]) => ages.slice(1).map((age, index) => age - (ages[index] ?? 0));

describe('the peers of the delay bench', () => {
  it('doubles from 0.2 s to 10 s as StateChangeConf does', () => {
    const ages = pollAges(terraform('Terraform'), seeded(1), 40);
    const expected = [0, 0.2, 0.6, 1.4, 3, 6.2, 12.6, 22.6, 32.6, 42.6];
    for (const [index, age] of ages.entries()) expect(age).toBeCloseTo(expected[index] ?? Number.NaN, 9);
    expect(ages).toHaveLength(expected.length);
  });

  it('waits 5, 3, 6 and then 10 s as the provider of Alibaba Cloud does', () => {
    const ages = pollAges(terraform('alicloud', { delaySeconds: 5, leastSeconds: 3 }), seeded(1), 40);
    expect(ages).toEqual([5, 8, 14, 24, 34, 44]);
  });

  it("draws the AWS SDK's waits between 2 s and 2 s · 2ⁿ, then waits 120 s", () => {
    for (let seed = 0; seed < 30; seed++) {
      const ages = agesOf('AWS SDK waiter', seeded(seed));
      expect(ages[0]).toBe(0);
      for (const [index, wait] of waitsOf(ages).entries()) {
        expect(wait).toBeGreaterThanOrEqual(index < 6 ? 2 - 1e-9 : 120);
        expect(wait).toBeLessThanOrEqual(index < 6 ? 2 * 2 ** index + 1e-9 : 120);
      }
    }
  });

  it('polls at once and then every 2 s as core-lro does', () => {
    expect(agesOf('Azure LRO').slice(0, 4)).toEqual([0, 2, 4, 6]);
  });

  it("draws the durable SDK's waits between 1 s and 5 s · 1.5ⁿ in whole seconds", () => {
    for (let seed = 0; seed < 30; seed++) {
      const ages = pollAges(durable(), seeded(seed), 600);
      expect(ages[0]).toBe(0);
      for (const [index, wait] of waitsOf(ages).entries()) {
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(1);
        expect(wait).toBeLessThanOrEqual(Math.round(Math.min(5 * 1.5 ** index, 300)));
      }
    }
  });

  it('leaves clock and chance as they were after a recording', async () => {
    const { random } = Math;
    const before = { setTimeout: globalThis.setTimeout, Date: globalThis.Date };
    const failing = recordAsks(async () => Promise.reject(new Error('broken')), seeded(1), 10);
    await expect(failing).rejects.toThrow('broken');
    expect(Math.random).toBe(random);
    expect(globalThis.setTimeout).toBe(before.setTimeout);
    expect(globalThis.Date).toBe(before.Date);
  });
});
