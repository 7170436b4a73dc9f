import type { JobView } from '../job-store.ts';
import { flatArray, valuesOf } from '../raw-request.ts';
import type { Reply } from '../reply.ts';
import { shown, viewerOf } from '../world.ts';
import type { ActionInput, Actions } from './action.ts';
import { alibabaError, alibabaReply } from './reply.ts';

/**
 * Alb 2020-06-16: https://help.aliyun.com/document_detail/382324.html
 * Times are UNIX milliseconds; unknown ids are left out; the newest job comes first.
 */
export const albActions: Actions = { ListAsynJobs: listAsynJobs };

const RESULTS_MAX = 100;

interface Filter {
  readonly jobIds: readonly string[];
  readonly resourceIds: readonly string[];
  readonly resourceType: string | undefined;
  readonly apiName: string | undefined;
  readonly beginMs: number;
  readonly endMs: number;
  readonly maxResults: number;
  readonly after: Place | null;
}

/** Where a page ended: the next one begins below it, whatever was added above in between. */
interface Place {
  readonly beganAtMs: number;
  readonly jobId: string;
}

function listAsynJobs({ world, visit, key, params }: ActionInput): Reply {
  const filter = readFilter(params, world.options().maxJobIds);
  if (typeof filter === 'string') {
    return alibabaError(400, `IllegalParam.${filter}`, `The parameter ${filter} is illegal.`);
  }
  const viewer = viewerOf(visit, key.owner);
  const named = filter.jobIds.map((jobId) => world.jobs.find('alibaba.alb', undefined, jobId, viewer));
  const known =
    filter.jobIds.length > 0
      ? named.filter((view) => view !== null)
      : world.jobs.list('alibaba.alb', undefined, viewer);
  const matching = known.filter((view) => isWanted(view, filter)).sort(newestFirst);
  const { after } = filter;
  const rest = after ? matching.filter((view) => newestFirst(view, placeholder(view, after)) > 0) : matching;
  const page = shown(world, visit, rest.slice(0, filter.maxResults));
  const last = page.at(-1);
  return alibabaReply({
    Jobs: page.map(formatJob),
    MaxResults: filter.maxResults,
    TotalCount: matching.length,
    ...nextToken(rest.length > page.length && last ? last : null, world.options().albLastToken),
  });
}

/** The name of the parameter that is wrong, if one is. */
function readFilter(params: ActionInput['params'], maxJobIds: number): Filter | string {
  const one = (name: string): string | undefined => valuesOf(params, name)[0] || undefined;
  const jobIds = [...new Set(flatArray(params, 'JobIds'))];
  const maxResults = Number(one('MaxResults') ?? 20);
  const beginMs = Number(one('BeginTime') ?? 0);
  const endMs = Number(one('EndTime') ?? Number.MAX_SAFE_INTEGER);
  const token = one('NextToken');
  const after = token === undefined ? null : parseToken(token);
  if (jobIds.length > maxJobIds) return 'JobIds';
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > RESULTS_MAX) return 'MaxResults';
  if (!Number.isInteger(beginMs)) return 'BeginTime';
  if (!Number.isInteger(endMs)) return 'EndTime';
  if (token !== undefined && !after) return 'NextToken';
  const resourceIds = flatArray(params, 'ResourceIds');
  const [resourceType, apiName] = [one('ResourceType'), one('ApiName')];
  return { jobIds, resourceIds, resourceType, apiName, beginMs, endMs, maxResults, after };
}

function isWanted({ job, beganAtMs }: JobView, filter: Filter): boolean {
  if (filter.resourceIds.length > 0 && !filter.resourceIds.includes(job.resourceId ?? '')) return false;
  if (filter.resourceType !== undefined && job.resourceType !== filter.resourceType) return false;
  if (filter.apiName !== undefined && job.operation !== filter.apiName) return false;
  return beganAtMs >= filter.beginMs && beganAtMs <= filter.endMs;
}

function formatJob({ job, step, status, beganAtMs, changedAtMs }: JobView): Record<string, unknown> {
  const isFailed = status.toLowerCase() === 'failed';
  return {
    ApiName: job.operation ?? 'CreateLoadBalancer',
    CreateTime: beganAtMs,
    ...(isFailed ? { ErrorCode: step.error?.code ?? '', ErrorMessage: step.error?.message ?? '' } : {}),
    Id: job.jobId,
    ModifyTime: changedAtMs,
    OperateType: job.operateType ?? 'Create',
    ResourceId: job.resourceId ?? `alb-${job.jobId}`,
    ResourceType: job.resourceType ?? 'loadbalancer',
    Status: status,
  };
}

function newestFirst(a: JobView, b: JobView): number {
  if (a.beganAtMs !== b.beganAtMs) return b.beganAtMs - a.beganAtMs;
  return a.job.jobId < b.job.jobId ? 1 : Number(a.job.jobId > b.job.jobId) * -1;
}

function placeholder(view: JobView, { beganAtMs, jobId }: Place): JobView {
  return { ...view, beganAtMs, job: { ...view.job, jobId } };
}

function nextToken(last: JobView | null, atEnd: 'empty' | 'absent' | 'null'): Record<string, unknown> {
  if (last) {
    const place = JSON.stringify([last.beganAtMs, last.job.jobId]);
    return { NextToken: Buffer.from(place).toString('base64') };
  }
  if (atEnd === 'absent') return {};
  return { NextToken: atEnd === 'null' ? null : '' };
}

function parseToken(token: string): Place | null {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
  } catch {
    return null;
  }
  if (!Array.isArray(value)) return null;
  const [beganAtMs, jobId]: unknown[] = value;
  return typeof beganAtMs === 'number' && typeof jobId === 'string' ? { beganAtMs, jobId } : null;
}
