import * as v from 'valibot';
import { isObject } from '../base/is-object.ts';

/** What ties an event to the job and to the deployer's own trace: for logs and for the headers of a delivery. */
export interface EventContext {
  /** `job_…`; null for an event that is about no job. */
  readonly job: string | null;
  readonly correlationId: string | null;
  /** A well-formed W3C `traceparent`, fit for a header; null otherwise. */
  readonly traceparent: string | null;
}

const eventOfJob = v.object({
  traceparent: v.optional(v.string()),
  data: v.object({ job: v.object({ id: v.string(), correlationId: v.nullable(v.string()) }) }),
});

/** https://www.w3.org/TR/trace-context/#traceparent-header-field-values */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Of a stored event, which is JSON by then. */
export function contextOf(eventJson: string): EventContext {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), eventOfJob), eventJson);
  if (!parsed.success) return { job: null, correlationId: null, traceparent: null };
  const { traceparent = '', data } = parsed.output;
  const { id, correlationId } = data.job;
  return { job: id, correlationId, traceparent: TRACEPARENT.test(traceparent) ? traceparent : null };
}

/** The labels of the job that a stored event is about, or those that all jobs of its group share; else none. */
export function labelsOf(eventJson: string): Readonly<Record<string, unknown>> {
  const event: unknown = JSON.parse(eventJson);
  const data = isObject(event) ? event['data'] : null;
  const about = isObject(data) ? (data['job'] ?? data['group']) : null;
  const labels = isObject(about) ? about['labels'] : null;
  return isObject(labels) ? labels : {};
}
