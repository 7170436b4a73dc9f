import { randomUUID } from 'node:crypto';
import type { JobView } from '../job-store.ts';
import { jsonReply, type Reply } from '../reply.ts';
import type { SubJobSpec } from '../schema.ts';
import { shown, viewerOf } from '../world.ts';
import { huaweiReply } from './reply.ts';
import type { ServiceInput } from './service.ts';
import { unknownHuaweiJob } from './unknown-job.ts';

/**
 * The services that are asked for one job at a time, each on a host of its own:
 * https://support.huaweicloud.com/intl/en-us/api-ecs/ecs_02_0901.html (and EVS, IMS, BMS, EIP, DeH, SDRS)
 * https://docs.otc.t-systems.com/relational-database-service/api-ref/ (rds_13_0003, and DDS, TaurusDB, GaussDB,
 * GeminiDB) https://support.huaweicloud.com/en-us/api-cce/cce_02_0247.html
 */
export interface JobService {
  readonly api: string;
  readonly host: string;
  readonly pattern: RegExp;
  /** The parameter of the query that names the job, where the path does not. */
  readonly idParameter?: string;
  readonly serve: (input: ServiceInput) => Reply;
}

/** Jobs of the job service are deleted a day after their end. */
const KEPT_MS = 24 * 3_600_000;

const COMPUTE = /^\/v1\/([^/]+)\/jobs\/([^/]+)\/?$/;
const DATABASE = /^\/v3\/([^/]+)\/jobs\/?$/;

type Format = (view: JobView) => unknown;

function serving(api: string, format: Format, unknown: (input: ServiceInput) => Reply) {
  return (input: ServiceInput): Reply => {
    const { world, visit, projectId, jobId, owner } = input;
    const view = jobId === null ? null : world.jobs.find(api, projectId, jobId, viewerOf(visit, owner));
    if (view === null || (view.isLastStep && visit.nowMs - view.changedAtMs > KEPT_MS)) return unknown(input);
    shown(world, visit, [view]);
    return huaweiReply(() => format(view));
  };
}

function compute(api: string, host: string, format: Format = formatCompute): JobService {
  return { api, host, pattern: COMPUTE, serve: serving(api, format, unknownCompute) };
}

function database(api: string, host: string, progress: 'process' | 'progress'): JobService {
  const serve = serving(
    api,
    (view) => formatTask(view, progress),
    () => jsonReply(400, { error_code: 'DBS.200543', error_msg: 'The job does not exist.' }, 'DBS.200543'),
  );
  return { api, host, pattern: DATABASE, idParameter: 'id', serve };
}

export const JOB_SERVICES: readonly JobService[] = [
  compute('huawei.ecs', 'ecs'),
  compute('huawei.evs', 'evs'),
  compute('huawei.ims', 'ims', formatImage),
  compute('huawei.bms', 'bms'),
  compute('huawei.eip', 'vpc'),
  compute('huawei.deh', 'deh'),
  compute('huawei.sdrs', 'sdrs'),
  database('huawei.rds', 'rds', 'process'),
  database('huawei.dds', 'dds', 'progress'),
  database('huawei.gaussdb', 'gaussdb', 'process'),
  database('huawei.opengauss', 'gaussdb-opengauss', 'progress'),
  database('huawei.geminidb', 'gaussdb-nosql', 'progress'),
  {
    api: 'huawei.dcs',
    host: 'dcs',
    pattern: /^\/v2\/([^/]+)\/jobs\/([^/]+)\/?$/,
    serve: serving('huawei.dcs', formatCache, unknownCompute),
  },
  {
    api: 'huawei.sfsturbo',
    host: 'sfs-turbo',
    pattern: /^\/v1\/([^/]+)\/sfs-turbo\/jobs\/([^/]+)\/?$/,
    serve: serving('huawei.sfsturbo', formatShare, unknownCompute),
  },
  {
    api: 'huawei.cce',
    host: 'cce',
    pattern: /^\/api\/v3\/projects\/([^/]+)\/jobs\/([^/]+)\/?$/,
    serve: serving('huawei.cce', formatCluster, () =>
      jsonReply(404, { error_code: 'CCE.01404001', error_msg: 'Resource not found.' }, 'CCE.01404001'),
    ),
  },
];

function unknownCompute({ world }: ServiceInput): Reply {
  return unknownHuaweiJob(world.options().huaweiUnknownServiceJob);
}

function endOf({ step, isLastStep, changedAtMs }: JobView): number | null {
  return (step.ended ?? isLastStep) ? changedAtMs : null;
}

