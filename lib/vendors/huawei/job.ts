import { isObject } from '../../base/is-object.ts';
import type { Iso } from '../../base/time.ts';
import { boundDetail } from '../../job/detail.ts';
import type { Detail, Observation, Resource, SubJob } from '../../job/observation.ts';
import { idText, type JsonObject, looseTime, type ParsedJob, statusWord, timeText, vendorError } from '../kit/json.ts';
import type { RequestResult } from '../kit/request-result.ts';

const RESOURCES_MAX = 10;
const UNKNOWN_JOB: Observation = { kind: 'missing', reason: 'the vendor says that it does not know the id (HTTP 404)' };

/** Where a job stands in a response, and how it is read. */
export interface JobPlace {
  readonly jobOf: (body: JsonObject) => unknown;
  /** The field of the job that names it, if it does. */
  readonly idField: string;
  readonly read: (job: JsonObject, requestId: string | null) => ParsedJob;
}

/** What differs between services that share the names of v1.0's fields. */
interface Names {
  readonly subJobsOf: (job: JsonObject) => readonly unknown[];
  readonly messageOf: (part: JsonObject) => unknown;
  readonly time: (value: unknown) => Iso | null;
}

const ELB_NAMES: Names = {
  subJobsOf,
  messageOf: (part) => part['error_msg'] ?? part['fail_reason'],
  time: timeText,
};

/** The sub-jobs of IMS have a name of their own, and what came of sharing an image stands beside them. */
const SERVICE_NAMES: Names = {
  subJobsOf(job) {
    const inside = isObject(job['entities']) ? job['entities'] : {};
    const [own, shares] = [inside['sub_jobs_result'], inside['results']].map((list) =>
      Array.isArray(list) ? list : [],
    );
    const shared = (shares ?? []).filter(isObject).map((one) => ({ ...one, resource_id: one['image_id'] }));
    return [...subJobsOf(job), ...(own ?? []), ...shared];
  },
  messageOf: (part) => part['fail_reason'] ?? part['error_msg'] ?? part['errorcode_message'],
  time: looseTime,
};

/** What the result of a request for one job says; `jobOf` finds the job in the body. */
export function readSingle(result: RequestResult, jobId: string, { jobOf, idField, read }: JobPlace): Observation {
  if (result.kind === 'missing') return result.believedAfterMs === undefined ? UNKNOWN_JOB : result;
  if (result.kind !== 'ok') return result;
  const job = jobOf(result.body);
  if (!isObject(job)) return { kind: 'malformed', reason: 'the answer holds no job' };
  const named = job[idField] ?? jobId;
  if (named !== jobId)
    return { kind: 'malformed', reason: 'the answer is about another job than the one that was asked for' };
  return read(job, idText(result.body['request_id']));
}

/**
 * A job of v1.0 or v3: the same names, but for `fail_reason` and `entities` (v1.0), `error_msg` and `resource_id` (v3).
 */
export function readJob(job: JsonObject, requestId: string | null, names = ELB_NAMES): ParsedJob {
  const word = statusWord(job['status']);
  if (word === null) return { kind: 'malformed', reason: 'the job has no readable status' };
  const { jobId: _, status: __, entities, ...said } = readPart(job, names);
  const own = said.resourceId === null ? entities[0] : entities.find(({ id }) => id === said.resourceId);
  const detail: Detail = {
    ...said,
    resourceId: said.resourceId ?? own?.id ?? null,
    resourceType: own?.type ?? null,
    subJobs: names
      .subJobsOf(job)
      .filter(isObject)
      .map((part) => readPart(part, names)),
    requestId,
  };
  return { kind: 'status', word, detail: boundDetail(detail) };
}

/** As the services of the job service and those like it answer: see `job-services.ts`. */
export function readServiceJob(job: JsonObject, requestId: string | null): ParsedJob {
  return readJob(job, requestId, SERVICE_NAMES);
}

/** Sub-jobs stand beside the job's own fields, or, as other services of v1 write them, among the entities. */
function subJobsOf(job: JsonObject): readonly unknown[] {
  if (Array.isArray(job['sub_jobs'])) return job['sub_jobs'];
  const nested = isObject(job['entities']) ? job['entities']['sub_jobs'] : null;
  return Array.isArray(nested) ? nested : [];
}

function readPart(part: JsonObject, { time, messageOf }: Names): SubJob {
  return {
    jobId: idText(part['job_id']),
    operation: idText(part['job_type']),
    status: idText(part['status']),
    resourceId: idText(part['resource_id']),
    beganAt: time(part['begin_time']),
    endedAt: time(part['end_time']),
    error: vendorError(part['error_code'], messageOf(part)),
    entities: readResources(part['entities']),
  };
}

/** v3: `[{resource_id, resource_type}]`; v1.0: `{"elb": {"id": …}}` or `{"elb_id": …}`. */
function readResources(entities: unknown): Resource[] {
  if (Array.isArray(entities)) {
    return entities
      .filter(isObject)
      .flatMap((entity) => resource(entity['resource_id'], entity['resource_type']))
      .slice(0, RESOURCES_MAX);
  }
  if (!isObject(entities)) return [];
  const members = Object.entries(entities).flatMap(([name, value]) => {
    if (isObject(value)) return resource(value['id'], name);
    return name.endsWith('_id') ? resource(value, name.slice(0, -'_id'.length)) : [];
  });
  return members.slice(0, RESOURCES_MAX);
}

function resource(id: unknown, type: unknown): Resource[] {
  const text = idText(id);
  return text === null ? [] : [{ id: text, type: idText(type) }];
}
