import * as v from 'valibot';
import type { PutEvent } from '../../deliver/sinks/eventbridge.ts';
import type { SignedCall } from './signed-call.ts';

const answered = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    FailedEntryCount: v.number(),
    Entries: v.array(v.object({ ErrorCode: v.nullish(v.string()), ErrorMessage: v.nullish(v.string()) })),
  }),
);

/**
 * Puts one event on a bus. A 200 may hold a refusal, and one that can't be read is none.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
 */
export function makePutEvent(call: SignedCall, eventBusArn: string): PutEvent {
  return async ({ source, type, timeMs, detail }) => {
    const entry = {
      Source: source,
      DetailType: type,
      Detail: detail,
      EventBusName: eventBusArn,
      Time: Math.floor(timeMs / 1000),
    };
    const { error, status, failure, body } = await call({
      service: 'events',
      path: '/',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.PutEvents' },
      body: JSON.stringify({ Entries: [entry] }),
      repeatable: false,
    });
    if (error !== null) return { status, code: error, message: null, failure };
    const parsed = v.safeParse(answered, body);
    if (!parsed.success) return { status, code: 'MalformedAnswer', message: null, failure };
    const { FailedEntryCount, Entries } = parsed.output;
    if (FailedEntryCount === 0) return { status, code: null, message: null, failure };
    return { status, code: Entries[0]?.ErrorCode ?? 'Refused', message: Entries[0]?.ErrorMessage ?? null, failure };
  };
}
