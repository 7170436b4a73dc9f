import { type Job, newJob } from '../../lib/job/job.ts';
import { MESSAGE, type makeApiWorld } from './api-world.ts';

/** A job's record as a submission through the API makes it. */
export function aJob(jobId: string, createdMs: number, fields: Partial<Job> = {}): Job {
  const message = {
    ...MESSAGE,
    jobId,
    account: 'default',
    projectId: null,
    submittedAt: null,
    timeoutSeconds: 3600,
    notFoundGraceSeconds: 120,
  };
  const job = newJob(
    { ...message, labels: {}, group: null, correlationId: null, traceparent: null },
    { sentMs: createdMs, nowMs: createdMs, owner: null },
  );
  return { ...job, ...fields };
}

export async function fill(world: ReturnType<typeof makeApiWorld>, ...jobs: readonly Job[]): Promise<void> {
  for (const job of jobs) await world.jobs.create(job);
}
