import { type Job, newJob } from '../../lib/job/job.ts';
import { type Detail, NO_DETAIL } from '../../lib/job/observation.ts';
import type { WatchMessage } from '../../lib/job/watch-message.ts';
import { START_MS } from './clock.ts';

export function aMessage(overrides: Partial<WatchMessage> = {}): WatchMessage {
  return {
    api: 'test.api',
    account: 'default',
    region: 'eu-1',
    projectId: null,
    jobId: 'a',
    submittedAt: null,
    timeoutSeconds: 86_400,
    notFoundGraceSeconds: 120,
    labels: {},
    group: null,
    correlationId: null,
    traceparent: null,
    ...overrides,
  };
}

export function aJob(overrides: Partial<Job> = {}): Job {
  return { ...newJob(aMessage(), { sentMs: START_MS, nowMs: START_MS, owner: 'message-1' }), ...overrides };
}

export function aDetail(overrides: Partial<Detail> = {}): Detail {
  return { ...NO_DETAIL, ...overrides };
}
