import type { ApiFacts } from '../../job/api-facts.ts';
import type { Vendor } from '../vendor.ts';
import { type AlibabaDeps, type AlibabaSession, makeAlibabaRpc } from './client.ts';
import { alibabaVendor, listJobs, onlyOne } from './list-jobs.ts';

export const ALIBABA_ALB = { api: 'alibaba.alb', cloud: 'alibaba', needsProject: false } as const satisfies ApiFacts;

/** The most that is documented, so that one page is enough; the default is 20. */
const MAX_RESULTS = '100';

/**
 * Application Load Balancer, version 2020-06-16: ListAsynJobs for one id and for several. Unknown ids are left out.
 * https://help.aliyun.com/document_detail/382324.html
 */
export function makeAlibabaAlb(deps: AlibabaDeps): Vendor {
  const rpc = makeAlibabaRpc(deps, { api: ALIBABA_ALB.api, host: 'alb', version: '2020-06-16' });
  const pollMany = (session: AlibabaSession, jobIds: readonly string[]) =>
    listJobs(rpc, session, jobIds, [['MaxResults', MAX_RESULTS]]);

  const pollOne = async (session: AlibabaSession, jobId: string) => onlyOne(await pollMany(session, [jobId]), jobId);

  return alibabaVendor(ALIBABA_ALB, { pollOne, pollMany });
}
