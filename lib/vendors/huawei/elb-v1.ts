import type { Phase } from '../../job/phase.ts';
import { JOB_SERVICE_FAULTS } from './errors.ts';
import { readJob } from './job.ts';
import { singleApi } from './single.ts';

export const V1_STATUSES: ReadonlyMap<string, Phase> = new Map<Lowercase<string>, Phase>([
  ['init', 'pending'],
  ['running', 'running'],
  ['success', 'succeeded'],
  ['fail', 'failed'],
]);

/**
 * Classic Elastic Load Balance, v1.0: one job at a time. "Discarded" at Huawei Cloud, current at Open Telekom Cloud and
 * FlexibleEngine.
 * https://support.huaweicloud.com/intl/en-us/eu-west-0-api-elb/elb_jd_job_0000.html
 * https://support.huaweicloud.com/intl/en-us/api-elb/elb_fl_0001.html
 */
export const HUAWEI_ELB_V1 = singleApi({
  api: 'huawei.elb.v1',
  service: { host: 'elb', faults: JOB_SERVICE_FAULTS },
  statuses: V1_STATUSES,
  request: (projectId, jobId) => ({ path: `/v1.0/${projectId}/jobs/${jobId}`, query: [] }),
  jobOf: (body) => body,
  idField: 'job_id',
  read: readJob,
});
