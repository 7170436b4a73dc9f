import { isObject } from '../../base/is-object.ts';
import { boundDetail } from '../../job/detail.ts';
import { NO_DETAIL } from '../../job/observation.ts';
import { isTerminal, type Phase } from '../../job/phase.ts';
import { idText, type JsonObject, looseTime, type ParsedJob, statusWord, vendorError } from '../kit/json.ts';
import { DATABASE_FAULTS } from './errors.ts';
import type { HuaweiService } from './service.ts';
import { singleApi } from './single.ts';

/**
 * The databases' task centers: `GET /v3/{project_id}/jobs?id=`, tasks of one month.
 * https://docs.otc.t-systems.com/relational-database-service/api-ref/api_v3_recommended/obtaining_task_information/
 * https://support.huaweicloud.com/eu/api-taurusdb/ShowGaussMySqlJobInfo.html
 */
const STATUSES: ReadonlyMap<string, Phase> = new Map<Lowercase<string>, Phase>([
  ['pending', 'pending'],
  ['running', 'running'],
  ['completed', 'succeeded'],
  ['failed', 'failed'],
]);

const at = (host: string, ...regions: readonly string[]) => Object.fromEntries(regions.map((one) => [one, host]));

/** Hosts differ by region: https://github.com/huaweicloud/huaweicloud-sdk-python-v3 (the `*_region.py` of each). */
const ROWS: readonly (readonly [api: string, service: Omit<HuaweiService, 'faults'>])[] = [
  ['huawei.rds', { host: 'rds', isAtEu: true }],
  ['huawei.dds', { host: 'dds', isAtEu: true }],
  [
    'huawei.gaussdb',
    { host: 'gaussdb', otherHosts: at('gaussdbformysql', 'tr-west-1', 'ap-southeast-1', 'ap-southeast-2') },
  ],
  [
    'huawei.opengauss',
    {
      host: 'gaussdb-opengauss',
      otherHosts: at(
        'gaussdb',
        'cn-east-2',
        'cn-east-4',
        'cn-east-5',
        'ap-southeast-5',
        'tr-west-1',
        'me-east-1',
        'af-north-1',
      ),
    },
  ],
  ['huawei.geminidb', { host: 'gaussdb-nosql', isAtEu: true }],
];

export const HUAWEI_DATABASES = ROWS.map(([api, service]) =>
  singleApi({
    api,
    service: { ...service, faults: DATABASE_FAULTS },
    statuses: STATUSES,
    request: (projectId, jobId) => ({ path: `/v3/${projectId}/jobs`, query: [['id', jobId]] }),
    jobOf: (body) => body['job'],
    idField: 'id',
    read: readTask,
  }),
);

/** `ended` may hold the planned end of a task that runs, so it is one only beside a word that ends it. */
function readTask(job: JsonObject, requestId: string | null): ParsedJob {
  const word = statusWord(job['status']);
  if (word === null) return { kind: 'malformed', reason: 'the job has no readable status' };
  const phase = STATUSES.get(word.toLowerCase());
  const instance = isObject(job['instance']) ? job['instance'] : {};
  const resourceId = idText(instance['id']);
  const detail = boundDetail({
    ...NO_DETAIL,
    operation: idText(job['name']),
    resourceId,
    resourceType: resourceId === null ? null : 'instance',
    beganAt: looseTime(job['created']),
    endedAt: phase !== undefined && isTerminal(phase) ? looseTime(job['ended']) : null,
    error: vendorError(job['error_code'], job['fail_reason']),
    requestId,
  });
  return { kind: 'status', word, detail };
}
