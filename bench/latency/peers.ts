import { playBack, pollAsSmithy, recordAsks } from '../delay/recorded.ts';
import { fixedInterval, pollAges, type Strategy } from '../delay/strategy.ts';
import { type Spread, spreadOf } from './stages.ts';

/** What a program with the job in its hands would have made of the same jobs. */
export interface PeerLatency {
  readonly name: string;
  readonly callsPerJob: number;
  readonly whole: Spread;
}

const LOOP_SECONDS = 2;
const DRAWN = 100;

/** Computed from how long the jobs lasted: a call for each job, nothing between the answer and whoever waits for it. */
export async function peersOn(lastedSeconds: readonly number[], random: () => number): Promise<readonly PeerLatency[]> {
  const horizonSeconds = Math.max(...lastedSeconds);
  const waits: number[][] = [];
  for (let draw = 0; draw < DRAWN; draw++) waits.push(await recordAsks(pollAsSmithy, random, horizonSeconds));
  return [
    played(fixedInterval(`a loop, every ${LOOP_SECONDS} s`, LOOP_SECONDS), 1),
    played(playBack('`@smithy/util-waiter`, 2 s doubling to 120 s', waits), DRAWN),
  ];

  function played(strategy: Strategy, times: number): PeerLatency {
    const watches = lastedSeconds.flatMap((seconds) =>
      Array.from({ length: times }, () => ({ seconds, ages: pollAges(strategy, random, seconds) })),
    );
    return {
      name: strategy.name,
      callsPerJob: watches.reduce((sum, { ages }) => sum + ages.length, 0) / watches.length,
      whole: spreadOf(watches.map(({ seconds, ages }) => (ages.at(-1) ?? Number.NaN) - seconds)),
    };
  }
}
