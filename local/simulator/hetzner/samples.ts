import type { Sample } from '../cloud.ts';

/** Two servers. */
export const hetznerSamples: readonly Sample[] = [
  {
    name: 'hetzner-actions-succeeded',
    about: 'a token, no region, no project',
    job: {
      api: 'hetzner.actions',
      jobId: '1001',
      operation: 'create_server',
      resourceId: '42',
      resourceType: 'server',
      steps: [{ status: 'running', forSeconds: 7 }, { status: 'success' }],
    },
    expectedPhase: 'succeeded',
    endsAfterSeconds: 7,
  },
  {
    name: 'hetzner-actions-failed',
    about: 'asked together with the other one',
    job: {
      api: 'hetzner.actions',
      jobId: '1002',
      operation: 'start_server',
      resourceId: '43',
      resourceType: 'server',
      steps: [
        { status: 'running', forSeconds: 6 },
        { status: 'error', error: { code: 'action_failed', message: 'Action failed' } },
      ],
    },
    expectedPhase: 'failed',
    endsAfterSeconds: 6,
  },
];
