import { asciiBytes } from '../base/ascii-json.ts';
import type { Iso } from '../base/time.ts';
import { deniedEventId, disabledEventId, rejectedEventId, scopeKey, transitionEventId } from '../job/identity.ts';
import type { Job, Transition } from '../job/job.ts';
import type { SubJob, VendorError } from '../job/observation.ts';
import { isTerminal, type Phase } from '../job/phase.ts';

/**
 * A CloudEvents 1.0 event in the structured JSON form.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export interface Event<Data = unknown> {
  readonly specversion: '1.0';
  /** `evt_…`; the same for every repeat of the same event. */
  readonly id: string;
  readonly type: string;
  readonly time: Iso;
  readonly source: string;
  readonly subject: string;
  readonly datacontenttype: 'application/json';
  /** W3C trace context of the deployer, where the watch message carried one. */
  readonly traceparent?: string;
  readonly data: Data;
  /** Of an event about several jobs: what filters match, which its data does not say. JSON leaves out a symbol. */
  readonly [FILTER_FACTS]?: { readonly apis: readonly string[]; readonly accounts: readonly string[] };
}

export const FILTER_FACTS = Symbol('filter facts');

export interface JobEventData {
  readonly job: {
    readonly id: string;
    readonly api: string;
    readonly account: string;
    readonly region: string;
    readonly projectId: string | null;
    readonly jobId: string;
    readonly operation: string | null;
    readonly resourceId: string | null;
    readonly labels: Readonly<Record<string, string>>;
    readonly correlationId: string | null;
  };
  readonly phase: Phase;
  readonly previousPhase: Phase;
  readonly vendorStatus: string | null;
  readonly seq: number;
  readonly error: VendorError | null;
  readonly subJobs: readonly SubJob[];
  readonly timing: {
    readonly submittedAt: Iso;
    readonly vendorBeganAt: Iso | null;
    readonly vendorEndedAt: Iso | null;
    readonly observedAt: Iso;
    readonly polls: number;
    /** When half of such jobs would have ended; null without enough evidence, and at the end. */
    readonly expectedEndAt: Iso | null;
  };
}

/** The largest event, counted as the ASCII JSON that queues carry. */
export const EVENT_MAX_BYTES = 20_000;

/**
 * The event of a transition: made from the history entry and the job's identity alone, so that a repeat is equal
 * (labels excepted).
 */
export function transitionEvent(stage: string, job: Job, entry: Transition): Event<JobEventData> {
  const event: Event<JobEventData> = {
    specversion: '1.0',
    id: transitionEventId(job.id, entry.seq),
    type: transitionEventType(entry),
    time: entry.at,
    source: `/jobwatch/${stage}/${scopeKey(job)}`,
    subject: job.jobId,
    datacontenttype: 'application/json',
    ...(job.traceparent === null ? {} : { traceparent: job.traceparent }),
    data: {
      job: {
        id: job.id,
        api: job.api,
        account: job.account,
        region: job.region,
        projectId: job.projectId,
        jobId: job.jobId,
        operation: entry.operation,
        resourceId: entry.resourceId,
        labels: job.labels,
        correlationId: job.correlationId,
      },
      phase: entry.phase,
      previousPhase: entry.previousPhase,
      vendorStatus: entry.vendorStatus,
      seq: entry.seq,
      error: entry.error,
      subJobs: entry.subJobs,
      timing: {
        submittedAt: entry.submittedAt,
        vendorBeganAt: entry.vendorBeganAt,
        vendorEndedAt: entry.vendorEndedAt,
        observedAt: entry.at,
        polls: entry.polls,
        expectedEndAt: entry.expectedEndAt ?? null,
      },
    },
  };
  return withinLimit(event);
}

function transitionEventType(entry: Transition): string {
  if (entry.kind !== 'changed') return `jobwatch.job.${entry.kind}`;
  return isTerminal(entry.phase) ? `jobwatch.job.${entry.phase}` : 'jobwatch.job.changed';
}

/**
 * Labels of full size and a full detail together pass the limit: sub-jobs give way from the end, then the error's text.
 */
function withinLimit(event: Event<JobEventData>): Event<JobEventData> {
  let fitting = event;
  while (asciiBytes(fitting) > EVENT_MAX_BYTES && fitting.data.subJobs.length > 0) {
    const subJobs = fitting.data.subJobs.slice(0, Math.floor(fitting.data.subJobs.length / 2));
    fitting = { ...fitting, data: { ...fitting.data, subJobs } };
  }
  if (asciiBytes(fitting) <= EVENT_MAX_BYTES || fitting.data.error === null) return fitting;
  return { ...fitting, data: { ...fitting.data, error: { code: fitting.data.error.code, message: null } } };
}

function serviceEvent<Data>(
  stage: string,
  id: string,
  type: string,
  time: Iso,
  subject: string,
  data: Data,
): Event<Data> {
  const source = `/jobwatch/${stage}`;
  return { specversion: '1.0', id, type, time, source, subject, datacontenttype: 'application/json', data };
}

/** `subject` is what is denied (a key's fingerprint, a scope or an account); never a secret. */
export function deniedEvent(
  stage: string,
  denial: { subject: string; account: string; deniedSince: Iso; reason: string },
): Event<{ account: string; reason: string }> {
  const { subject, account, deniedSince, reason } = denial;
  const id = deniedEventId(subject, deniedSince);
  return serviceEvent(stage, id, 'jobwatch.account.denied', deniedSince, account, { account, reason });
}

export function rejectedEvent(
  stage: string,
  rejection: { messageId: string; receivedAt: Iso; reason: string },
): Event<{ message: string; reason: string }> {
  const { messageId, receivedAt, reason } = rejection;
  const id = rejectedEventId(messageId);
  return serviceEvent(stage, id, 'jobwatch.message.rejected', receivedAt, messageId, { message: messageId, reason });
}

export function disabledEvent(
  stage: string,
  disabling: { subscription: string; disabledAt: Iso; reason: string },
): Event<{ subscription: string; reason: string }> {
  const { subscription, disabledAt, reason } = disabling;
  const id = disabledEventId(subscription, disabledAt);
  return serviceEvent(stage, id, 'jobwatch.endpoint.disabled', disabledAt, subscription, { subscription, reason });
}

/** `id` is random: every test is an event of its own. */
export function testEvent(
  stage: string,
  test: { id: string; subscription: string; at: Iso },
): Event<{ subscription: string; reason: string }> {
  const data = { subscription: test.subscription, reason: 'This is a test of the endpoint; no job has changed.' };
  return serviceEvent(stage, test.id, 'jobwatch.test', test.at, test.subscription, data);
}
