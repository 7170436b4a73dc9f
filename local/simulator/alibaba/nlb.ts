import { flatArray, valuesOf } from '../raw-request.ts';
import type { Reply } from '../reply.ts';
import { isPoisoned, shown, viewerOf } from '../world.ts';
import type { ActionInput, Actions } from './action.ts';
import { alibabaError, alibabaReply } from './reply.ts';

/**
 * Nlb 2022-04-30: https://www.alibabacloud.com/help/en/slb/api-getjobstatus
 * Whether one unknown id fails a whole batch is not published: `nlbUnknownIds` plays either.
 */
export const nlbActions: Actions = { GetJobStatus: getJobStatus, ListAsynJobs: listAsynJobs };

function getJobStatus({ world, visit, key, params }: ActionInput): Reply {
  const jobId = valuesOf(params, 'JobId')[0] ?? '';
  if (jobId === '') return alibabaError(400, 'MissingJobId', 'JobId is mandatory for this action.');
  const view = world.jobs.find('alibaba.nlb', undefined, jobId, viewerOf(visit, key.owner));
  if (!view) return unknownJob();
  shown(world, visit, [view]);
  const isAltered = view.status !== view.step.status;
  return alibabaReply({ Status: isAltered ? view.status : (view.step.singleStatus ?? view.status) });
}

function listAsynJobs({ world, visit, key, params }: ActionInput): Reply {
  const jobIds = [...new Set(flatArray(params, 'JobIds'))];
  if (jobIds.length === 0) return alibabaError(400, 'MissingJobIds', 'JobIds is mandatory for this action.');
  const { maxJobIds, nlbUnknownIds, nlbTotalCount } = world.options();
  if (jobIds.length > maxJobIds) return alibabaError(400, 'IllegalParam.JobIds', 'The parameter JobIds is illegal.');
  if (isPoisoned(visit, jobIds)) return unknownJob();
  const viewer = viewerOf(visit, key.owner);
  const views = jobIds.map((jobId) => world.jobs.find('alibaba.nlb', undefined, jobId, viewer));
  const known = views.filter((view) => view !== null);
  if (nlbUnknownIds === 'refuseAll' && known.length < views.length) return unknownJob();
  const Jobs = shown(world, visit, known).map(({ job, status }) => ({ Id: job.jobId, Status: status }));
  return alibabaReply({ Jobs, TotalCount: nlbTotalCount === 'string' ? String(Jobs.length) : Jobs.length });
}

function unknownJob(): Reply {
  return alibabaError(404, 'ResourceNotFound.JobId', 'The specified resource of JobId is not found.');
}
