import type { Job } from '../../client/responses.ts';

/** A job as the API lists it: the n-th newest. */
export function aListedJob(n: number, jobId = `vendor-${n}`, fields: Partial<Job> = {}): Job {
  const at = new Date(Date.UTC(2026, 10, 20, 10) - n * 1000).toISOString();
  return {
    id: `job_${[...String(n).padStart(26, '0')].map((digit) => 'abcdefghij'[Number(digit)]).join('')}`,
    api: 'alibaba.alb',
    account: 'default',
    region: 'cn-hangzhou',
    projectId: null,
    jobId,
    phase: 'running',
    vendorStatus: 'Processing',
    seq: 1,
    notifiedSeq: 1,
    polls: 3,
    createdAt: at,
    submittedAt: at,
    deadlineAt: at,
    lastPolledAt: at,
    nextPollAt: at,
    checkBy: at,
    waiting: null,
    endedAt: null,
    labels: {},
    correlationId: null,
    detail: {
      operation: 'CreateLoadBalancer',
      resourceId: null,
      resourceType: null,
      beganAt: null,
      endedAt: null,
      error: null,
      subJobs: [],
      requestId: null,
    },
    droppedTransitions: 0,
    history: [],
    ...fields,
  };
}
