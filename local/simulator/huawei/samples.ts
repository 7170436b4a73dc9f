import type { Sample } from '../cloud.ts';

const projectId = '7b7705dce1e847b08b3b16dda67fec24';
const balancer = '9f5b432c-987e-4777-a1bc-6642be4b2b50';
const entities = [{ id: balancer, type: 'loadbalancer' }];

function upgradeStep(index: number, operation: string, status: string) {
  return { jobId: `481a5ab3-b3ff-46fa-b074-d3b8e09ab9c${index}`, operation, status, resourceId: balancer, entities };
}

export const huaweiSamples: readonly Sample[] = [
  {
    name: 'huawei-v1-succeeded',
    about: 'v1.0 in its full shape: the balancer stands in `entities`',
    job: {
      api: 'huawei.elb.v1',
      projectId,
      jobId: 'ff8080825ecc523f015ecd0a98f80001',
      operation: 'createELB',
      resourceId: 'ef265755daf84333baf4ddc1d91cbc2f',
      steps: [{ status: 'INIT', forSeconds: 3 }, { status: 'RUNNING', forSeconds: 5 }, { status: 'SUCCESS' }],
    },
    expectedPhase: 'succeeded',
    endsAfterSeconds: 8,
  },
  {
    name: 'huawei-v1-minimal',
    about: 'v1.0 in its minimal shape: no sub_jobs, an empty end_time while it runs',
    job: {
      api: 'huawei.elb.v1',
      projectId,
      jobId: '4010b39b4fd3d5ff014fd943bac40002',
      operation: 'deleteELB',
      resourceId: 'ea3e5715b68850a747ec41f335625c08',
      variant: 'minimal',
      steps: [{ status: 'RUNNING', forSeconds: 6 }, { status: 'SUCCESS' }],
    },
    expectedPhase: 'succeeded',
    endsAfterSeconds: 6,
  },
  {
    name: 'huawei-v1-failed',
    about: 'v1.0 fails in a sub-job',
    job: {
      api: 'huawei.elb.v1',
      projectId,
      jobId: 'ff8080825ecc523f015ecd0a98f80003',
      operation: 'createELB',
      steps: [
        { status: 'RUNNING', forSeconds: 10 },
        {
          status: 'FAIL',
          error: { code: 'ELB.6036', message: 'The subnet has no free address.' },
          subJobs: [
            {
              jobId: 'ff8080825ecc523f015ecd0a98f80004',
              operation: 'createVip',
              status: 'FAIL',
              error: { code: 'ELB.6036', message: 'The subnet has no free address.' },
            },
          ],
        },
      ],
    },
    expectedPhase: 'failed',
    endsAfterSeconds: 10,
  },
  {
    name: 'huawei-v3-complete',
    about: 'v3, an upgrade in three sub-jobs',
    job: {
      api: 'huawei.elb.v3',
      projectId,
      jobId: 'ef6da45b-35d9-4c18-8c35-0b80d94a0001',
      operation: 'UPGRADE',
      resourceId: balancer,
      steps: [
        { status: 'INIT', forSeconds: 3 },
        {
          status: 'RUNNING',
          forSeconds: 9,
          subJobs: [upgradeStep(1, 'UPGRADE_INIT', 'SUCCESS'), upgradeStep(2, 'UPGRADE_TRAFFIC_SWITCH', 'RUNNING')],
        },
        {
          status: 'COMPLETE',
          subJobs: [
            upgradeStep(1, 'UPGRADE_INIT', 'SUCCESS'),
            upgradeStep(2, 'UPGRADE_TRAFFIC_SWITCH', 'SUCCESS'),
            upgradeStep(3, 'UPGRADE_COMPLETE', 'SUCCESS'),
          ],
        },
      ],
    },
    expectedPhase: 'succeeded',
    endsAfterSeconds: 12,
  },
  {
    name: 'huawei-v3-rollback-failed',
    about: 'v3 says FAIL, rolls back, and fails in that too',
    job: {
      api: 'huawei.elb.v3',
      projectId,
      jobId: 'ef6da45b-35d9-4c18-8c35-0b80d94a0002',
      operation: 'UPGRADE',
      resourceId: balancer,
      steps: [
        { status: 'RUNNING', forSeconds: 4, subJobs: [upgradeStep(4, 'UPGRADE_INIT', 'RUNNING')] },
        { status: 'FAIL', forSeconds: 4, subJobs: [upgradeStep(4, 'UPGRADE_INIT', 'ROLLBACKING')] },
        { status: 'ROLLBACKING', forSeconds: 5, subJobs: [upgradeStep(4, 'UPGRADE_INIT', 'ROLLBACKING')] },
        {
          status: 'ROLLBACK_FAIL',
          error: { code: 'ELB.8011', message: 'The load balancer could not be rolled back.' },
          subJobs: [upgradeStep(4, 'UPGRADE_INIT', 'ROLLBACK_FAIL')],
        },
      ],
    },
    expectedPhase: 'rollback_failed',
    endsAfterSeconds: 13,
  },
  {
    name: 'huawei-v3-rolled-back',
    about: 'v3 rolls back well: the upgrade has failed all the same',
    job: {
      api: 'huawei.elb.v3',
      projectId,
      jobId: 'ef6da45b-35d9-4c18-8c35-0b80d94a0003',
      operation: 'UPGRADE',
      resourceId: balancer,
      steps: [
        { status: 'RUNNING', forSeconds: 4, subJobs: [upgradeStep(5, 'UPGRADE_TRAFFIC_SWITCH', 'RUNNING')] },
        { status: 'ROLLBACKING', forSeconds: 6, subJobs: [upgradeStep(5, 'UPGRADE_TRAFFIC_SWITCH', 'ROLLBACKING')] },
        {
          status: 'FAIL',
          error: { code: 'ELB.8012', message: 'The traffic could not be switched.' },
          subJobs: [upgradeStep(5, 'UPGRADE_TRAFFIC_SWITCH', 'FAIL')],
        },
      ],
    },
    expectedPhase: 'failed',
    endsAfterSeconds: 10,
  },
  {
    name: 'huawei-v3-complete-with-error',
    about: 'v3 says COMPLETE and names an error: no success',
    job: {
      api: 'huawei.elb.v3',
      projectId,
      jobId: 'ef6da45b-35d9-4c18-8c35-0b80d94a0004',
      operation: 'batchDeleteListener',
      resourceId: balancer,
      steps: [
        { status: 'RUNNING', forSeconds: 7 },
        { status: 'COMPLETE', error: { code: 'ELB.8907', message: 'One of the listeners is in use.' } },
      ],
    },
    expectedPhase: 'failed',
    endsAfterSeconds: 7,
  },
  {
    name: 'huawei-v3-canceled',
    about: 'v3, stopped by its owner',
    job: {
      api: 'huawei.elb.v3',
      projectId,
      jobId: 'ef6da45b-35d9-4c18-8c35-0b80d94a0005',
      operation: 'cloneLoadbalancer',
      resourceId: balancer,
      steps: [{ status: 'RUNNING', forSeconds: 5 }, { status: 'CANCEL' }],
    },
    expectedPhase: 'canceled',
    endsAfterSeconds: 5,
  },
];
