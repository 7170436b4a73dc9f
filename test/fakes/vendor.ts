import { judgeByTable } from '../../lib/job/judgement.ts';
import { NO_DETAIL, type Observation } from '../../lib/job/observation.ts';
import type { PollResult, Vendor } from '../../lib/vendors/vendor.ts';

/** What a scripted job says from `fromMs` on (counted from the script's beginning). */
export interface ScriptStep {
  readonly fromMs: number;
  readonly word: string | null;
}

export interface FakeVendor extends Vendor {
  /** Observations override the script for the next polls, in turn. */
  next(...observations: Observation[]): void;
  script(jobId: string, steps: readonly ScriptStep[]): void;
  readonly calls: { readonly jobIds: readonly string[]; readonly atMs: number }[];
}

const STATUSES = new Map([
  ['init', 'pending'],
  ['running', 'running'],
  ['success', 'succeeded'],
  ['fail', 'failed'],
] as const);

/** As Huawei's: few calls at once, and a key that locks. */
const KEY: Vendor['key'] = {
  identity: ({ accessKeyId }) => [String(accessKeyId)],
  callsAtOnce: (workers) => Math.max(1, Math.floor(4 / workers)),
  lockRule: { badMax: 5, windowMs: 5 * 60_000 },
};

/** A vendor that follows scripts; a job without one is running for ever. */
export function fakeVendor(clock: () => number, overrides: Partial<Vendor> = {}): FakeVendor {
  const scripts = new Map<string, { startMs: number; steps: readonly ScriptStep[] }>();
  const queue: Observation[] = [];
  const calls: { jobIds: readonly string[]; atMs: number }[] = [];

  function observe(jobId: string): Observation {
    const script = scripts.get(jobId);
    if (script === undefined) return { kind: 'status', word: 'RUNNING', detail: NO_DETAIL };
    const step = script.steps.filter(({ fromMs }) => clock() >= script.startMs + fromMs).at(-1);
    if (step === undefined || step.word === null)
      return { kind: 'missing', reason: 'the vendor does not know the job' };
    return { kind: 'status', word: step.word, detail: NO_DETAIL };
  }

  return {
    api: 'test.api',
    cloud: 'huawei',
    needsProject: false,
    grouping: { batchMax: 20, listPageMax: 0 },
    judge: judgeByTable(STATUSES),
    key: KEY,
    async poll(call): Promise<PollResult> {
      calls.push({ jobIds: call.jobIds, atMs: clock() });
      const override = queue.shift();
      const observations = new Map(call.jobIds.map((jobId) => [jobId, override ?? observe(jobId)]));
      const refused = override?.kind === 'denied' && override.what === 'key';
      return { observations, keyRefusals: refused ? 1 : 0, keyDoubts: 0, pages: null };
    },
    ...overrides,
    next: (...observations) => void queue.push(...observations),
    script: (jobId, steps) => void scripts.set(jobId, { startMs: clock(), steps }),
    calls,
  };
}
