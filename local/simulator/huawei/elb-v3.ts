import type { JobView } from '../job-store.ts';
import { type RawRequest, valuesOf } from '../raw-request.ts';
import type { Reply } from '../reply.ts';
import type { Options, SubJobSpec } from '../schema.ts';
import { shown, viewerOf } from '../world.ts';
import { huaweiError, huaweiReply } from './reply.ts';
import type { ServiceInput } from './service.ts';
import { unknownHuaweiJob } from './unknown-job.ts';

/** `GET /v3/{project_id}/elb/jobs/{job_id}` */
export function showJob({ world, visit, projectId, jobId, owner }: ServiceInput): Reply {
  const view = world.jobs.find('huawei.elb.v3', projectId, jobId ?? '', viewerOf(visit, owner));
  if (!view) return unknownHuaweiJob(world.options().huaweiUnknownJob);
  shown(world, visit, [view]);
  return huaweiReply((requestId) => ({ request_id: requestId, job: formatJob(view, world.options()) }));
}

/**
 * `GET /v3/{project_id}/elb/jobs`, in the order of job ids.
 * https://support.huaweicloud.com/api-elb/ListJobs.html. What a repeated `job_id` means is not documented:
 * the option `repeatedJobId` plays each meaning.
 */
export function listJobs({ world, visit, projectId, query, owner }: ServiceInput): Reply {
  const options = world.options();
  const filter = readFilter(query, options);
  if (typeof filter === 'string') return huaweiError(400, 'ELB.8902', `Invalid request parameter: ${filter}.`);
  const matching = world.jobs
    .list('huawei.elb.v3', projectId, viewerOf(visit, owner))
    .filter((view) => isWanted(view, filter))
    .sort((a, b) => compareIds(a.job.jobId, b.job.jobId));
  const place = filter.marker === null ? null : matching.findIndex(({ job }) => job.jobId === filter.marker);
  if (place === -1) return huaweiError(400, 'ELB.8902', 'Invalid request parameter: marker.');
  const { from, to } = pageBounds(matching.length, place, filter);
  const page = shown(world, visit, matching.slice(from, to));
  return huaweiReply((requestId) => ({
    request_id: requestId,
    jobs: page.map((view) => formatJob(view, options)),
    page_info: {
      ...(page[0] ? { previous_marker: page[0].job.jobId } : {}),
      ...(to < matching.length && page.length > 0 ? { next_marker: page.at(-1)?.job.jobId } : {}),
      current_count: page.length,
    },
  }));
}

interface Filter {
  /** Null: any. */
  readonly jobIds: readonly string[] | null;
  readonly fields: readonly (readonly [(view: JobView) => string, string])[];
  readonly beginText: string | null;
  readonly limit: number;
  readonly marker: string | null;
  readonly isReverse: boolean;
}

const FIELDS: Readonly<Record<string, (view: JobView) => string>> = {
  job_type: ({ job }) => job.operation ?? 'UPGRADE',
  status: ({ status }) => status,
  error_code: ({ step }) => step.error?.code ?? '',
  resource_id: ({ job }) => job.resourceId ?? '',
};

/** The name of the parameter that is wrong, if one is. */
function readFilter(query: RawRequest['query'], options: Options): Filter | string {
  const one = (name: string): string | null => valuesOf(query, name)[0] ?? null;
  const ids = valuesOf(query, 'job_id');
  const [limitText, marker, beginText] = [one('limit'), one('marker'), one('begin_time')];
  const limit = Number(limitText ?? 2000);
  if (ids.length > 1 && options.repeatedJobId === 'refuse') return 'job_id';
  if (!Number.isInteger(limit) || limit < 0 || limit > 2000) return 'limit';
  if (marker !== null && (marker === '' || limitText === null)) return 'marker';
  if (beginText !== null && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(beginText)) return 'begin_time';
  const jobIds = options.repeatedJobId === 'all' ? ids : ids.slice(0, 1);
  return {
    jobIds: ids.length === 0 ? null : jobIds,
    fields: readFields(query),
    beginText,
    limit,
    marker,
    isReverse: one('page_reverse') === 'true',
  };
}

function readFields(query: RawRequest['query']): Filter['fields'] {
  return Object.entries(FIELDS).flatMap(([name, read]) => {
    const wanted = valuesOf(query, name)[0];
    return wanted === undefined ? [] : [[read, wanted] as const];
  });
}

function isWanted(view: JobView, { jobIds, fields, beginText }: Filter): boolean {
  if (jobIds && !jobIds.includes(view.job.jobId)) return false;
  if (beginText !== null && formatTime(view.beganAtMs) < `${beginText}Z`) return false;
  return fields.every(([read, wanted]) => read(view) === wanted);
}

/** Reversed, the marker is the `previous_marker` of a page and what comes before it is wanted. */
function pageBounds(length: number, place: number | null, { limit, isReverse }: Filter): { from: number; to: number } {
  if (!isReverse) {
    const from = place === null ? 0 : place + 1;
    return { from, to: Math.min(length, from + limit) };
  }
  const to = place ?? length;
  return { from: Math.max(0, to - limit), to };
}

function formatJob(view: JobView, options: Options): Record<string, unknown> {
  const { job, step, status, beganAtMs, changedAtMs, isLastStep } = view;
  const resourceId = job.resourceId ?? job.jobId;
  return {
    status,
    begin_time: formatTime(beganAtMs),
    ...endTime((step.ended ?? isLastStep) ? changedAtMs : null, options),
    job_id: job.jobId,
    resource_id: resourceId,
    job_type: job.operation ?? 'UPGRADE',
    error_code: step.error?.code ?? '',
    error_msg: step.error?.message ?? '',
    project_id: job.projectId,
    sub_jobs: step.subJobs.map((subJob) => formatSubJob(subJob, view, resourceId, options)),
  };
}

function formatSubJob(
  subJob: SubJobSpec,
  { job, beganAtMs, changedAtMs }: JobView,
  resourceId: string,
  options: Options,
): Record<string, unknown> {
  const isOver = !/^(init|running|rollbacking)$/i.test(subJob.status);
  return {
    status: subJob.status,
    entities: subJob.entities.map(({ id, type }) => ({ resource_id: id, resource_type: type })),
    begin_time: formatTime(beganAtMs),
    ...endTime(isOver ? changedAtMs : null, options),
    job_id: subJob.jobId,
    resource_id: subJob.resourceId ?? resourceId,
    job_type: subJob.operation ?? '',
    error_code: subJob.error?.code ?? '',
    error_msg: subJob.error?.message ?? '',
    project_id: job.projectId,
  };
}

/** What stands in `end_time` before the end is not documented either. */
function endTime(endedAtMs: number | null, { v3RunningEndTime }: Options): Record<string, unknown> {
  if (endedAtMs !== null) return { end_time: formatTime(endedAtMs) };
  if (v3RunningEndTime === 'absent') return {};
  return { end_time: v3RunningEndTime === 'null' ? null : '' };
}

function formatTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}

function compareIds(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
