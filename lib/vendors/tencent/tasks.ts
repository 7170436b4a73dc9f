import { isObject } from '../../base/is-object.ts';
import { boundDetail } from '../../job/detail.ts';
import { judgeByTable } from '../../job/judgement.ts';
import { type Detail, NO_DETAIL, type Observation } from '../../job/observation.ts';
import type { Phase } from '../../job/phase.ts';
import type { Api } from '../kit/cloud.ts';
import { idText, type JsonObject, statusWord, vendorError } from '../kit/json.ts';
import { pollSingly } from '../kit/poll.ts';
import type { TencentAccount } from './account.ts';
import type { TencentCall } from './client.ts';

type Row = Pick<TencentCall, 'product' | 'version' | 'action' | 'faults'> & {
  readonly api: string;
  readonly statuses: ReadonlyMap<string, Phase>;
  /** The request's JSON; null: the api has no such ids. */
  readonly bodyOf: (jobId: string) => string | null;
  /** Null: the answer has no readable word. */
  readonly wordOf: (response: JsonObject) => string | null;
  readonly detailOf: (response: JsonObject) => Partial<Detail>;
};

/** https://www.tencentcloud.com/document/product/214/30683 */
const NUMBERS = new Map<string, Phase>([
  ['0', 'succeeded'],
  ['1', 'failed'],
  ['2', 'running'],
]);
const WORDS = new Map<Lowercase<string>, Phase>([
  ['success', 'succeeded'],
  ['failed', 'failed'],
  ['running', 'running'],
]);

const textId = (jobId: string) => JSON.stringify({ TaskId: jobId });
/** A uint64: written as it stands, since a number of JavaScript does not hold it. */
const numberId = (jobId: string) => (/^(0|[1-9]\d{0,19})$/.test(jobId) ? `{"TaskId":${jobId}}` : null);

/** The answer's id is not the task's: a task of CLB is named by the RequestId of the call that began it. */
const BALANCER: Pick<Row, 'statuses' | 'action' | 'bodyOf' | 'wordOf' | 'detailOf'> = {
  statuses: NUMBERS,
  action: 'DescribeTaskStatus',
  bodyOf: textId,
  wordOf: ({ Status: status }) => (Number.isSafeInteger(status) ? String(status) : null),
  detailOf: ({ LoadBalancerIds: ids, Message: message, Status: status }) => {
    const resourceId = Array.isArray(ids) ? idText(ids[0]) : null;
    const resourceType = resourceId === null ? null : 'loadbalancer';
    return { resourceId, resourceType, error: status === 1 ? vendorError(null, message) : null };
  },
};

const VPC_TASKS = 'https://www.tencentcloud.com/document/product/215/44641';

const ROWS: readonly Row[] = [
  { ...BALANCER, api: 'tencent.clb', product: 'clb', version: '2018-03-17' },
  { ...BALANCER, api: 'tencent.gwlb', product: 'gwlb', version: '2024-09-06' },
  {
    api: 'tencent.vpc',
    product: 'vpc',
    version: '2017-03-12',
    action: 'DescribeVpcTaskResult',
    statuses: WORDS,
    faults: [{ codes: ['ResourceNotFound', 'ResourceNotFound.*'], means: 'missing', source: VPC_TASKS }],
    bodyOf: textId,
    wordOf: ({ Status: status }) => statusWord(status),
    detailOf: ({ Status: status, Output: output }) => ({
      error: status === 'FAILED' ? vendorError(null, output) : null,
    }),
  },
  // https://www.tencentcloud.com/document/product/215/38103
  {
    api: 'tencent.eip',
    product: 'vpc',
    version: '2017-03-12',
    action: 'DescribeTaskResult',
    statuses: WORDS,
    bodyOf: numberId,
    wordOf: ({ Result: result }) => statusWord(result),
    detailOf: () => ({}),
  },
  // https://www.tencentcloud.com/document/product/236/35915: UNDEFINED waits for the instance's maintenance window.
  {
    api: 'tencent.cdb',
    product: 'cdb',
    version: '2017-03-20',
    action: 'DescribeAsyncRequestInfo',
    statuses: new Map<Lowercase<string>, Phase>([
      ...WORDS,
      ['initial', 'pending'],
      ['undefined', 'pending'],
      ['paused', 'running'],
      ['killed', 'canceled'],
      ['removed', 'canceled'],
    ]),
    faults: [
      {
        codes: ['InvalidParameter.InvalidAsyncRequestId'],
        means: 'missing',
        believedAfterMs: 600_000,
        source: 'https://github.com/TencentCloud/tencentcloud-sdk-python (cdb/v20170320/errorcodes.py)',
      },
    ],
    bodyOf: (jobId) => JSON.stringify({ AsyncRequestId: jobId }),
    wordOf: ({ Status: status }) => statusWord(status),
    detailOf: ({ Status: status, Info: info }) => ({ error: status === 'FAILED' ? vendorError(null, info) : null }),
  },
];

/** Products that are asked for one task at a time. */
export const TENCENT_TASKS: readonly Api<TencentAccount, TencentCall>[] = ROWS.map((row) => ({
  api: row.api,
  needsProject: false,
  grouping: { batchMax: 0, listPageMax: 0 },
  idOfNoJob: '9007199254740991',
  judge: judgeByTable(row.statuses),
  fill: (client) => async (session, _call, results) => {
    await pollSingly(results, async (jobId) => {
      const body = row.bodyOf(jobId);
      if (body === null) return { kind: 'malformed', reason: `an id of ${row.api} is a number` };
      const result = await client(session, { ...row, body });
      return result.kind === 'ok' ? readTask(row, result.body['Response'], jobId) : result;
    });
    return null;
  },
}));

function readTask(row: Row, response: unknown, jobId: string): Observation {
  if (!isObject(response)) return { kind: 'malformed', reason: 'the answer has no object Response' };
  const named = response['TaskId'];
  if (Number.isSafeInteger(named) && String(named) !== jobId)
    return { kind: 'malformed', reason: 'the answer is about another job than the one that was asked for' };
  const word = row.wordOf(response);
  if (word === null) return { kind: 'malformed', reason: 'the answer has no readable status' };
  const requestId = idText(response['RequestId']);
  return { kind: 'status', word, detail: boundDetail({ ...NO_DETAIL, ...row.detailOf(response), requestId }) };
}
