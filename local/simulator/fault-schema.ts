import * as v from 'valibot';
import { CALL_APIS } from './schema.ts';

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const milliseconds = v.pipe(v.number(), v.minValue(0), v.maxValue(3_600_000));
const seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(604_800));

/** Which requests a fault is for (all must match; absent means any) and how often. */
const scope = {
  api: v.optional(v.picklist(CALL_APIS)),
  action: v.optional(text),
  jobId: v.optional(text),
  key: v.optional(text),
  /** The next so many requests that match. */
  times: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000))),
  /** The window opens so long after the fault is set … */
  afterSeconds: v.optional(seconds, 0),
  /** … and stays open so long. */
  forSeconds: v.optional(seconds),
  probability: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 1),
};

function kind<const K extends string>(name: K): { kind: v.LiteralSchema<K, undefined> } & typeof scope {
  return { kind: v.literal(name), ...scope };
}

export const faultSchema = v.variant('kind', [
  v.strictObject({
    ...kind('throttle'),
    status: v.optional(v.picklist([202, 400, 429, 503])),
    retryAfterMs: v.optional(milliseconds),
  }),
  v.strictObject({
    ...kind('error'),
    status: v.optional(v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599)), 500),
    code: v.optional(text),
    message: v.optional(text),
  }),
  v.strictObject({
    ...kind('html'),
    status: v.optional(v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)), 502),
  }),
  v.strictObject({ ...kind('reset'), when: v.optional(v.picklist(['before', 'body']), 'before') }),
  v.strictObject(kind('hang')),
  v.strictObject({
    ...kind('slow'),
    delayMs: v.optional(milliseconds, 0),
    bytesPerSecond: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  }),
  v.strictObject({ ...kind('cut'), framing: v.optional(v.picklist(['kept', 'broken']), 'kept') }),
  v.strictObject(kind('empty')),
  v.strictObject(kind('jsonNull')),
  v.strictObject(kind('jsonArray')),
  v.strictObject({ ...kind('wrongTypes'), what: v.optional(v.picklist(['status', 'list', 'id']), 'status') }),
  v.strictObject({ ...kind('redirect'), location: v.optional(text, '/elsewhere') }),
  v.strictObject({
    ...kind('huge'),
    bytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(67_108_864)), 1_500_000),
  }),
  v.strictObject({ ...kind('unknownStatus'), word: v.optional(text, 'Zombie') }),
  v.strictObject(kind('vanish')),
  v.strictObject(kind('poison')),
  v.strictObject({
    ...kind('clockSkew'),
    skewSeconds: v.pipe(v.number(), v.minValue(-31_536_000), v.maxValue(31_536_000)),
  }),
]);

export type FaultSpec = v.InferInput<typeof faultSchema>;
export type Fault = v.InferOutput<typeof faultSchema>;
export type FaultOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

/** Answered in place of the service's own answer. */
export type ReplacingFault = FaultOf<'throttle' | 'error' | 'html' | 'empty' | 'jsonNull' | 'jsonArray' | 'redirect'>;
/** Does something to the answer, or to the connection that carries it. */
export type DamagingFault = FaultOf<'reset' | 'hang' | 'slow' | 'cut' | 'wrongTypes' | 'huge'>;
/** Changes what the service believes about a job, in every answer that would show it. */
export type BelievedFault = FaultOf<'unknownStatus' | 'vanish' | 'poison'>;

const REPLACING: ReadonlySet<string> = new Set([
  'throttle',
  'error',
  'html',
  'empty',
  'jsonNull',
  'jsonArray',
  'redirect',
]);
const DAMAGING: ReadonlySet<string> = new Set(['reset', 'hang', 'slow', 'cut', 'wrongTypes', 'huge']);
const BELIEVED: ReadonlySet<string> = new Set(['unknownStatus', 'vanish', 'poison']);

export function isReplacing(fault: Fault): fault is ReplacingFault {
  return REPLACING.has(fault.kind);
}

export function isDamaging(fault: Fault): fault is DamagingFault {
  return DAMAGING.has(fault.kind);
}

export function isBelieved(fault: Fault): fault is BelievedFault {
  return BELIEVED.has(fault.kind);
}
