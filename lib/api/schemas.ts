import * as v from 'valibot';
import { isObject } from '../base/is-object.ts';
import { parseTime } from '../base/time.ts';
import { DELIVERY_STATES } from '../deliver/delivery.ts';
import { LANGUAGES } from '../deliver/formats/words.ts';
import { HEADERS_MAX } from '../deliver/sinks/own-headers.ts';
import { FORMATS, KINDS } from '../deliver/subscription.ts';
import { EVENT_TYPES } from '../events/types.ts';
import { isWellFormed, WELL_FORMED } from '../job/free-text.ts';
import { LABELS_MAX } from '../job/labels.ts';
import { PHASES } from '../job/phase.ts';
import { RANGES, type Range } from './history/buckets.ts';
import { PAGE_DEFAULT, PAGE_MAX } from './http/cursor.ts';

/**
 * What callers may send. The checks and the OpenAPI document both come from here; `v.metadata` adds what JSON Schema
 * can't read off a check.
 */

const time = v.pipe(
  v.string(),
  v.check((text) => parseTime(text) !== null, 'expected an ISO 8601 time with a zone, such as 2026-11-20T10:00:00Z'),
  v.metadata({ format: 'date-time' }),
);
const limit = v.pipe(
  v.string(),
  v.check(
    (text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= PAGE_MAX,
    `expected a whole number from 1 to ${PAGE_MAX}`,
  ),
  v.metadata({ type: 'integer', minimum: 1, maximum: PAGE_MAX, default: PAGE_DEFAULT }),
);
const cursor = v.pipe(
  v.string(),
  v.maxLength(2048),
  v.description('The `nextCursor` of the page before, with the same filters.'),
);
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(128));

/** `failed,lost`: some of the words, as one parameter. */
const someOf = (words: readonly string[]) =>
  v.pipe(
    v.string(),
    v.check(
      (text) => text.split(',').every((word) => words.includes(word)),
      `expected one or several, with a comma between, of ${words.join(', ')}`,
    ),
    v.metadata({ type: 'array', items: { type: 'string', enum: [...words] }, minItems: 1 }),
  );

const wellFormed = v.check<string, string>(isWellFormed, WELL_FORMED);

const labels = v.pipe(
  v.custom<Readonly<Record<string, string>>>(isObject),
  v.check(
    (pairs) => Object.values(pairs).every((value) => typeof value === 'string' && value.length <= 256),
    'expected texts of at most 256 characters',
  ),
  v.check((pairs) => Object.values(pairs).every(isWellFormed), WELL_FORMED),
  v.check(
    (pairs) => Object.keys(pairs).every((key) => /^[A-Za-z0-9_.-]{1,64}$/.test(key) && key !== '__proto__'),
    'expected keys of 1 to 64 letters, digits, "_", "." and "-"',
  ),
  v.check((pairs) => Object.keys(pairs).length <= LABELS_MAX, `expected at most ${LABELS_MAX} pairs`),
  v.metadata({ type: 'object', maxProperties: LABELS_MAX, additionalProperties: { type: 'string', maxLength: 256 } }),
);

export const jobsQuery = v.strictObject({
  phase: v.optional(someOf(PHASES)),
  api: v.optional(name),
  account: v.optional(name),
  region: v.optional(name),
  operation: v.optional(name),
  jobId: v.optional(name),
  idPrefix: v.optional(v.pipe(name, v.description('What the id of the job, or the vendor’s job id, begins with.'))),
  label: v.optional(labels),
  since: v.optional(v.pipe(time, v.description('Created then or later.'))),
  endedSince: v.optional(v.pipe(time, v.description('Ended then or later. Open jobs are left out.'))),
  endedUntil: v.optional(v.pipe(time, v.description('Ended before. Open jobs are left out.'))),
  cursor: v.optional(cursor),
  limit: v.optional(limit),
});

export const RANGE_DEFAULT: Range = '24h';
const ranges = Object.keys(RANGES);
export const historyQuery = v.strictObject({
  range: v.optional(
    v.pipe(
      v.picklist(Object.keys(RANGES) as Range[], `expected one of ${ranges.join(', ')}`),
      v.metadata({ default: RANGE_DEFAULT }),
    ),
  ),
});

export const pageQuery = v.strictObject({ cursor: v.optional(cursor), limit: v.optional(limit) });
export const noQuery = v.strictObject({});

const TYPES_MAX = 20;

