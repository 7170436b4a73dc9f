import type { JobView } from '../job-store.ts';
import type { Reply } from '../reply.ts';
import type { SubJobSpec } from '../schema.ts';
import { shown, viewerOf } from '../world.ts';
import { huaweiReply } from './reply.ts';
import type { ServiceInput } from './service.ts';
import { unknownHuaweiJob } from './unknown-job.ts';

/**
 * `GET /v1.0/{project_id}/jobs/{job_id}` in both documented shapes: `full` has the resource in `entities` and
 * `sub_jobs`, `minimal` only the resource's id (Elastic Load Balance API reference, "Querying the Job Status",
 * elb_jd_job_0000).
 */
export function showV1Job({ world, visit, projectId, jobId, owner }: ServiceInput): Reply {
  const view = world.jobs.find('huawei.elb.v1', projectId, jobId ?? '', viewerOf(visit, owner));
  if (!view) return unknownHuaweiJob(world.options().huaweiUnknownJob);
  shown(world, visit, [view]);
  return huaweiReply(() => formatJob(view));
}

function formatJob(view: JobView): Record<string, unknown> {
  const { job, step, status, beganAtMs, changedAtMs, isLastStep } = view;
  const isFull = job.variant === 'full';
  return {
    status,
    entities: job.entities ?? defaultEntities(view),
    job_id: job.jobId,
    job_type: job.operation ?? 'createELB',
    begin_time: new Date(beganAtMs).toISOString(),
    end_time: (step.ended ?? isLastStep) ? new Date(changedAtMs).toISOString() : '',
    error_code: step.error?.code || null,
    fail_reason: step.error?.message || null,
    ...(isFull ? { sub_jobs: step.subJobs.map((subJob) => formatSubJob(subJob, view)) } : {}),
  };
}

function defaultEntities({ job, isLastStep }: JobView): Record<string, unknown> {
  const id = job.resourceId ?? job.jobId;
  if (job.variant === 'minimal') return { elb_id: id };
  return isLastStep ? { elb: { id, name: 'simulated', type: 'External', status: 'ACTIVE' } } : {};
}

function formatSubJob(subJob: SubJobSpec, { beganAtMs, changedAtMs }: JobView): Record<string, unknown> {
  const isOver = /^(success|fail)$/i.test(subJob.status);
  return {
    status: subJob.status,
    entities: subJob.resourceId === undefined ? {} : { elb_id: subJob.resourceId },
    job_id: subJob.jobId,
    job_type: subJob.operation ?? '',
    begin_time: new Date(beganAtMs).toISOString(),
    end_time: isOver ? new Date(changedAtMs).toISOString() : '',
    error_code: subJob.error?.code || null,
    fail_reason: subJob.error?.message || null,
  };
}
