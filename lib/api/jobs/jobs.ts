import { readChangeWrite } from '../../base/conditional-write.ts';
import { identityOf } from '../../job/identity.ts';
import type { Job } from '../../job/job.ts';
import { isTerminal } from '../../job/phase.ts';
import { stopJob } from '../../job/transition.ts';
import { isJobId } from '../http/ids.ts';
import { invalid, problem } from '../http/problem.ts';
import { type ApiResponse, json } from '../http/types.ts';
import type { ApiPorts } from '../ports.ts';
import { jobView } from '../views.ts';
import type { EmptyDays } from './empty-days.ts';
import { type JobsQuery, listJobs } from './list.ts';

const STOP_TRIES = 5;

type JobPorts = Pick<ApiPorts, 'jobs' | 'pending' | 'clock' | 'log'>;

export async function getJobs(ports: JobPorts & { readonly empty: EmptyDays }, query: JobsQuery): Promise<ApiResponse> {
  const page = await listJobs(ports, query);
  if (page === null)
    return invalid('The query is invalid', [
      { field: 'cursor', problem: 'expected the nextCursor of a page with the same filters' },
    ]);
  const next = page.nextCursor === null ? {} : { nextCursor: page.nextCursor };
  return json(200, { jobs: page.jobs.map(jobView), ...next });
}

export async function getJob(ports: JobPorts, id: string): Promise<ApiResponse> {
  const job = await find(ports, id);
  return job === null ? noSuchJob() : json(200, jobView(job));
}

/**
 * Ends the watch. `watch` tells about it: it is woken by a message, since the job's own may sleep for minutes. If the
 * wake message can't be sent, the record still says what is to be published, and `reconcile` finds it.
 */
export async function postStop(ports: JobPorts, id: string, by?: string): Promise<ApiResponse> {
  const ended = await readChangeWrite(
    STOP_TRIES,
    () => find(ports, id),
    async (job) => (job === null || isTerminal(job.phase) ? job : save(ports, stopJob(job, ports.clock(), by))),
  );
  if (ended === null) return noSuchJob();
  if (ended !== 'conflict') {
    // Also after an end that was found: it may be our own write, whose reply was lost.
    if (ended.notifiedSeq < ended.seq) await wake(ports, ended);
    return json(200, jobView(ended));
  }
  return problem(409, 'The job keeps changing while it is being stopped; try again.', {
    headers: { 'retry-after': '1' },
  });
}

/** The record as it is stored then: `notifiedSeq` may have risen meanwhile. */
async function save(ports: JobPorts, stopped: Job): Promise<Job | 'conflict'> {
  const { kind } = await ports.jobs.save(stopped);
  // There is room when what the record holds for publishing has been published.
  if (kind === 'refused' && stopped.notifiedSeq < stopped.seq - 1) return 'conflict';
  if (kind === 'refused') throw new Error(`The store refuses the record of ${stopped.id} even without its details.`);
  return kind === 'conflict' ? kind : ((await ports.jobs.get(stopped.id)) ?? 'conflict');
}

async function wake(ports: JobPorts, job: Job): Promise<void> {
  try {
    await ports.pending.wake(job.id, identityOf(job));
  } catch (error) {
    ports.log.warn('api.stop', { job: job.id, step: 'wake', reason: String(error) });
  }
}

async function find(ports: JobPorts, id: string): Promise<Job | null> {
  return isJobId(id) ? ports.jobs.get(id) : null;
}

function noSuchJob(): ApiResponse {
  return problem(404, 'There is no job with this id.');
}
