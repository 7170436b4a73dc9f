import type { Sample } from '../cloud.ts';

const projectId = '7b7705dce1e847b08b3b16dda67fec24';

/** The words of a service, and what a job of it does. */
interface Row {
  readonly service: string;
  /** Before it ends. */
  readonly way: readonly string[];
  readonly good: string;
  readonly bad: string;
  readonly operation: string;
  /** Whether the end time stands there while it runs. */
  readonly isPlanned?: boolean;
}

const COMPUTE = { way: ['INIT', 'RUNNING'], good: 'SUCCESS', bad: 'FAIL' };
const DATABASE = { way: ['Running'], good: 'Completed', bad: 'Failed', isPlanned: true };

const ROWS: readonly Row[] = [
  { ...COMPUTE, service: 'ecs', way: ['PENDING_PAYMENT', 'RUNNING'], operation: 'createServer' },
  { ...COMPUTE, service: 'evs', operation: 'createVolume' },
  { ...COMPUTE, service: 'ims', operation: 'imsCreateImageByInstance' },
  { ...COMPUTE, service: 'bms', operation: 'baremetalBatchCreate' },
  { ...COMPUTE, service: 'eip', operation: 'createEip' },
  { ...COMPUTE, service: 'deh', operation: 'allocateDedicatedHost' },
  { ...COMPUTE, service: 'sdrs', operation: 'createProtectionGroupNoCG' },
  { ...DATABASE, service: 'rds', operation: 'CreateMysqlSingleHAInstance' },
  { ...DATABASE, service: 'dds', operation: 'CreateReplicaSet' },
  { ...DATABASE, service: 'gaussdb', way: ['Pending', 'Running'], operation: 'CreateGaussDBforMySQLInstance' },
  { ...DATABASE, service: 'opengauss', operation: 'GaussDBCreateInstance' },
  { ...DATABASE, service: 'geminidb', operation: 'CreateCassandraInstance' },
  { ...COMPUTE, service: 'dcs', operation: 'masterStandbySwapJob' },
  { service: 'sfsturbo', way: ['waiting', 'running'], good: 'success', bad: 'failed', operation: 'CreateShare' },
  { service: 'cce', way: ['Initializing', 'Running'], good: 'Success', bad: 'Failed', operation: 'CreateCluster' },
];

const ERROR = { code: 'Huawei.0001', message: 'There is no capacity left.' };

function sampleOf(row: Row, place: number, outcome: 'succeeded' | 'failed'): Sample {
  const { service, way, operation, isPlanned = false } = row;
  const end = outcome === 'failed' ? { status: row.bad, error: ERROR } : { status: row.good };
  const digits = String(place * 2 + (outcome === 'failed' ? 1 : 0)).padStart(4, '0');
  const ended = isPlanned && outcome === 'succeeded' ? { ended: true } : {};
  return {
    name: `huawei-${service}-${outcome}`,
    about: `a job of ${service}${'ended' in ended ? ' whose planned end is told as its end while it runs' : ''}`,
    job: {
      api: `huawei.${service}`,
      projectId,
      jobId: `ff808082742166a401758827bb07${digits}`,
      operation,
      resourceId: `${service}-${digits}`,
      steps: [...way.map((status) => ({ status, forSeconds: 6 / way.length, ...ended })), end],
    },
    expectedPhase: outcome,
    endsAfterSeconds: 6,
  };
}

/** Two of each service. */
export const serviceSamples: readonly Sample[] = ROWS.flatMap((row, place) => [
  sampleOf(row, place, 'succeeded'),
  sampleOf(row, place, 'failed'),
]);
