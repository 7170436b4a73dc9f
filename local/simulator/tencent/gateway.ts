import { isObject } from '../../../lib/base/is-object.ts';
import type { JobView } from '../job-store.ts';
import type { RawRequest } from '../raw-request.ts';
import type { Reply } from '../reply.ts';
import { type Call, shown, type Visit, viewerOf, type World } from '../world.ts';
import { findTencentKey, type TencentKey } from './credential.ts';
import { TENCENT_ERRORS, tencentError, tencentReply } from './reply.ts';
import { readTc3Authorization, verifyTc3 } from './verify-tc3.ts';

interface Action {
  readonly api: string;
  readonly host: string;
  readonly version: string;
  readonly name: string;
  /** The ids that the parameters name; null: one has another type than the documented. */
  readonly idsOf: (parameters: Record<string, unknown>) => readonly string[] | null;
  readonly reply: (views: readonly JobView[], world: World) => Reply;
}

const textId = ({ TaskId: id }: Record<string, unknown>) => (typeof id === 'string' ? [id] : null);
const numberId = ({ TaskId: id }: Record<string, unknown>) => (typeof id === 'number' ? [String(id)] : null);
const listOfIds = ({ RequestIds: ids }: Record<string, unknown>) =>
  Array.isArray(ids) && ids.every((id) => typeof id === 'string') && ids.length <= IDS_MAX ? ids : null;
const IDS_MAX = 20;

/** A status that is a number stays one. */
function numberOf({ status }: JobView): unknown {
  return /^\d+$/.test(status) ? Number(status) : status;
}

function balancerTask([view]: readonly JobView[], world: World): Reply {
  const unknown = world.options().tencentUnknownTask;
  if (view === undefined) return tencentError(unknown, 'The task is not there.');
  return tencentReply({
    Status: numberOf(view),
    LoadBalancerIds: view.job.resourceId === undefined ? null : [view.job.resourceId],
    Message: view.step.error?.message ?? null,
  });
}

const balancer = { name: 'DescribeTaskStatus', idsOf: textId, reply: balancerTask };

/**
 * From the reference pages of CLB (214/30683), VPC (215/44641) and EIP (215/38103); what an unknown task of CLB is
 * answered is not published.
 */
const ACTIONS: readonly Action[] = [
  { ...balancer, api: 'tencent.clb', host: 'clb', version: '2018-03-17' },
  { ...balancer, api: 'tencent.gwlb', host: 'gwlb', version: '2024-09-06' },
  {
    api: 'tencent.alb',
    host: 'alb',
    version: '2025-10-30',
    name: 'DescribeAsyncJobs',
    idsOf: listOfIds,
    reply: (views) =>
      tencentReply({
        Jobs: views.map(({ job, status }) => ({
          ApiName: job.operation ?? 'CreateLoadBalancer',
          FlowId: 1,
          RequestId: job.jobId,
          ResourceIds: job.resourceId === undefined ? [] : [job.resourceId],
          Status: status,
        })),
        TotalCount: views.length,
        NextToken: '',
      }),
  },
  {
    api: 'tencent.vpc',
    host: 'vpc',
    version: '2017-03-12',
    name: 'DescribeVpcTaskResult',
    idsOf: textId,
    reply: ([view]) =>
      view === undefined
        ? tencentError('ResourceNotFound', 'The task is not there.')
        : tencentReply({ Status: view.status, Output: view.step.error?.message ?? '', Result: [] }),
  },
  {
    api: 'tencent.eip',
    host: 'vpc',
    version: '2017-03-12',
    name: 'DescribeTaskResult',
    idsOf: numberId,
    reply: ([view]) =>
      view === undefined
        ? tencentError('FailedOperation.TaskFailed', 'The task is not there.')
        : tencentReply({ TaskId: Number(view.job.jobId), Result: view.status }),
  },
  // 236/35915; the code of an unknown id is from cdb/v20170320/errorcodes.py of the Python SDK.
  {
    api: 'tencent.cdb',
    host: 'cdb',
    version: '2017-03-20',
    name: 'DescribeAsyncRequestInfo',
    idsOf: ({ AsyncRequestId: id }) => (typeof id === 'string' ? [id] : null),
    reply: ([view]) =>
      view === undefined
        ? tencentError('InvalidParameter.InvalidAsyncRequestId', 'The asyncRequestId is not there.')
        : tencentReply({ Status: view.status, Info: view.step.error?.message ?? '' }),
  },
];

export const TENCENT_HOSTS = Object.fromEntries(ACTIONS.map(({ api, host }) => [api, host]));

export function routeTencent(request: RawRequest, world: World, host: string | null): Call | null {
  if (host === null) return null;
  const name = request.headers.get('x-tc-action') ?? '';
  const action = ACTIONS.find((one) => one.host === host && one.name === name);
  const parameters = parametersOf(request);
  const ids = action?.idsOf(parameters) ?? [];
  return {
    errors: TENCENT_ERRORS,
    api: action?.api ?? 'tencent.unknown',
    action: action?.name ?? 'unknown',
    key: readTc3Authorization(request)?.secretId ?? '',
    jobIds: ids,
    answer(visit) {
      const key = enter(request, world, visit, host);
      if ('status' in key) return key;
      if (action === undefined) return tencentError('InvalidAction', 'The action is not there.');
      return serve(action, { request, world, visit, key, parameters });
    },
  };
}

interface Served {
  readonly request: RawRequest;
  readonly world: World;
  readonly visit: Visit;
  readonly key: TencentKey;
  readonly parameters: Record<string, unknown>;
}

function serve(action: Action, { request, world, visit, key, parameters }: Served): Reply {
  if (request.headers.get('x-tc-version') !== action.version) return tencentError('NoSuchVersion', 'No such version.');
  if ((request.headers.get('x-tc-region') ?? '') === '') return tencentError('MissingParameter', 'No region.');
  if (key.deniedApis.includes(action.api)) return tencentError('UnauthorizedOperation', 'You are not authorized.');
  const ids = action.idsOf(parameters);
  if (ids === null) return tencentError('InvalidParameter', 'A parameter is of the wrong type.');
  const viewer = viewerOf(visit, key.owner);
  const views = ids.map((id) => world.jobs.find(action.api, undefined, id, viewer)).filter((view) => view !== null);
  return action.reply(shown(world, visit, views), world);
}

/** Five minutes either way. */
const SKEW_MS = 300_000;

function enter(request: RawRequest, world: World, visit: Visit, service: string): TencentKey | Reply {
  const isPost = request.method === 'POST' && request.path === '/';
  if (!isPost || !(request.headers.get('content-type') ?? '').startsWith('application/json'))
    return tencentError('UnsupportedProtocol', 'Only POST with JSON is supported here.');
  const claim = readTc3Authorization(request);
  if (claim === null) return tencentError('AuthFailure.InvalidAuthorization', 'No valid Authorization.');
  const key = findTencentKey(world.keys, claim.secretId);
  if (key === undefined) return tencentError('AuthFailure.SecretIdNotFound', 'The SecretId is not found.');
  const refusal = verifyTc3(request, claim, { key, nowMs: visit.serviceNowMs, skewMs: SKEW_MS, service });
  world.counters.signature(claim.secretId, refusal === null, visit.nowMs);
  return refusal === null ? key : tencentError(refusal, 'The request is refused.');
}

function parametersOf(request: RawRequest): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(request.body.toString('utf8'));
    return isObject(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
