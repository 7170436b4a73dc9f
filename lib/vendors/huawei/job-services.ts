import type { Phase } from '../../job/phase.ts';
import { V1_STATUSES } from './elb-v1.ts';
import { COMPUTE_FAULTS } from './errors.ts';
import { readServiceJob } from './job.ts';
import type { HuaweiService } from './service.ts';
import { type SingleApi, singleApi } from './single.ts';

/**
 * Services whose jobs are asked for one at a time and look like those of ELB v1.0, with sub-jobs among the `entities`.
 * https://support.huaweicloud.com/intl/en-us/api-ecs/ecs_02_0901.html
 * https://support.huaweicloud.com/intl/en-us/api-bms/bms_api_0640.html
 * https://docs.otc.t-systems.com/elastic-volume-service/api-ref/apis/querying_task_status.html
 */

/** Until a yearly or monthly order is paid; not said again if it is canceled, and deleted after 14 days. */
const PAID_STATUSES: ReadonlyMap<string, Phase> = new Map([...V1_STATUSES, ['pending_payment', 'pending']]);

const SFS_TURBO_STATUSES: ReadonlyMap<string, Phase> = new Map<Lowercase<string>, Phase>([
  ['waiting', 'pending'],
  ['running', 'running'],
  ['success', 'succeeded'],
  ['failed', 'failed'],
]);

type Row = Pick<SingleApi, 'api'> &
  Partial<Pick<SingleApi, 'statuses' | 'request'>> &
  Pick<HuaweiService, 'host'> & { readonly isAtEu?: boolean };

const ROWS: readonly Row[] = [
  { api: 'huawei.ecs', host: 'ecs', statuses: PAID_STATUSES },
  { api: 'huawei.evs', host: 'evs' },
  { api: 'huawei.ims', host: 'ims' },
  { api: 'huawei.bms', host: 'bms', statuses: PAID_STATUSES },
  // https://github.com/huaweicloud/huaweicloud-sdk-python-v3: EIP is served by VPC's host.
  { api: 'huawei.eip', host: 'vpc' },
  { api: 'huawei.deh', host: 'deh' },
  { api: 'huawei.sdrs', host: 'sdrs' },
  // https://support.huaweicloud.com/intl/en-us/api-dcs/ShowJobInfo.html: times in milliseconds.
  {
    api: 'huawei.dcs',
    host: 'dcs',
    request: (projectId, jobId) => ({ path: `/v2/${projectId}/jobs/${jobId}`, query: [] }),
  },
  // https://support.huaweicloud.com/intl/en-us/api-sfsturbo/ShowJobDetail.html: times without a zone.
  {
    api: 'huawei.sfsturbo',
    host: 'sfs-turbo',
    isAtEu: true,
    statuses: SFS_TURBO_STATUSES,
    request: (projectId, jobId) => ({ path: `/v1/${projectId}/sfs-turbo/jobs/${jobId}`, query: [] }),
  },
];

export const HUAWEI_JOB_SERVICES = ROWS.map(({ api, host, isAtEu = false, ...row }) =>
  singleApi({
    api,
    service: { host, isAtEu, faults: COMPUTE_FAULTS },
    statuses: V1_STATUSES,
    request: (projectId, jobId) => ({ path: `/v1/${projectId}/jobs/${jobId}`, query: [] }),
    jobOf: (body) => body,
    idField: 'job_id',
    read: readServiceJob,
    ...row,
  }),
);
