/** An example of each record with a name, for the document; a test holds them against the schemas. */

const AT = '2026-11-20T10:04:11.000Z';
const BEGAN_AT = '2026-11-20T10:00:00.000Z';
const ERROR = { code: 'ELB.8907', message: 'The flavor is sold out.' };
const SUBSCRIPTION_ID = 'sub_3kq5w2m7c4n6p2q7r5s4t6u2v3';
const SCOPE = {
  api: 'huawei.elb.v3',
  account: 'default',
  region: 'eu-de',
  projectId: '7b77a0b1c2d34e5f8091a2b3c4d5e6f7',
};
const WORK = { operation: 'UPGRADE', resourceId: '9f5b432c-987e-4777-a1bc-6642be4b2b50' };
const ENDED = { phase: 'failed', vendorStatus: 'FAIL' };

const TRANSITION = {
  ...WORK,
  ...ENDED,
  seq: 3,
  at: AT,
  kind: 'changed',
  previousPhase: 'running',
  error: ERROR,
  subJobs: [],
  submittedAt: BEGAN_AT,
  vendorBeganAt: BEGAN_AT,
  vendorEndedAt: AT,
  polls: 9,
  expectedEndAt: null,
};

const JOB = {
  ...SCOPE,
  ...ENDED,
  id: 'job_k6p5m4c6dnw7tukzj5ugr5j3zq',
  jobId: 'ef6da45b-35d9-4c18-8c35-0b80d94ab9e6',
  owner: null,
  version: 6,
  seq: 3,
  notifiedSeq: 3,
  polls: 9,
  createdAt: BEGAN_AT,
  openedAt: BEGAN_AT,
  submittedAt: BEGAN_AT,
  deadlineAt: '2026-11-21T10:00:00.000Z',
  notFoundGraceSeconds: 120,
  lastPolledAt: AT,
  lastRunningAt: '2026-11-20T10:03:41.000Z',
  nextPollAt: AT,
  checkBy: AT,
  expectedEndAt: null,
  overdueAt: null,
  waiting: null,
  misses: null,
  endedAt: AT,
  expiresAt: 1_802_858_651,
  labels: { deployment: 'shop-421' },
  group: null,
  correlationId: null,
  traceparent: null,
  callbacks: [],
  detail: {
    ...WORK,
    resourceType: null,
    beganAt: BEGAN_AT,
    endedAt: AT,
    error: ERROR,
    subJobs: [],
    requestId: null,
  },
  droppedTransitions: 2,
  history: [TRANSITION],
};

const SUBSCRIPTION = {
  id: SUBSCRIPTION_ID,
  kind: 'webhook',
  format: 'cloudevents',
  url: 'https://hooks.example.com/jobs',
  language: null,
  headers: [],
  types: ['jobwatch.job.*'],
  filter: { labels: { team: 'net' } },
  description: 'deployments',
  createdAt: BEGAN_AT,
  state: 'active',
  disabled: null,
  openUntil: null,
  failingSince: null,
};

const DELIVERY = {
  subscription: SUBSCRIPTION_ID,
  eventId: 'evt_k6p5m4c6dnw7tukzj5ugr5j3zq',
  eventType: 'jobwatch.job.failed',
  job: { id: JOB.id, api: JOB.api, jobId: JOB.jobId, operation: JOB.detail.operation, labels: JOB.labels },
  state: 'delivered',
  reason: null,
  round: 0,
  attemptCount: 1,
  createdAt: AT,
  nextAttemptAt: null,
  endedAt: AT,
  attempts: [{ number: 1, at: AT, status: 204, durationMs: 31, error: null, answer: '' }],
};

export const EXAMPLES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Delivery: DELIVERY,
  Job: JOB,
  Subscription: SUBSCRIPTION,
  Transition: TRANSITION,
};
