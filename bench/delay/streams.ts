import { toIso } from '../../lib/base/time.ts';
import { makeCadence, SOLO_CALL } from '../../lib/cadence/cadence.ts';
import type { Job } from '../../lib/job/job.ts';
import { makeSeededRandom as seeded } from '../../local/simulator/faults.ts';
import { START_MS } from '../../test/fakes/clock.ts';
import { memoryDurations } from '../../test/fakes/durations.ts';
import { aDetail, aJob } from '../../test/fakes/records.ts';
import { CADENCE_SETTINGS } from './jobwatch.ts';

/** Jobs of one kind, one after the other, whose law changes. */
export interface Stream {
  readonly name: string;
  readonly everySeconds: number;
  readonly jobs: number;
  /** How long a job lasts; `chance` are normal deviates. */
  readonly lasts: (job: number, chance: () => number) => number;
  /** Jobs whose figures are shown, from the one to before the other. */
  readonly spans: readonly (readonly [from: number, to: number])[];
}

/** How one job was watched. */
export interface Watched {
  readonly lastedSeconds: number;
  readonly delaySeconds: number;
  readonly calls: number;
}

const REFIT_MS = 60_000;
const MINUTE = 60;
const CHANGE_AT = 300;
const AFTER_CHANGE = [0, 10, 50, 100, 300].map((at) => CHANGE_AT + at);
const DAY_SECONDS = 86_400;

/** Log-normal, σ 0.2 (0.15 where it drifts). */
const around = (medianSeconds: number, normal: number, sigma = 0.2) => medianSeconds * Math.exp(sigma * normal);
const changing = (from: number, to: number) => (job: number, normal: () => number) =>
  around(job < CHANGE_AT ? from : to, normal());
const spansOf = (edges: readonly number[]) => edges.slice(1).map((to, at) => [edges[at] ?? 0, to] as const);

export const STREAMS: readonly Stream[] = [
  {
    name: '150 s → 30 s, one a minute',
    everySeconds: MINUTE,
    jobs: 600,
    lasts: changing(150, 30),
    spans: [[200, CHANGE_AT], ...spansOf(AFTER_CHANGE)],
  },
  {
    name: '150 s → 30 s, one an hour',
    everySeconds: 60 * MINUTE,
    jobs: 600,
    lasts: changing(150, 30),
    spans: spansOf(AFTER_CHANGE),
  },
  {
    name: '30 s → 150 s, one a minute',
    everySeconds: MINUTE,
    jobs: 600,
    lasts: changing(30, 150),
    spans: [[200, CHANGE_AT], ...spansOf(AFTER_CHANGE)],
  },
  {
    name: 'doubles every 100 jobs, 60 s at the 400th, one a minute',
    everySeconds: MINUTE,
    jobs: 500,
    lasts: (job, normal) => around(60 * 2 ** ((job - 400) / 100), normal(), 0.15),
    spans: spansOf([100, 200, 300, 350, 400, 500]),
  },
  {
    name: '40 s by day, 200 s by night, four an hour',
    everySeconds: 15 * MINUTE,
    jobs: 1000,
    lasts: (job, normal) => around((job * 15 * MINUTE) % DAY_SECONDS < DAY_SECONDS / 2 ? 40 : 200, normal()),
    spans: [[600, 1000]],
  },
];

/** Watches the stream with the rule as it is deployed: all that was learned is read once a minute. */
export async function play(stream: Stream, seed: number): Promise<readonly Watched[]> {
  const random = seeded(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const lasts = Array.from({ length: stream.jobs }, (_, job) => stream.lasts(job, normal));
  let nowMs = START_MS;
  const table = memoryDurations(() => nowMs);
  const cadence = makeCadence(CADENCE_SETTINGS);
  let readMs = Number.NEGATIVE_INFINITY;
  const watched: Watched[] = [];
  const due = makeAgenda();
  for (const index of lasts.keys())
    due.add({ index, calls: 0, seenMs: null, atMs: START_MS + index * stream.everySeconds * 1000 });
  for (let next = due.take(); next !== null; next = due.take()) {
    nowMs = next.atMs;
    if (nowMs - readMs >= REFIT_MS) {
      readMs = nowMs;
      cadence.refit(await table.read(), nowMs);
    }
    const job = jobAt(START_MS + next.index * stream.everySeconds * 1000);
    const beganMs = START_MS + next.index * stream.everySeconds * 1000;
    const isBegin = next.calls === 0 && next.seenMs === null && nowMs === beganMs;
    if (isBegin) {
      due.add({ ...next, calls: 1, atMs: Math.max(nowMs, cadence.firstPollMs(job)) });
      continue;
    }
    const ageSeconds = (nowMs - beganMs) / 1000;
    const lastedSeconds = lasts[next.index] ?? 0;
    if (ageSeconds < lastedSeconds) {
      const atMs = nowMs + cadence.nextPollInMs(job, nowMs, SOLO_CALL);
      due.add({ ...next, calls: next.calls + 1, seenMs: nowMs, atMs });
      continue;
    }
    watched[next.index] = { lastedSeconds, delaySeconds: ageSeconds - lastedSeconds, calls: next.calls };
    const fromSeconds = next.seenMs === null ? 0 : (next.seenMs - beganMs) / 1000;
    await table.learn(KIND, cadence.weightsOf(KIND, { kind: 'ended', fromSeconds, toSeconds: ageSeconds }));
  }
  return watched;
}

const KIND = { api: 'huawei.elb.v1', operation: 'createELB', region: 'eu-de' };

function jobAt(ms: number): Job {
  const at = toIso(ms);
  const { api, region, operation } = KIND;
  return aJob({ api, region, detail: aDetail({ operation }), submittedAt: at, createdAt: at });
}

interface Entry {
  readonly index: number;
  readonly calls: number;
  readonly seenMs: number | null;
  readonly atMs: number;
}

/** What is due next; few are under way at once, those that have not begun come in order. */
function makeAgenda() {
  const entries: Entry[] = [];
  return {
    add(entry: Entry): void {
      let at = entries.length;
      while (at > 0 && (entries[at - 1]?.atMs ?? 0) < entry.atMs) at -= 1;
      entries.splice(at, 0, entry);
    },
    take: (): Entry | null => entries.pop() ?? null,
  };
}
