import type { ApiFacts } from '../../job/api-facts.ts';
import { judgeByTable } from '../../job/judgement.ts';
import type { Observation } from '../../job/observation.ts';
import type { Phase } from '../../job/phase.ts';
import { makePoll, pollSingly } from '../kit/poll.ts';
import type { Vendor } from '../vendor.ts';
import { type HuaweiDeps, type HuaweiSession, makeHuaweiClient } from './client.ts';
import { readSingle } from './job.ts';

export const HUAWEI_ELB_V1 = { api: 'huawei.elb.v1', cloud: 'huawei', needsProject: true } as const satisfies ApiFacts;

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
export function makeHuaweiElbV1(deps: HuaweiDeps): Vendor {
  const client = makeHuaweiClient(deps, HUAWEI_ELB_V1.api);

  async function pollOne(session: HuaweiSession, jobId: string): Promise<Observation> {
    const projectId = session.scope.projectId ?? '';
    const path = `/v1.0/${projectId}/jobs/${jobId}`;
    return readSingle(await client(session, { projectId, path, query: [], about: 'job' }), jobId, (body) => body);
  }

  return {
    ...HUAWEI_ELB_V1,
    grouping: { batchMax: 0, listPageMax: 0 },
    judge: judgeByTable(V1_STATUSES),
    poll: makePoll(HUAWEI_ELB_V1, async (session, _call, results) => {
      await pollSingly(results, (jobId) => pollOne(session, jobId));
      return null;
    }),
  };
}
