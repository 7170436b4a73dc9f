import { CloudEvent } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { asciiBytes, asciiJson } from '../../lib/base/ascii-json.ts';
import { wants } from '../../lib/deliver/subscription.ts';
import { EVENT_MAX_BYTES, rejectedEvent, transitionEvent } from '../../lib/events/event.ts';
import { EVENT_TYPES } from '../../lib/events/types.ts';
import type { SubJob } from '../../lib/job/observation.ts';
import { transition } from '../../lib/job/transition.ts';
import { START_MS } from '../fakes/clock.ts';
import { aDetail, aJob } from '../fakes/records.ts';
import { aSubscription } from '../fakes/subscriptions.ts';
import { fakeVendor } from '../fakes/vendor.ts';

const vendor = fakeVendor(() => START_MS);

function ended(overrides: Parameters<typeof aJob>[0] = {}, subJobs: SubJob[] = []) {
  const detail = aDetail({
    operation: 'UPGRADE',
    resourceId: 'r-1',
    error: { code: 'E1', message: 'broken' },
    subJobs,
  });
  return transition(aJob(overrides), { kind: 'status', word: 'FAIL', detail }, vendor.judge, START_MS + 5000).job;
}

describe('the event of a transition', () => {
  it('says what the contract says, and is a CloudEvent', () => {
    const job = ended({ labels: { team: 'net' }, correlationId: 'c-1' });
    const event = transitionEvent('prod', job, job.history[0] as never);
    expect(event).toEqual({
      specversion: '1.0',
      id: event.id,
      type: 'jobwatch.job.failed',
      time: '2026-11-20T10:00:05.000Z',
      source: '/jobwatch/prod/test.api/default/eu-1',
      subject: 'a',
      datacontenttype: 'application/json',
      data: {
        job: {
          id: job.id,
          api: 'test.api',
          account: 'default',
          region: 'eu-1',
          projectId: null,
          jobId: 'a',
          operation: 'UPGRADE',
          resourceId: 'r-1',
          labels: { team: 'net' },
          correlationId: 'c-1',
        },
        phase: 'failed',
        previousPhase: 'pending',
        vendorStatus: 'FAIL',
        seq: 1,
        error: { code: 'E1', message: 'broken' },
        subJobs: [],
        timing: {
          submittedAt: '2026-11-20T10:00:00.000Z',
          vendorBeganAt: null,
          vendorEndedAt: null,
          observedAt: '2026-11-20T10:00:05.000Z',
          polls: 1,
          expectedEndAt: null,
        },
      },
    });
    expect(() => new CloudEvent(event as never).validate()).not.toThrow();
  });

  it('is the same when it is built again, after the record has moved on', () => {
    const job = ended();
    const later = { ...job, polls: 99, submittedAt: '2020-01-01T00:00:00.000Z', vendorStatus: 'other', version: 9 };
    expect(transitionEvent('prod', later, job.history[0] as never)).toEqual(
      transitionEvent('prod', job, job.history[0] as never),
    );
  });

  it('fits 20 kB of ASCII, whatever the labels and sub-jobs are', () => {
    const subJob: SubJob = {
      jobId: 'x'.repeat(100),
      operation: 'O',
      status: 'FAIL',
      resourceId: null,
      beganAt: null,
      endedAt: null,
      error: { code: 'c', message: '語'.repeat(40) },
      entities: [],
    };
    const labels = Object.fromEntries(
      Array.from({ length: 10 }, (_, n) => [`k${n}`.padEnd(64, 'k'), '語'.repeat(256)]),
    );
    const job = ended(
      { labels },
      Array.from({ length: 15 }, () => subJob),
    );
    const event = transitionEvent('prod', job, job.history[0] as never);
    expect(asciiBytes(event)).toBeLessThanOrEqual(EVENT_MAX_BYTES);
    expect(event.data.job.labels).toEqual(labels);
  });
});

describe('ASCII JSON', () => {
  it('holds nothing that SQS refuses, and reads back the same', () => {
    const text = 'a\u0001\ufffe\uffff\u007fé語😀"\\';
    expect(asciiJson({ text })).toMatch(/^[ -~]*$/);
    expect(JSON.parse(asciiJson({ text }))).toEqual({ text });
  });
});

describe('who wants an event', () => {
  const job = ended({ labels: { team: 'net' } });
  const failed = transitionEvent('prod', job, job.history[0] as never);
  const rejected = rejectedEvent('prod', {
    messageId: 'm',
    receivedAt: '2026-11-20T10:00:00.000Z',
    reason: 'api: required.',
  });

  it.each([
    [[], {}, true, false],
    [['jobwatch.job.failed'], {}, true, false],
    [['jobwatch.job.*'], {}, true, false],
    [['jobwatch.*'], {}, true, true],
    [['jobwatch.job.succeeded'], {}, false, false],
    [['jobwatch.jo.*'], {}, false, false],
    [['jobwatch.*'], { api: 'test.api' }, true, false],
    [['jobwatch.*'], { api: 'other' }, false, false],
    [['jobwatch.*'], { account: 'default' }, true, false],
    [['jobwatch.*'], { labels: { team: 'net' } }, true, false],
    [['jobwatch.*'], { labels: { team: 'other' } }, false, false],
    [['jobwatch.*'], { labels: { constructor: 'net' } }, false, false],
  ])('types %j and filter %j: the failed job %s, the rejected message %s', (types, filter, wantsJob, wantsMessage) => {
    const subscription = aSubscription({ types, filter });
    expect([wants(subscription, failed), wants(subscription, rejected)]).toEqual([wantsJob, wantsMessage]);
  });

  it('sends only ends of jobs to a subscription that names no types', () => {
    const subscription = aSubscription({ types: [] });
    const wanted = EVENT_TYPES.filter((type) => wants(subscription, { ...failed, type }));
    expect(wanted.map((type) => type.split('.').at(-1))).toEqual([
      'succeeded',
      'failed',
      'rollback_failed',
      'canceled',
      'timed_out',
      'lost',
      'stopped',
    ]);
  });
});
