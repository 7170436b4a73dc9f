import { describe, expect, it } from 'vitest';
import { type Design, playDesign } from '../../bench/wake/deployment.ts';
import { mostInASecond } from '../../bench/wake/section.ts';
import { playStream } from '../../bench/wake/streams.ts';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';

const JOBS = 1000;
const PACE = 5;

/** A thousand jobs within a minute, each of which lasts for 20 to 40 s. */
function crowd() {
  const random = seeded(7);
  return Array.from({ length: JOBS }, (_, index) => ({
    jobId: `job-${index}`,
    beginsSeconds: random() * 60,
    lastsSeconds: 20 + random() * 20,
  }));
}

const play = (design: Design) => playDesign(design, crowd(), 1);
const pollers = { pollers: 5, overpulls: false } as const;

/**
 * Goal: what the queue wakes shares calls as ticks do, and keeps the pace. Method: the model of the bench, in which
 * pollers hand over whatever they find.
 */
describe('a thousand jobs that the queue wakes workers for', () => {
  it.each([10, 3])('cost at most 1.1 times the calls of ticks without a gap, with batches of %i', async (batchMax) => {
    const ticks = await play({ kind: 'ticks', watchSeconds: 57 });
    const woken = await play({ kind: 'leader', batchMax, ...pollers });
    expect(woken.delaysMs.filter(Number.isNaN)).toEqual([]);
    expect(woken.callsAtMs.length).toBeLessThanOrEqual(1.1 * ticks.callsAtMs.length);
    // The bucket holds a second's calls: two seconds' worth at most meet in one.
    expect(mostInASecond(woken.callsAtMs)).toBeLessThanOrEqual(2 * PACE);
  });
});

/**
 * Goal: who comes alone costs what its own polls take. Method: jobs of 26 s in one scope, one in five minutes or one in a
 * minute; an invocation for the message itself and for each poll.
 */
describe('jobs that come alone', () => {
  const woken: Design = { kind: 'leader', batchMax: 10, ...pollers };

  it('pay two requests to SQS for each invocation, and keep no worker', async () => {
    const way = await playStream(woken, 'createELB', 300);
    expect(way.invocationsPerJob).toBeCloseTo(way.pollsPerJob + 1, 1);
    expect(way.sqsPerJob / way.invocationsPerJob).toBeLessThan(2.1);
    expect(way.lambdaSecondsPerJob / way.pollsPerJob).toBeLessThan(0.3);
  });

  it('keep hardly any if a few of them are under watch at the same time', async () => {
    const way = await playStream(woken, 'createELB', 60);
    expect(way.lambdaSecondsPerJob / way.pollsPerJob).toBeLessThan(0.8);
  });
});
