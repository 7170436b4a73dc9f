import { expect, it } from 'vitest';
import type { Phase } from '../../lib/job/phase.ts';
import { isTerminal } from '../../lib/job/phase.ts';
import type { FaultSpec } from '../../local/simulator/fault-schema.ts';
import type { JobSpec, OptionsSpec } from '../../local/simulator/schema.ts';
import { type AccountName, APIS, makeVendorWorld, type VendorWorld, type Wanted } from '../fakes/vendor-world.ts';

/**
 * Goal: whatever a vendor answers, no job gets an end that the vendor did not give it, none is lost, and each ends
 * right when the vendor answers again. Method: the whole watch over HTTP against the simulator, with jobs, faults,
 * answers to the unpublished questions, workers and the queue's whims by chance from a seed.
 */
const JOBS = 24;
const FAULTY_MINUTES = 25;
/** Longer than the vendor misbehaves: a job that vanishes meanwhile must not be lost. */
const WATCH = { notFoundGraceSeconds: 3600, timeoutSeconds: 604_800 };
/** A key that was refused is probed every 30 minutes at the latest. */
const PATIENCE_MINUTES = 150;

interface Plan {
  readonly wanted: Wanted;
  readonly job: JobSpec;
  readonly end: Phase;
}

it.each([1, 2, 3, 4])('survives every fault at random, seed %i', async (seed) => {
  const world = await makeVendorWorld(seed);
  try {
    const plans = Array.from({ length: JOBS }, (_, index) => aPlan(world, index));
    world.simulator.setOptions(someOptions(world));
    const submitted = plans.map(({ wanted, job, end }) => {
      world.simulator.addJob(job);
      return { id: world.submit(wanted, WATCH), end };
    });
    for (let minute = 0; minute < FAULTY_MINUTES; minute++) {
      for (let count = 0; count < 3; count++) world.simulator.setFault(aFault(world, plans));
      await world.runMinutes(1);
      expectNoLies(world, submitted);
    }
    world.simulator.reset(['faults']);
    const hasEnded = () => world.left() === 0;
    await world.runMinutes(PATIENCE_MINUTES, hasEnded);
    expectAllEnded(world, submitted);
  } finally {
    await world.simulator.close();
  }
});

type Submitted = readonly { readonly id: string; readonly end: Phase }[];

function expectNoLies(world: VendorWorld, submitted: Submitted): void {
  const ends = new Map(submitted.map(({ id, end }) => [id, end]));
  for (const { id, phase } of world.jobs.all()) if (isTerminal(phase)) expect([id, phase]).toEqual([id, ends.get(id)]);
}

function expectAllEnded(world: VendorWorld, submitted: Submitted): void {
  expect(
    world.jobs
      .all()
      .map(({ id, phase }) => `${id} ${phase}`)
      .toSorted(),
  ).toEqual(submitted.map(({ id, end }) => `${id} ${end}`).toSorted());
  expect(world.jobs.open()).toEqual([]);
  expect(world.left()).toBe(0);
  expect(world.rejected).toEqual([]);
  expect(world.faults).toEqual([]);
  for (const { id, end } of submitted) {
    const events = world.told.filter(({ type, data }) => type === `jobwatch.job.${end}` && idIn(data) === id);
    expect(new Set(events.map((event) => event.id)).size).toBe(1);
  }
}

function idIn(data: unknown): string | undefined {
  return (data as { job?: { id?: string } }).job?.id;
}

/** A job whose end is the same whichever of its steps are seen. */
function aPlan(world: VendorWorld, index: number): Plan {
  const { whole, one } = chances(world);
  const api = one(APIS);
  const isHuawei = api.startsWith('huawei');
  const projectId = isHuawei ? one(['p1', 'p2']) : null;
  const account: AccountName = isHuawei ? one(['huawei', 'user']) : 'alibaba';
  const jobId = `job-${index}`;
  const { steps, end } = one(SCRIPTS[api] ?? []);
  const timed = steps.map((step, at) => (at === steps.length - 1 ? step : { ...step, forSeconds: whole(5, 900) }));
  const job: JobSpec = { api, jobId, steps: timed, appearsAfterSeconds: one([0, 0, whole(1, 300)]) };
  const wanted = { api, account, jobId, projectId };
  return { wanted, job: projectId === null ? job : { ...job, projectId }, end };
}

