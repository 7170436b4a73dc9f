import type { ApiFacts } from '../../job/api-facts.ts';
import { judgeByTable } from '../../job/judgement.ts';
import type { Phase } from '../../job/phase.ts';
import { endsCall, makeFindings } from '../kit/findings.ts';
import { answerAll, closeSession, NO_PROJECT, openSession, wrongAccount } from '../kit/session.ts';
import type { Vendor } from '../vendor.ts';
import { type HuaweiDeps, makeHuaweiApi } from './client.ts';
import { readSingle } from './job.ts';

export const HUAWEI_ELB_V1: ApiFacts = { api: 'huawei.elb.v1', cloud: 'huawei', needsProject: true };

const STATUSES: ReadonlyMap<string, Phase> = new Map<string, Phase>([
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
  const api = makeHuaweiApi(deps, HUAWEI_ELB_V1.api);
  return {
    ...HUAWEI_ELB_V1,
    grouping: { batchMax: 0, single: true, listPageMax: 0 },
    statuses: STATUSES,
    judge: judgeByTable(STATUSES),
    ask: async (call, access) => {
      const { projectId } = call.scope;
      if (access.account.vendor !== 'huawei') return wrongAccount(call, 'huawei');
      if (projectId === null) return answerAll(call, NO_PROJECT);
      const session = openSession(call, access.account, access);
      const findings = makeFindings(call.jobIds);
      for (const jobId of findings.unseen()) {
        const path = `/v1.0/${projectId}/jobs/${jobId}`;
        const observation = readSingle(
          await api(session, projectId, { path, query: [], about: 'job' }),
          jobId,
          (body) => body,
        );
        findings.see(jobId, observation);
        if (endsCall(observation)) findings.settle(observation);
        if (endsCall(observation)) break;
      }
      return closeSession(session, findings.observations, null);
    },
  };
}
