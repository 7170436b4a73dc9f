import { type Iso, toIso, toMs } from '../base/time.ts';
import { PHASES, type Phase } from '../job/phase.ts';
import { type Event, FILTER_FACTS, type JobEventData } from './event.ts';
import type { GroupEventData } from './group-event.ts';
import type { EventType } from './types.ts';

export interface Sample {
  readonly id: string;
  readonly type: EventType;
  readonly at: Iso;
  readonly subscription: string;
  readonly labels: Readonly<Record<string, string>>;
}

const JOB = 'jobwatch.job.';
const GROUP = 'jobwatch.group.';
const TOOK_MS = 251_000;
const NOTICE = 'This is a sample made by jobwatch; no job has changed.';

/** An event as a real one of its type would be, for trying an endpoint. It says of itself that it is a sample. */
export function sampleEvent(stage: string, sample: Sample): Event {
  const { id, type, at, subscription } = sample;
  const common = { specversion: '1.0', id, type, time: at, datacontenttype: 'application/json' } as const;
  if (type.startsWith(GROUP)) {
    const data = groupData(sample);
    const facts = { apis: ['huawei.elb.v3'], accounts: ['default'] };
    return { ...common, source: `/jobwatch/${stage}`, subject: data.group.id, data, [FILTER_FACTS]: facts };
  }
  if (!type.startsWith(JOB)) {
    const about = { account: 'default', message: 'sample', subscription };
    const [, noun = ''] = type.split('.');
    const key = noun === 'endpoint' || noun === 'test' ? 'subscription' : noun;
    const subject = Object.hasOwn(about, key) ? about[key as keyof typeof about] : 'sample';
    return { ...common, source: `/jobwatch/${stage}`, subject, data: { [key]: subject, reason: NOTICE } };
  }
  const data = jobData(sample);
  const { api, account, region, projectId, jobId } = data.job;
  return { ...common, source: `/jobwatch/${stage}/${api}/${account}/${region}/${projectId}`, subject: jobId, data };
}

function groupData(sample: Sample): GroupEventData {
  const { job, timing } = jobData({ ...sample, type: 'jobwatch.job.failed' });
  const { id, api, jobId, labels } = job;
  const hasEnded = sample.type === 'jobwatch.group.completed';
  const error = { code: 'Sample', message: NOTICE };
  return {
    group: { id: 'sample/group', size: 3, labels },
    outcome: hasEnded ? 'failed' : null,
    phases: { succeeded: hasEnded ? 2 : 1, failed: 1 },
    badEnds: [{ id, api, jobId, phase: 'failed', error, endedAt: sample.at }],
    submittedAt: timing.submittedAt,
    endedAt: hasEnded ? sample.at : null,
  };
}

function jobData({ type, at, labels }: Sample): JobEventData {
  const word = type.slice(JOB.length);
  const phase: Phase = PHASES.find((known) => known === word) ?? 'running';
  const beganAt = toIso(toMs(at) - TOOK_MS);
  const hasFailed = phase === 'failed' || phase === 'rollback_failed';
  return {
    job: {
      id: 'job_aaaaaaaaaaaaaaaaaaaaaaaaaa',
      api: 'huawei.elb.v3',
      account: 'default',
      region: 'eu-de',
      projectId: '7b77a0b1c2d34e5f8091a2b3c4d5e6f7',
      jobId: 'ef6da45b-0000-4000-8000-000000000000',
      operation: 'UPGRADE',
      resourceId: '9f5b1c2d-0000-4000-8000-000000000000',
      labels: { sample: 'jobwatch', ...labels },
      correlationId: null,
    },
    phase,
    previousPhase: phase === 'running' ? 'pending' : 'running',
    vendorStatus: STATUS[word] ?? 'RUNNING',
    seq: 3,
    error: hasFailed ? { code: 'ELB.8907', message: NOTICE } : null,
    subJobs: [],
    timing: {
      submittedAt: beganAt,
      vendorBeganAt: beganAt,
      vendorEndedAt: phase === 'running' ? null : at,
      observedAt: at,
      polls: 9,
      expectedEndAt: null,
    },
  };
}

const STATUS: Readonly<Record<string, string>> = {
  succeeded: 'COMPLETE',
  failed: 'FAIL',
  rollback_failed: 'ROLLBACK_FAIL',
  canceled: 'CANCEL',
  unknown_status: 'PAUSED',
};
