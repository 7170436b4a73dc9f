import type { HttpResponse, Send } from '../../lib/base/http.ts';

/** One job of the simulated cloud. */
export interface CloudJob {
  readonly jobId: string;
  /** When it is submitted, and when it ends, in milliseconds of the virtual clock. */
  readonly beginsMs: number;
  readonly endsMs: number;
}

/** ListAsynJobs of ALB, answered from the virtual clock; notes when it was called and for how many jobs. */
export function makeCloud(clock: () => number) {
  const jobs = new Map<string, CloudJob>();
  const calls: { readonly atMs: number; readonly jobs: number }[] = [];

  function entry(jobId: string): object[] {
    const job = jobs.get(jobId);
    if (job === undefined) return [];
    const hasEnded = job.endsMs <= clock();
    const times = { CreateTime: job.beginsMs, ModifyTime: hasEnded ? job.endsMs : job.beginsMs };
    const Status = hasEnded ? 'Succeeded' : 'Processing';
    return [{ Id: jobId, ApiName: 'CreateLoadBalancer', OperateType: 'Create', Status, ...times }];
  }

  const send: Send = async ({ url }): Promise<HttpResponse> => {
    const ids = [...url.searchParams].filter(([name]) => name.startsWith('JobIds.')).map(([, id]) => id);
    calls.push({ atMs: clock(), jobs: ids.length });
    const Jobs = ids.flatMap(entry);
    const body = JSON.stringify({ RequestId: 'bench', Jobs, TotalCount: Jobs.length });
    return { kind: 'response', status: 200, headers: { 'content-type': 'application/json' }, body };
  };

  return {
    send,
    calls,
    add: (job: CloudJob) => void jobs.set(job.jobId, job),
    all: () => [...jobs.values()],
  };
}
