import { boundDetail } from '../detail.ts';
import { NO_DETAIL, type Observation } from '../observation.ts';
import { type ApiFacts, judgeByTable, type Vendor } from '../vendor.ts';
import { ALIBABA_BATCH_MAX, ALIBABA_STATUSES, askBatches, listJobs } from './alibaba-jobs.ts';
import { type AlibabaDeps, type AlibabaSession, makeAlibabaRpc } from './alibaba-rpc.ts';
import { idText, statusWord } from './json.ts';
import { closeSession, openSession, wrongAccount } from './session.ts';

export const ALIBABA_NLB: ApiFacts = { api: 'alibaba.nlb', cloud: 'alibaba', needsProject: false };

/**
 * Network Load Balancer, version 2022-04-30: GetJobStatus for one id, ListAsynJobs for several.
 * Only ListAsynJobs is documented to say `Failed`; `processing` (English page) and `Processing` (Chinese) are one word.
 * https://www.alibabacloud.com/help/en/slb/api-getjobstatus
 * https://help.aliyun.com/zh/slb/network-load-balancer/developer-reference/api-nlb-2022-04-30-listasynjobs
 */
export function makeAlibabaNlb(deps: AlibabaDeps): Vendor {
  const rpc = makeAlibabaRpc(deps, { api: ALIBABA_NLB.api, host: 'nlb', version: '2022-04-30' });

  async function askOne(session: AlibabaSession, jobId: string): Promise<Observation> {
    const reply = await rpc(session, 'GetJobStatus', [['JobId', jobId]]);
    if (reply.kind === 'missing')
      return { kind: 'missing', reason: 'the vendor does not know the id (ResourceNotFound.JobId)' };
    if (reply.kind !== 'ok') return reply;
    const word = statusWord(reply.body['Status']);
    if (word === null) return { kind: 'malformed', reason: 'the answer has no readable Status' };
    return { kind: 'status', word, detail: boundDetail({ ...NO_DETAIL, requestId: idText(reply.body['RequestId']) }) };
  }

  const batching = {
    askOne,
    askMany: (session: AlibabaSession, jobIds: readonly string[]) => listJobs(rpc, session, jobIds, []),
  };

  return {
    ...ALIBABA_NLB,
    grouping: { batchMax: ALIBABA_BATCH_MAX, single: true, listPageMax: 0 },
    statuses: ALIBABA_STATUSES,
    judge: judgeByTable(ALIBABA_STATUSES),
    ask: async (call, access) => {
      if (access.account.vendor !== 'alibaba') return wrongAccount(call, 'alibaba');
      const session = openSession(call, access.account, access);
      const observations = await askBatches(batching, session, call.jobIds);
      return closeSession(session, observations, null);
    },
  };
}
