import { isObject } from '../../base/is-object.ts';
import { boundDetail } from '../../job/detail.ts';
import type { SubJob } from '../../job/observation.ts';
import { isTerminal, type Phase } from '../../job/phase.ts';
import { idText, type JsonObject, looseTime, type ParsedJob, statusWord, vendorError } from '../kit/json.ts';
import { CCE_FAULTS } from './errors.ts';
import { singleApi } from './single.ts';

const STATUSES: ReadonlyMap<string, Phase> = new Map<Lowercase<string>, Phase>([
  ['initializing', 'pending'],
  ['running', 'running'],
  ['success', 'succeeded'],
  ['failed', 'failed'],
]);

/**
 * Cloud Container Engine, v3: a job looks like an object of Kubernetes. The word is at `status.phase`; what Open
 * Telekom Cloud describes for v2 has it at `status.status`.
 * https://support.huaweicloud.com/en-us/api-cce/cce_02_0247.html
 */
export const HUAWEI_CCE = singleApi({
  api: 'huawei.cce',
  service: { host: 'cce', isAtEu: true, faults: CCE_FAULTS },
  statuses: STATUSES,
  request: (projectId, jobId) => ({ path: `/api/v3/projects/${projectId}/jobs/${jobId}`, query: [] }),
  jobOf: (body) => (isObject(body['metadata']) ? { ...body, uid: body['metadata']['uid'] } : null),
  idField: 'uid',
  read: readCceJob,
});

function readCceJob(job: JsonObject): ParsedJob {
  const part = readPart(job);
  const word = statusWord(part.status);
  if (word === null) return { kind: 'malformed', reason: 'the job has no readable phase' };
  const { jobId: _, status: __, entities: ___, ...own } = part;
  const subJobs = objectAt(job, 'spec')['subJobs'];
  const detail = boundDetail({
    ...own,
    resourceType: null,
    subJobs: Array.isArray(subJobs) ? subJobs.filter(isObject).map(readPart) : [],
    requestId: null,
  });
  return { kind: 'status', word, detail };
}

function readPart(job: JsonObject): SubJob {
  const [metadata, spec, status] = [objectAt(job, 'metadata'), objectAt(job, 'spec'), objectAt(job, 'status')];
  const word = statusWord(status['phase'] ?? status['status']);
  const phase = STATUSES.get(word?.toLowerCase() ?? '');
  return {
    jobId: idText(metadata['uid']),
    operation: idText(spec['type']),
    status: word,
    resourceId: idText(spec['resourceID']) ?? idText(spec['clusterUID']),
    beganAt: looseTime(metadata['creationTimestamp']),
    endedAt: phase !== undefined && isTerminal(phase) ? looseTime(metadata['updateTimestamp']) : null,
    error: phase === 'failed' ? vendorError(null, status['reason'] ?? status['message']) : null,
    entities: [],
  };
}

function objectAt(job: JsonObject, name: string): JsonObject {
  const value = job[name];
  return isObject(value) ? value : {};
}
