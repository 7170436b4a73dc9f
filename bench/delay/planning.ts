import { toIso } from '../../lib/base/time.ts';
import { BINS, binOf } from '../../lib/cadence/bins.ts';
import { makeCadence } from '../../lib/cadence/cadence.ts';
import { START_MS } from '../../test/fakes/clock.ts';
import { aDetail, aJob } from '../../test/fakes/records.ts';
import { CADENCE_SETTINGS } from './jobwatch.ts';

const SWEEPS = 10;
const SHARES = [1, 2, 4, 8, 16].map((jobs) => ({ jobs, requests: 1, canShare: true }));

export interface Planning {
  readonly kinds: number;
  /** Of one poll, while nothing is learned. */
  readonly microseconds: number;
  /** Of one poll, while a job of one kind ends between any two sweeps. */
  readonly learningMicroseconds: number;
}

/** How long it takes to say when the next poll is, job after job of every kind, with each number of jobs to a call. */
export function measurePlanning(kinds: number): Planning {
  const known = (kind: number, more = 0) => {
    const ends = new Array<number>(BINS).fill(0).with(binOf(20 + kind), 50 + more);
    const rest = { sinceMs: START_MS, count: 50 + more, lean: 0, faded: 50 + more };
    return {
      api: `api.${kind % 4}`,
      operation: `op-${kind}`,
      region: 'eu',
      ends,
      censored: new Array(BINS).fill(0),
      ...rest,
    };
  };
  const all = Array.from({ length: kinds }, (_, kind) => known(kind));
  const jobs = all.map(({ api, operation, region }) => {
    const at = toIso(START_MS - 15_000);
    return aJob({ api, region, detail: aDetail({ operation }), submittedAt: at, createdAt: at });
  });
  const cadence = makeCadence(CADENCE_SETTINGS);
  cadence.refit(all, START_MS);
  const sweep = () => {
    for (const share of SHARES) for (const job of jobs) cadence.nextPollInMs(job, START_MS, share);
  };
  const timed = (between: (round: number) => void) => {
    const beganMs = performance.now();
    for (let round = 0; round < SWEEPS; round++) {
      between(round);
      sweep();
    }
    return ((performance.now() - beganMs) * 1000) / (SWEEPS * kinds * SHARES.length);
  };
  sweep();
  const microseconds = timed(() => undefined);
  const learningMicroseconds = timed((round) => cadence.refit(all.with(0, known(0, round + 1)), START_MS + round));
  return { kinds, microseconds, learningMicroseconds };
}
