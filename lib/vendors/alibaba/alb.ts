import type { AlibabaSession } from './client.ts';
import { alibabaApi, listJobs, onlyOne } from './list-jobs.ts';

const PRODUCT = { host: 'alb', version: '2020-06-16' };

/** The most that is documented, so that one page is enough; the default is 20. */
const MAX_RESULTS = '100';

/** Of accounts of aliyun.com. https://help.aliyun.com/document_detail/214653.html */
const ALBS = 'https://slb.console.aliyun.com/alb/{region}/albs';
const CONSOLE = { list: ALBS, one: { ids: '^alb-[a-z0-9]+$', url: `${ALBS}/{resource}` } };

/**
 * Application Load Balancer, version 2020-06-16: ListAsynJobs for one id and for several. Unknown ids are left out.
 * https://help.aliyun.com/document_detail/382324.html
 */
export const ALIBABA_ALB = alibabaApi({ api: 'alibaba.alb', vendorConsole: CONSOLE }, (client) => {
  const pollMany = (session: AlibabaSession, jobIds: readonly string[]) =>
    listJobs((action, query) => client(session, { product: PRODUCT, action, query }), jobIds, [
      ['MaxResults', MAX_RESULTS],
    ]);
  return { pollMany, pollOne: async (session, jobId) => onlyOne(await pollMany(session, [jobId]), jobId) };
});
