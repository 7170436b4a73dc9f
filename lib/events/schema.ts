import * as v from 'valibot';
import { GROUP_OUTCOMES } from '../job/group/group.ts';
import { PHASES } from '../job/phase.ts';
import { EVENT_MAX_BYTES } from './event.ts';

/** What receivers get, for the catalogue of events; the tests hold the events against it. */

const text = v.string();
const textOrNull = v.nullable(v.string());
const time = v.pipe(v.string(), v.metadata({ format: 'date-time' }));
const timeOrNull = v.nullable(time);
const whole = v.pipe(v.number(), v.integer());
const phase = v.picklist(PHASES);
const labels = v.record(v.string(), v.string());
const says = <Schema extends v.GenericSchema>(schema: Schema, about: string) => v.pipe(schema, v.description(about));

export const vendorError = v.nullable(v.strictObject({ code: textOrNull, message: textOrNull }));

export const subJob = v.strictObject({
  jobId: textOrNull,
  operation: textOrNull,
  status: textOrNull,
  resourceId: textOrNull,
  beganAt: timeOrNull,
  endedAt: timeOrNull,
  error: vendorError,
  entities: v.array(v.strictObject({ id: text, type: textOrNull })),
});

const job = v.strictObject({
  id: says(text, 'jobwatch’s own id, `job_…`: a hash of api, account, region, project and the vendor’s id.'),
  api: text,
  account: says(text, 'The name of the account with the credentials.'),
  region: text,
  projectId: textOrNull,
  jobId: says(text, 'The vendor’s id.'),
  operation: textOrNull,
  resourceId: textOrNull,
  labels,
  correlationId: textOrNull,
});

export const jobEventData = v.strictObject({
  job,
  phase,
  previousPhase: phase,
  vendorStatus: says(textOrNull, 'The vendor’s own status.'),
  seq: says(whole, 'The number of the job’s transition: an event with a smaller number is older, whenever it arrives.'),
  error: vendorError,
  subJobs: v.array(subJob),
  timing: v.strictObject({
    submittedAt: time,
    vendorBeganAt: timeOrNull,
    vendorEndedAt: timeOrNull,
    observedAt: says(time, 'When jobwatch saw it.'),
    polls: whole,
    expectedEndAt: says(timeOrNull, 'When half of such jobs would have ended; null without enough evidence.'),
  }),
});

export const groupEventData = v.strictObject({
  group: v.strictObject({ id: text, size: whole, labels: says(labels, 'The labels that all members share.') }),
  outcome: says(v.nullable(v.picklist(GROUP_OUTCOMES)), 'null while the group has not ended.'),
  phases: says(v.record(v.string(), whole), 'Counts of the members that have ended, by phase.'),
  badEnds: says(
    v.array(v.strictObject({ id: text, api: text, jobId: text, phase, error: vendorError, endedAt: time })),
    'The first 20.',
  ),
  submittedAt: timeOrNull,
  endedAt: timeOrNull,
});

const reason = says(text, 'One sentence.');
export const accountEventData = v.strictObject({ account: says(text, 'Its name.'), reason });
export const messageEventData = v.strictObject({ message: says(text, 'The id that SQS gave it.'), reason });
export const endpointEventData = v.strictObject({ subscription: text, reason });

/** The envelope: CloudEvents 1.0 in the structured JSON form. */
export function eventSchema<const Type extends string, Data extends v.GenericSchema>(type: Type, data: Data) {
  return v.pipe(
    v.strictObject({
      specversion: v.literal('1.0'),
      id: says(text, '`evt_…`, the same for every repeat of the same event, and the header `webhook-id`.'),
      type: v.literal(type),
      time,
      source: text,
      subject: text,
      datacontenttype: v.literal('application/json'),
      traceparent: v.optional(says(text, 'W3C trace context, if the watch message had one.')),
      data,
    }),
    v.description(`At most ${EVENT_MAX_BYTES.toLocaleString('en')} bytes of ASCII JSON. New fields may be added.`),
  );
}
