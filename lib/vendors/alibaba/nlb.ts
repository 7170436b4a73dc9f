import { boundDetail } from '../../job/detail.ts';
import { scopeKey } from '../../job/identity.ts';
import { NO_DETAIL, type Observation } from '../../job/observation.ts';
import type { Query } from '../kit/canonical.ts';
import { idText, statusWord } from '../kit/json.ts';
import type { AlibabaSession } from './client.ts';
import { alibabaApi, listJobs, onlyOne, UNKNOWN_ID } from './list-jobs.ts';

const PRODUCT = { host: 'nlb', version: '2022-04-30' };

/** Ids to remember between two polls; the oldest is forgotten and polled by GetJobStatus again. */
const UNFINISHED_MAX = 10_000;

/** Of accounts of aliyun.com; NLB does not say which load balancer a job is about. */
const CONSOLE = { list: 'https://slb.console.aliyun.com/nlb/{region}/nlbs' };

/**
 * Network Load Balancer, version 2022-04-30: GetJobStatus for one id, ListAsynJobs for several.
 * Only ListAsynJobs is documented to say `Failed`, so one id is polled by both in turn while GetJobStatus calls it
 * unfinished. `processing` (English page) and `Processing` (Chinese) are one word.
 * https://www.alibabacloud.com/help/en/slb/api-getjobstatus
 * https://help.aliyun.com/zh/slb/network-load-balancer/developer-reference/api-nlb-2022-04-30-listasynjobs
 */
export const ALIBABA_NLB = alibabaApi({ api: 'alibaba.nlb', vendorConsole: CONSOLE }, (client) => {
  const rpc = (session: AlibabaSession, action: string, query: Query) =>
    client(session, { product: PRODUCT, action, query });

  const unfinished = new Set<string>();

  function note(name: string): void {
    unfinished.add(name);
    const [oldest] = unfinished;
    if (unfinished.size > UNFINISHED_MAX && oldest !== undefined) unfinished.delete(oldest);
  }

  async function pollOne(session: AlibabaSession, jobId: string): Promise<Observation> {
    const name = `${scopeKey(session.scope)}/${jobId}`;
    if (unfinished.delete(name)) return onlyOne(await pollMany(session, [jobId]), jobId);
    const observation = await pollStatus(session, jobId);
    if (observation.kind === 'status' && observation.word.toLowerCase() === 'processing') note(name);
    return observation;
  }

  async function pollStatus(session: AlibabaSession, jobId: string): Promise<Observation> {
    const result = await rpc(session, 'GetJobStatus', [['JobId', jobId]]);
    if (result.kind === 'missing') return UNKNOWN_ID;
    if (result.kind !== 'ok') return result;
    const word = statusWord(result.body['Status']);
    if (word === null) return { kind: 'malformed', reason: 'the answer has no readable Status' };
    return { kind: 'status', word, detail: boundDetail({ ...NO_DETAIL, requestId: idText(result.body['RequestId']) }) };
  }

  function pollMany(session: AlibabaSession, jobIds: readonly string[]) {
    return listJobs((action, query) => rpc(session, action, query), jobIds, []);
  }

  return { pollOne, pollMany };
});