/** What is common to a job and its sub-jobs. */
function commonOf(
  view: JobView,
  part: { jobId: string; status: string; operation?: string | undefined; error?: SubJobSpec['error'] },
) {
  const endMs = endOf(view);
  return {
    status: part.status,
    job_id: part.jobId,
    job_type: part.operation ?? 'createServer',
    begin_time: new Date(view.beganAtMs).toISOString(),
    end_time: endMs === null ? '' : new Date(endMs).toISOString(),
    error_code: part.error?.code ?? null,
    fail_reason: part.error?.message ?? null,
  };
}

function ownPart({ job, status, step }: JobView) {
  return { jobId: job.jobId, status, operation: job.operation, error: step.error };
}

function formatCompute(view: JobView): unknown {
  const { job, step } = view;
  const subJobs = step.subJobs.map((sub) => ({
    ...commonOf(view, sub),
    entities: sub.resourceId === undefined ? {} : { server_id: sub.resourceId },
  }));
  const own = job.resourceId === undefined ? {} : { server_id: job.resourceId };
  const parts = subJobs.length === 0 ? {} : { sub_jobs_total: subJobs.length, sub_jobs: subJobs };
  return { ...commonOf(view, ownPart(view)), entities: job.entities ?? { ...own, ...parts } };
}

function formatImage(view: JobView): unknown {
  const { job, step } = view;
  const results = step.subJobs.map((sub) => ({ ...commonOf(view, sub), entities: { image_id: sub.resourceId ?? '' } }));
  const parts =
    results.length === 0
      ? { image_id: job.resourceId ?? '', process_percent: view.isLastStep ? 1 : 0.4 }
      : { sub_jobs_list: step.subJobs.map(({ jobId }) => jobId), sub_jobs_result: results };
  return { ...commonOf(view, ownPart(view)), entities: job.entities ?? parts };
}

/** `ended` while the task runs is the planned end: a step with `ended` shows it. */
function formatTask(view: JobView, progress: 'process' | 'progress'): unknown {
  const { job, step, status } = view;
  const endMs = endOf(view);
  return {
    job: {
      id: job.jobId,
      name: job.operation ?? 'CreateMysqlSingleHAInstance',
      status,
      created: zoned(view.beganAtMs),
      ...(endMs === null ? {} : { ended: zoned(endMs) }),
      [progress]: view.isLastStep ? '' : '60%',
      instance: { id: job.resourceId ?? job.jobId, name: 'instance' },
      entities: {},
      ...(step.error === undefined ? {} : { fail_reason: step.error.message }),
    },
  };
}

function formatCache(view: JobView): unknown {
  const { error_code: _, ...common } = commonOf(view, ownPart(view));
  const endMs = endOf(view);
  return { ...common, begin_time: String(view.beganAtMs), end_time: endMs === null ? '' : String(endMs) };
}

function formatShare(view: JobView): unknown {
  const plain = (sub: Parameters<typeof commonOf>[1]) => {
    const common = commonOf(view, sub);
    return { ...common, begin_time: spaced(common.begin_time), end_time: spaced(common.end_time) };
  };
  return { ...plain(ownPart(view)), sub_jobs: view.step.subJobs.map(plain) };
}

function formatCluster(view: JobView): unknown {
  const { job, step, status } = view;
  const times = { creationTimestamp: goTime(view.beganAtMs), updateTimestamp: goTime(view.changedAtMs) };
  const partOf = (uid: string, type: string, phase: string, reason: string, subJobs: readonly unknown[]) => ({
    kind: 'Job',
    apiVersion: 'v3',
    metadata: { uid, ...times },
    spec: { type, clusterUID: job.resourceId ?? '', resourceID: job.resourceId ?? '', extendParam: {}, subJobs },
    status: { phase, reason },
  });
  const subJobs = step.subJobs.map((sub) =>
    partOf(sub.jobId, sub.operation ?? 'CreateNode', sub.status, sub.error?.message ?? '', []),
  );
  return partOf(job.jobId, job.operation ?? 'CreateCluster', status, step.error?.message ?? '', subJobs);
}

/** `2018-08-06T10:41:14+0000` */
function zoned(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, '+0000');
}

/** `2016-01-02 15:04:05`, UTC without saying so. */
function spaced(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, '');
}

/** As Go prints a time: `2025-09-02 10:23:38.987955 +0000 UTC`. */
function goTime(ms: number): string {
  return `${spaced(new Date(ms).toISOString())}.${String(ms % 1000).padStart(3, '0')}000 +0000 UTC`;
}

/** A request whose project is not the token's. */
export function foreignProject(): Reply {
  const request_id = randomUUID();
  const message = 'Tenant id in the URL and the token are not the same.';
  return jsonReply(400, { error: { code: 'Common.0018', message }, request_id }, 'Common.0018');
}
