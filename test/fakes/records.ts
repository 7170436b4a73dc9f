import { toIso } from '../../lib/base/time.ts';
import { type Job, newJob, type Transition } from '../../lib/job/job.ts';
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

/** The transition of that number: a word that is new. */
export function anEntry(seq: number, overrides: Partial<Transition> = {}): Transition {
  return {
    seq,
    at: toIso(START_MS + seq * 1000),
    kind: 'changed',
    phase: 'running',
    previousPhase: 'running',
    vendorStatus: `word-${seq}`,
    operation: 'UPGRADE',
    resourceId: 'r-1',
    error: null,
    subJobs: [],
    submittedAt: toIso(START_MS),
    vendorBeganAt: null,
    vendorEndedAt: null,
    polls: seq,
    expectedEndAt: null,
    ...overrides,
  };
}
