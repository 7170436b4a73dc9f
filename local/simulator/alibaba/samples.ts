import type { Sample } from '../cloud.ts';

export const alibabaSamples: readonly Sample[] = [
  {
    name: 'alibaba-nlb-succeeded',
    about: 'NLB, written in lower case while it runs',
    job: {
      api: 'alibaba.nlb',
      jobId: '72dcd26b-f12d-4c27-b3af-18f6aed5a001',
      steps: [{ status: 'processing', forSeconds: 6 }, { status: 'Succeeded' }],
    },
    expectedPhase: 'succeeded',
    endsAfterSeconds: 6,
  },
  {
    name: 'alibaba-nlb-failed',
    about: 'NLB names no reason for a failure',
    job: {
      api: 'alibaba.nlb',
      jobId: '72dcd26b-f12d-4c27-b3af-18f6aed5a002',
      steps: [{ status: 'Processing', forSeconds: 8 }, { status: 'Failed' }],
    },
    expectedPhase: 'failed',
    endsAfterSeconds: 8,
  },
  {
    name: 'alibaba-nlb-late',
    about: 'NLB does not know the id for the first seconds',
    job: {
      api: 'alibaba.nlb',
      jobId: '72dcd26b-f12d-4c27-b3af-18f6aed5a003',
      appearsAfterSeconds: 5,
      steps: [{ status: 'Processing', forSeconds: 12 }, { status: 'Succeeded' }],
    },
    expectedPhase: 'succeeded',
    endsAfterSeconds: 12,
  },
  {
    name: 'alibaba-alb-succeeded',
    about: 'ALB, a listener that is created',
    job: {
      api: 'alibaba.alb',
      jobId: '365f4154-92f6-4ae4-92f8-7ff34b540701',
      operation: 'CreateListener',
      operateType: 'Create',
      resourceId: 'lsn-o4u54y73wq7b3w0001',
      resourceType: 'listener',
      steps: [{ status: 'Processing', forSeconds: 5 }, { status: 'Succeeded' }],
    },
    expectedPhase: 'succeeded',
    endsAfterSeconds: 5,
  },
  {
    name: 'alibaba-alb-failed',
    about: 'ALB says why it failed',
    job: {
      api: 'alibaba.alb',
      jobId: '365f4154-92f6-4ae4-92f8-7ff34b540702',
      operation: 'CreateLoadBalancer',
      operateType: 'Create',
      resourceId: 'alb-o8mszt95oamfjy0002',
      resourceType: 'loadbalancer',
      steps: [
        { status: 'Processing', forSeconds: 9 },
        { status: 'Failed', error: { code: '506', message: 'AllocateEipAddress Failed' } },
      ],
    },
    expectedPhase: 'failed',
    endsAfterSeconds: 9,
  },
  {
    name: 'alibaba-alb-slow',
    about: 'ALB, the slow one',
    job: {
      api: 'alibaba.alb',
      jobId: '365f4154-92f6-4ae4-92f8-7ff34b540703',
      operation: 'DeleteLoadBalancer',
      operateType: 'Delete',
      resourceId: 'alb-o8mszt95oamfjy0003',
      resourceType: 'loadbalancer',
      steps: [{ status: 'Processing', forSeconds: 20 }, { status: 'Succeeded' }],
    },
    expectedPhase: 'succeeded',
    endsAfterSeconds: 20,
  },
];
