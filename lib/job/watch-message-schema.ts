import * as v from 'valibot';
import { isObject } from '../base/is-object.ts';
import { parseTime } from '../base/time.ts';
import { CALLBACKS_MAX } from './callbacks.ts';
import { freeText, isSecretName, notSecret } from './free-text.ts';
import { GROUP_SIZE_MAX } from './group/group.ts';
import { LABELS_MAX } from './labels.ts';

function wholeSeconds(min: number, max: number) {
  const expected = `expected a whole number of seconds from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected));
}

function named(pattern: RegExp, expected: string) {
  return v.pipe(v.string(expected), v.regex(pattern, expected), notSecret());
}

export const REGION_EXPECTED =
  'expected a region such as eu-central-1: two letters, then parts of lower-case letters and digits, joined by "-"';

const jobId = v.pipe(
  freeText(128),
  v.regex(/^[!-~]+$/, 'expected 1 to 128 printable ASCII characters without spaces'),
  v.check(
    (text) => !/[/?#]/.test(text) && text !== '.' && text !== '..',
    'expected an id without "/", "?" or "#" that is not "." or ".."',
  ),
);
/** Libraries drop these silently, to be safe; here nothing is dropped. */
const PROTOTYPE_KEYS = new Set(['__proto__', 'prototype', 'constructor']);
const labelKeys = v.check<Record<string, unknown>, string>(
  (labels) => Object.keys(labels).every((key) => /^[A-Za-z0-9_.-]{1,64}$/.test(key) && !PROTOTYPE_KEYS.has(key)),
  'expected keys of 1 to 64 letters, digits, "_", "." and "-", and no key of an object\'s prototype',
);
/** What the values of labels may be; drops the keys of an object's prototype. */
export const labelTexts = v.record(v.string(), freeText(256));
export const labels = v.pipe(
  v.custom<Record<string, unknown>>(isObject, 'expected an object of texts'),
  labelKeys,
  v.check((pairs) => Object.keys(pairs).length <= LABELS_MAX, `expected at most ${LABELS_MAX} pairs`),
  v.check(
    (pairs) => !Object.keys(pairs).some(isSecretName),
    'a key looks like the name of a secret, which is not taken here',
  ),
  labelTexts,
);

const GROUP_ID = 'expected 1 to 256 characters';
const GROUP_SIZE = `expected a whole number from 1 to ${GROUP_SIZE_MAX}`;
/** What may stand in the field `group`, and next to a list of messages. */
export const groupSchema = v.strictObject(
  {
    id: v.pipe(freeText(256), v.minLength(1, GROUP_ID)),
    size: v.pipe(
      v.number(GROUP_SIZE),
      v.integer(GROUP_SIZE),
      v.minValue(1, GROUP_SIZE),
      v.maxValue(GROUP_SIZE_MAX, GROUP_SIZE),
    ),
  },
  'expected an object of `id` and `size`',
);

const heartbeat = v.optional(v.boolean('expected true or false'));
const TOKEN = 'expected the task token as Step Functions gave it: 1 to 2048 printable ASCII characters without spaces';
const ID = 'expected the callback id as Lambda gave it: 1 to 1024 characters of base64';
/** Tokens are secrets of their own: nothing of them is repeated, and they go where secrets are kept. */
const callback = v.variant(
  'kind',
  [
    v.strictObject(
      {
        kind: v.literal('stepfunctions'),
        token: v.pipe(v.string(TOKEN), v.regex(/^[!-~]{1,2048}$/, TOKEN)),
        heartbeat,
      },
      'unknown field',
    ),
    v.strictObject(
      {
        kind: v.literal('durable'),
        id: v.pipe(v.string(ID), v.maxLength(1024, ID), v.regex(/^[A-Za-z0-9+/]+={0,2}$/, ID)),
        heartbeat,
      },
      'unknown field',
    ),
  ],
  'expected a "kind" of "stepfunctions" or "durable"',
);
const CALLBACKS = `expected a list of 1 to ${CALLBACKS_MAX} callbacks`;

/** The contract of the pending queue, field by field. The OpenAPI document is made from it as well. */
export const watchMessageSchema = v.object({
  api: v.pipe(v.string('expected the name of an api'), v.maxLength(64, 'expected the name of an api')),
  // It becomes a part of a host's name: what begins as no region does (`oss-…`, `obs`, `s3`) names another service.
  // Whether an api has regions at all is for its facts to say, as it is for the project.
  region: named(/^(?:global|(?=.{4,40}$)[a-z]{2}(-[a-z0-9]+)+)$/, REGION_EXPECTED),
  jobId,
  projectId: v.optional(named(/^[A-Za-z0-9_-]{1,64}$/, 'expected 1 to 64 letters, digits, "_" and "-"')),
  account: v.optional(named(/^[A-Za-z0-9_-]{1,64}$/, 'expected 1 to 64 letters, digits, "_" and "-"'), 'default'),
  submittedAt: v.optional(
    v.pipe(
      v.string('expected an ISO 8601 time with a zone, such as 2026-11-20T10:00:00Z'),
      v.check(
        (text) => parseTime(text) !== null,
        'expected an ISO 8601 time with a zone, such as 2026-11-20T10:00:00Z',
      ),
    ),
  ),
  timeoutSeconds: v.optional(wholeSeconds(60, 604_800), 86_400),
  notFoundGraceSeconds: v.optional(wholeSeconds(0, 3600), 120),
  labels: v.optional(labels, {}),
  group: v.optional(groupSchema),
  correlationId: v.optional(freeText(128)),
  traceparent: v.optional(freeText(128)),
  callbacks: v.optional(
    v.pipe(v.array(callback, CALLBACKS), v.minLength(1, CALLBACKS), v.maxLength(CALLBACKS_MAX, CALLBACKS)),
  ),
});