type Script = { readonly steps: JobSpec['steps']; readonly end: Phase };
const error = { code: '506', message: 'AllocateEipAddress Failed' };
const alibaba: readonly Script[] = [
  { steps: [{ status: 'Processing' }, { status: 'Succeeded' }], end: 'succeeded' },
  { steps: [{ status: 'processing' }, { status: 'Failed', error }], end: 'failed' },
  { steps: [{ status: 'Succeeded' }], end: 'succeeded' },
];
const sub = (status: string) => [
  { jobId: 'sub-0', status: 'SUCCESS' },
  { jobId: 'sub-1', status },
];
const SCRIPTS: Readonly<Record<string, readonly Script[]>> = {
  'alibaba.nlb': [
    ...alibaba,
    { steps: [{ status: 'Processing' }, { status: 'Failed', singleStatus: 'Processing' }], end: 'failed' },
  ],
  'alibaba.alb': alibaba,
  'huawei.elb.v1': [
    { steps: [{ status: 'INIT' }, { status: 'RUNNING' }, { status: 'SUCCESS' }], end: 'succeeded' },
    { steps: [{ status: 'RUNNING' }, { status: 'FAIL', error }], end: 'failed' },
  ],
  'huawei.elb.v3': [
    { steps: [{ status: 'INIT' }, { status: 'RUNNING' }, { status: 'COMPLETE' }], end: 'succeeded' },
    { steps: [{ status: 'RUNNING' }, { status: 'COMPLETE', subJobs: sub('SUCCESS') }], end: 'succeeded' },
    { steps: [{ status: 'RUNNING' }, { status: 'COMPLETE', error }], end: 'failed' },
    { steps: [{ status: 'RUNNING' }, { status: 'SUCCESS', subJobs: sub('ROLLBACK_FAIL') }], end: 'failed' },
    { steps: [{ status: 'RUNNING' }, { status: 'FAIL', ended: false }], end: 'failed' },
    { steps: [{ status: 'RUNNING' }, { status: 'FAIL', ended: false, subJobs: sub('ROLLBACKING') }], end: 'failed' },
    { steps: [{ status: 'ROLLBACKING' }, { status: 'FAIL' }], end: 'failed' },
    { steps: [{ status: 'ROLLBACKING' }, { status: 'ROLLBACK_FAIL' }], end: 'rollback_failed' },
    { steps: [{ status: 'RUNNING' }, { status: 'CANCEL' }], end: 'canceled' },
  ],
};

function aFault(world: VendorWorld, plans: readonly Plan[]): FaultSpec {
  const { whole, one } = chances(world);
  const { api, jobId } = one(plans).wanted;
  const aim: Partial<FaultSpec> = one([{}, { api }, { api, jobId }, { api: 'huawei.iam' as const }]);
  const length = one([{ times: whole(1, 10) }, { forSeconds: whole(10, 300), probability: 0.5 }]);
  const { kind, ...more } = one(FAULTS)(whole, one);
  // What costs real time must be rare.
  const isSlow = kind === 'hang' || kind === 'slow' || kind === 'huge';
  return { kind, ...more, ...aim, ...(isSlow ? { times: whole(1, 2) } : length) } as FaultSpec;
}

type Whole = (min: number, max: number) => number;
type One = <Item>(items: readonly Item[]) => Item;

const FAULTS: readonly ((whole: Whole, one: One) => FaultSpec)[] = [
  (whole, one) => ({ kind: 'throttle', status: one([400, 429, 503]), retryAfterMs: whole(0, 120_000) }),
  () => ({ kind: 'throttle' }),
  (_, one) => ({ kind: 'error', status: one([400, 401, 403, 404, 408, 409, 500, 502, 503, 504]), code: one(CODES) }),
  (_, one) => ({ kind: 'html', status: one([200, 302, 404, 502]) }),
  (_, one) => ({ kind: 'reset', when: one(['before', 'body']) }),
  () => ({ kind: 'hang' }),
  (whole) => ({ kind: 'slow', delayMs: whole(0, 20) }),
  (_, one) => ({ kind: 'cut', framing: one(['kept', 'broken']) }),
  () => ({ kind: 'empty' }),
  () => ({ kind: 'jsonNull' }),
  () => ({ kind: 'jsonArray' }),
  (_, one) => ({ kind: 'wrongTypes', what: one(['status', 'list', 'id']) }),
  () => ({ kind: 'redirect' }),
  () => ({ kind: 'huge' }),
  (_, one) => ({ kind: 'unknownStatus', word: one(['Zombie', 'DONE', '完成', ' COMPLETE', '0']) }),
  () => ({ kind: 'vanish' }),
  () => ({ kind: 'poison' }),
  (whole) => ({ kind: 'clockSkew', skewSeconds: whole(-7200, 7200) }),
];

const CODES = [
  'Throttling.User',
  'ServiceUnavailable',
  'ResourceNotFound.JobId',
  'InvalidAccessKeyId.NotFound',
  'SignatureDoesNotMatch',
  'SignatureNonceUsed',
  'Forbidden.NoPermission',
  'APIGW.0101',
  'APIGW.0301',
  'APIGW.0302',
  'APIGW.0308',
  'ELB.8904',
  'ELB.1102',
  'Unheard.Of',
];

function someOptions(world: VendorWorld): OptionsSpec {
  const { one } = chances(world);
  return {
    nlbUnknownIds: one(['leaveOut', 'refuseAll']),
    nlbTotalCount: one(['string', 'number']),
    albLastToken: one(['empty', 'absent', 'null']),
    signatureMismatchStatus: one([400, 403]),
    huaweiUnknownJob: one(['elb', 'classic', 'plain', 'gateway', 'html']),
    v3RunningEndTime: one(['empty', 'absent', 'null']),
  };
}

function chances({ random }: VendorWorld): { whole: Whole; one: One } {
  const whole: Whole = (min, max) => min + Math.floor(random() * (max - min + 1));
  return {
    whole,
    one(items) {
      const item = items[whole(0, items.length - 1)];
      if (item === undefined) throw new Error('nothing to choose from');
      return item;
    },
  };
}