/** `jobwatch.*`, `jobwatch.job.*`, … : every prefix that some type has. */
const WILDCARDS: ReadonlySet<string> = new Set(
  EVENT_TYPES.flatMap((type) =>
    type
      .split('.')
      .slice(0, -1)
      .map((_, index, parts) => `${parts.slice(0, index + 1).join('.')}.*`),
  ),
);
const eventType = v.pipe(
  v.string(),
  v.check(
    (type) => WILDCARDS.has(type) || EVENT_TYPES.some((known) => known === type),
    `expected one of ${EVENT_TYPES.join(', ')}, or the beginning of one and ".*"`,
  ),
  v.metadata({ enum: [...EVENT_TYPES, ...WILDCARDS] }),
);
export const deliveriesQuery = v.strictObject({
  state: v.optional(someOf(DELIVERY_STATES)),
  type: v.optional(eventType),
  job: v.optional(v.pipe(name, v.description('The id of a job, or the vendor’s job id.'))),
  since: v.optional(time),
  ...pageQuery.entries,
});
const types = v.pipe(v.array(eventType), v.maxLength(TYPES_MAX, `expected at most ${TYPES_MAX} types`));
const url = v.pipe(v.string(), v.minLength(1), v.maxLength(2048), wellFormed, v.metadata({ format: 'uri' }));
const robotSecret = v.pipe(
  v.string(),
  v.regex(/^[\x21-\x7e]{1,256}$/, 'expected 1 to 256 printable ASCII characters without spaces'),
);
const headers = v.pipe(
  v.custom<Readonly<Record<string, string>>>(isObject),
  v.check((pairs) => Object.values(pairs).every((value) => typeof value === 'string'), 'expected texts'),
  v.metadata({ type: 'object', maxProperties: HEADERS_MAX, additionalProperties: { type: 'string', maxLength: 1024 } }),
  v.description('Sent with every event; never shown again, answers name them. For the format cloudevents.'),
);
const oneOf = <const Words extends readonly string[]>(words: Words) =>
  v.picklist(words, `expected one of ${words.join(', ')}`);
const description = v.pipe(v.string(), v.maxLength(256, 'expected at most 256 characters'), wellFormed);

/** What needs no URL, in JSON Schema. */
const EVENT_BUS = { properties: { kind: { const: 'eventbridge' } }, required: ['kind'] };

/** Made for the apis at hand: a filter for an api that nobody watches would never match. */
export function subscriptionSchemas(apis: readonly string[]) {
  const filter = v.pipe(
    v.custom<Readonly<Record<string, unknown>>>(isObject),
    v.strictObject({
      api: v.optional(v.picklist(apis, `expected one of ${apis.join(', ')}`)),
      account: v.optional(
        v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'expected 1 to 64 letters, digits, "_" and "-"')),
      ),
      labels: v.optional(labels),
    }),
  );
  const language = v.optional(oneOf(LANGUAGES));
  const optional = {
    language,
    headers: v.optional(headers),
    types: v.optional(types),
    filter: v.optional(filter),
    description: v.optional(description),
  };
  return {
    create: v.pipe(
      v.strictObject({
        url: v.optional(url),
        kind: v.optional(oneOf(KINDS)),
        format: v.optional(oneOf(FORMATS)),
        robotSecret: v.optional(robotSecret),
        ...optional,
      }),
      v.forward(
        v.partialCheck(
          [['kind'], ['url']],
          (given) => given.kind === 'eventbridge' || given.url !== undefined,
          'missing',
        ),
        ['url'],
      ),
      v.metadata({ anyOf: [{ required: ['url'] }, EVENT_BUS] }),
    ),
    patch: v.strictObject({
      url: v.optional(url),
      robotSecret: v.optional(v.nullable(robotSecret)),
      ...optional,
      state: v.optional(v.picklist(['active', 'disabled'], 'expected "active" or "disabled"')),
    }),
  };
}

/** The type of the sample that is sent; absent: a `jobwatch.test` event. */
export const testBody = v.strictObject({
  type: v.optional(v.picklist(EVENT_TYPES, `expected one of ${EVENT_TYPES.join(', ')}`)),
});

export const redeliverBody = v.strictObject({
  since: time,
  until: v.optional(time),
  cursor: v.optional(cursor),
  dryRun: v.optional(v.pipe(v.boolean(), v.description('Counts what would be sent, and sends nothing.'))),
});
