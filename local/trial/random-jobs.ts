import type { Random } from '../../lib/base/random.ts';
import { jobIdOf } from '../../lib/job/identity.ts';
import type { Phase } from '../../lib/job/phase.ts';
import type { JobSpec } from '../simulator/schema.ts';

/** A job that somebody submits, what its vendor makes of it, and how its watch must end. */
export interface TrialJob {
  /** `job_…`, as jobwatch will call it. */
  readonly id: string;
  readonly message: Readonly<Record<string, unknown>> & { readonly api: string };
  /** The vendor's side; null: the vendor never hears of the id. */
  readonly spec: JobSpec | null;
  readonly expected: Phase;
  /** It ends only if its watch is stopped through the API. */
  readonly isToBeStopped: boolean;
}

export interface Variety {
  /** Scopes of each api. */
  readonly scopes: number;
  /** Credentials of each cloud, over which the scopes are spread. */
  readonly accounts: number;
  /** A vendor's job takes from two seconds up to this. */
  readonly longestSeconds: number;
}

type Step = JobSpec['steps'][number];

interface Ending {
  readonly steps: readonly Step[];
  readonly phase: Phase;
}

const ERROR = { code: '506', message: 'AllocateEipAddress Failed' };
const subJob = (status: string) => ({ jobId: 'sub-1', status, operation: 'UPGRADE_INIT' });

/**
 * Each ends in the same phase whatever a watcher has seen or missed on the way; a `COMPLETE` after `ROLLBACKING`, say,
 * would not.
 */
const V3_ENDINGS: readonly Ending[] = [
  { phase: 'succeeded', steps: [{ status: 'COMPLETE' }] },
  { phase: 'succeeded', steps: [{ status: 'SUCCESS', subJobs: [subJob('SUCCESS')] }] },
  { phase: 'failed', steps: [{ status: 'COMPLETE', error: ERROR }] },
  { phase: 'failed', steps: [{ status: 'COMPLETE', subJobs: [subJob('FAIL')] }] },
  { phase: 'failed', steps: [{ status: 'FAIL', error: ERROR }] },
  { phase: 'failed', steps: [{ status: 'FAIL', forSeconds: 2, subJobs: [subJob('RUNNING')] }, { status: 'FAIL' }] },
  { phase: 'failed', steps: [{ status: 'ROLLBACKING', forSeconds: 2 }, { status: 'FAIL' }] },
  { phase: 'rollback_failed', steps: [{ status: 'ROLLBACKING', forSeconds: 2 }, { status: 'ROLLBACK_FAIL' }] },
  { phase: 'canceled', steps: [{ status: 'CANCEL' }] },
];

const ALIBABA_ENDINGS: readonly Ending[] = [
  { phase: 'succeeded', steps: [{ status: 'Succeeded' }] },
  { phase: 'failed', steps: [{ status: 'Failed', error: ERROR }] },
];

const WORDS: Readonly<Record<string, { readonly open: readonly string[]; readonly endings: readonly Ending[] }>> = {
  'alibaba.nlb': { open: ['Processing', 'processing'], endings: ALIBABA_ENDINGS },
  'alibaba.alb': { open: ['Processing'], endings: ALIBABA_ENDINGS },
  'huawei.elb.v1': {
    open: ['INIT', 'RUNNING'],
    endings: [
      { phase: 'succeeded', steps: [{ status: 'SUCCESS' }] },
      { phase: 'failed', steps: [{ status: 'FAIL', error: ERROR }] },
    ],
  },
  'huawei.elb.v3': { open: ['INIT', 'RUNNING'], endings: V3_ENDINGS },
};

/** The apis of a trial: of each cloud those with most words. */
const APIS = Object.keys(WORDS);

/** Words that no table has. */
const STRANGE = ['Suspended', 'ZOMBIE', 'awaiting_quota'];

export function randomJob(random: Random, number: number, variety: Variety): TrialJob {
  const api = APIS[number % APIS.length] ?? 'alibaba.nlb';
  const words = WORDS[api] ?? { open: [], endings: [] };
  const message = messageOf(api, number, Math.floor(random() * variety.scopes) % variety.scopes, variety);
  const id = jobIdOf({ projectId: null, ...message });
  const { jobId, projectId } = message;
  const place = { api, jobId, ...(projectId === undefined ? {} : { projectId }) };
  const kind = random();
  const common = { id, message, isToBeStopped: false };
  if (kind < 0.03) return { ...common, message: { ...message, notFoundGraceSeconds: 3 }, spec: null, expected: 'lost' };
  const open = pick(random, words.open);
  const endless = { ...place, steps: [{ status: open }] };
  if (kind < 0.06) return { ...common, spec: endless, expected: 'stopped', isToBeStopped: true };
  if (kind < 0.09)
    return { ...common, message: { ...message, timeoutSeconds: 60 }, spec: endless, expected: 'timed_out' };
  const ending = pick(random, words.endings);
  const late = kind < 0.15 ? { appearsAfterSeconds: 1 + random() * 3 } : {};
  const steps = [...waySteps(random, open, variety.longestSeconds), ...ending.steps];
  return { ...common, spec: { ...place, ...late, steps }, expected: ending.phase };
}

function messageOf(api: string, number: number, scope: number, { accounts }: Variety) {
  const cloud = api.startsWith('huawei.') ? 'huawei' : 'alibaba';
  const account = `${cloud}-${scope % accounts}`;
  const jobId = `trial-${number}`;
  if (cloud === 'alibaba') return { api, account, region: `cn-${scope}`, jobId };
  return { api, account, region: 'eu-de', projectId: `project-${scope}`, jobId };
}

/** The steps before the end. One that ends after polls needs no time; a strange word stands for a while. */
function waySteps(random: Random, open: string, longestSeconds: number): Step[] {
  const seconds = 2 + random() * Math.max(0, longestSeconds - 2);
  const kind = random();
  if (kind < 0.15) return [{ status: open, forPolls: 1 + Math.floor(random() * 3) }];
  if (kind < 0.25) return [open, pick(random, STRANGE)].map((status) => ({ status, forSeconds: seconds / 2 }));
  return [{ status: open, forSeconds: seconds }];
}

function pick<One>(random: Random, from: readonly One[]): One {
  const one = from[Math.floor(random() * from.length)];
  if (one === undefined) throw new Error('there is nothing to pick from');
  return one;
}
