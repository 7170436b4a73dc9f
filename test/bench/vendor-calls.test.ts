import { describe, expect, it } from 'vitest';
import { makeDeployment, type Surroundings } from '../../bench/vendor-calls/watching.ts';

const SURROUNDINGS: Surroundings = { sampleShare: 0.7, receiveMs: 20, isAlone: false };
const wave = (name: string) =>
  Array.from({ length: 60 }, (_, index) => ({
    jobId: `${name}-${index}`,
    beginsSeconds: index / 2,
    lastsSeconds: 30 + index,
  }));

describe('the simulated deployment of the vendor calls bench', () => {
  it('finds the end of every job, after it', async () => {
    const { watch } = makeDeployment(SURROUNDINGS, 1);
    for (const name of ['first', 'second']) {
      const { delaysMs, calls } = await watch(wave(name));
      expect(delaysMs).toHaveLength(60);
      expect(Math.min(...delaysMs)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...calls.map(({ jobs }) => jobs))).toBeLessThanOrEqual(20);
    }
  });

  it('polls one job at a time where the vendor is said to know no batch', async () => {
    const alone = await makeDeployment({ ...SURROUNDINGS, isAlone: true }, 1).watch(wave('a'));
    const shared = await makeDeployment(SURROUNDINGS, 1).watch(wave('a'));
    expect(alone.calls.every(({ jobs }) => jobs === 1)).toBe(true);
    expect(shared.calls.length).toBeLessThan(alone.calls.length);
  });
});
