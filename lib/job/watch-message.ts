import * as v from 'valibot';
import { duplicateKey } from '../base/duplicate-keys.ts';
import { isObject } from '../base/is-object.ts';
import { type Iso, parseTime, toIso } from '../base/time.ts';
import type { ApiTable } from './api-facts.ts';
import { identityOf, type JobIdentity } from './identity.ts';
import { LABELS_MAX, type Labels } from './labels.ts';

/** A watch message that was found good, with its defaults filled in. */
export interface WatchMessage extends JobIdentity {
  /** When the job was submitted to the vendor, if the deployer says; null: when the message was sent. */
  readonly submittedAt: Iso | null;
  readonly timeoutSeconds: number;
  readonly notFoundGraceSeconds: number;
  readonly labels: Labels;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
}

export interface FieldProblem {
  /** The field's name, `labels.<key>`, or `message` for the whole. */
  readonly field: string;
  /** What was expected; never the offending value. */
  readonly problem: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly problems: readonly [FieldProblem, ...FieldProblem[]];
      /** Whom the message is about, if nothing is wrong but its api, which this build does not have. */
      readonly identity?: JobIdentity;
    };

export const WATCH_MESSAGE_MAX_BYTES = 65_536;

const urlLike = /[a-z][a-z0-9+.-]{0,20}:\/\//i;
const secretLike = new RegExp(
  [
    /^(whsec_|jw_|bearer\s|basic\s|gh[pousr]_|sk-)|-----BEGIN/,
    /\bA[KS]IA[0-9A-Z]{16}\b/,
    /(secret|password|passwd|token)\s*[=:]/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);
const secretName = /secret|passw|token|credential|(access|private|api)[-_.]?key/i;

const LIKE_A_SECRET = 'looks like a secret, which is not taken here';

/** Text that deployers may fill freely: nothing of it may be a secret or a URL, since it ends up in logs and events. */
function freeText(max: number) {
  return v.pipe(
    v.string(`expected text of at most ${max} characters`),
    v.maxLength(max, `expected text of at most ${max} characters`),
    v.check((text) => !urlLike.test(text), 'looks like a URL, which is not taken here'),
    v.check((text) => !secretLike.test(text), LIKE_A_SECRET),
  );
}

function wholeSeconds(min: number, max: number) {
  const expected = `expected a whole number of seconds from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected));
}

function named(pattern: RegExp, expected: string) {
  return v.pipe(
    v.string(expected),
    v.regex(pattern, expected),
    v.check((text) => !secretLike.test(text), LIKE_A_SECRET),
  );
}

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
const labels = v.pipe(
  v.custom<Record<string, unknown>>(isObject, 'expected an object of texts'),
  labelKeys,
  v.check((pairs) => Object.keys(pairs).length <= LABELS_MAX, `expected at most ${LABELS_MAX} pairs`),
  v.check(
    (pairs) => !Object.keys(pairs).some((key) => secretName.test(key)),
    'a key looks like the name of a secret, which is not taken here',
  ),
  v.record(v.string(), freeText(256)),
);

/** The contract of the pending queue, field by field. The OpenAPI document is made from it as well. */
export const watchMessageSchema = v.object({
  api: v.pipe(v.string('expected the name of an api'), v.maxLength(64, 'expected the name of an api')),
  // It becomes a part of a host's name: what begins as no region does (`oss-…`, `obs`, `s3`) names another service.
  region: named(
    /^(?=.{4,40}$)[a-z]{2}(-[a-z0-9]+)+$/,
    'expected a region such as eu-central-1: two letters, then parts of lower-case letters and digits, joined by "-"',
  ),
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
  correlationId: v.optional(freeText(128)),
  traceparent: v.optional(freeText(128)),
});

/** Reads the body of a watch message. Never throws; a refusal names every wrong field and no value. */
export function parseWatchBody(body: string, apis: ApiTable): Parsed<WatchMessage> {
  const json = parseJson(body, apis);
  return json.ok ? parseWatchMessage(json.value, apis) : json;
}

/** The same for a value that was JSON already. */
export function parseWatchMessage(value: unknown, apis: ApiTable): Parsed<WatchMessage> {
  if (!isObject(value)) return refuse('message', 'expected a JSON object');
  const result = v.safeParse(watchMessageSchema, value, { abortPipeEarly: true });
  const key = keyLike(apis);
  const wrong = (result.issues ?? []).map((issue) => fieldProblem(issue, key));
  const problems = [...wrong, ...keysIn(value, key, wrong), ...unknownFields(value, key)];
  if (!result.success || problems.length > 0) return { ok: false, problems: nonEmpty(problems) };
  const misfit = apiMisfit(result.output, apis);
  const message = withDefaults(result.output);
  if (misfit === null) return { ok: true, value: message };
  return { ok: false, problems: [misfit], ...(apis.has(message.api) ? {} : { identity: identityOf(message) }) };
}

type Fields = v.InferOutput<typeof watchMessageSchema>;

/** How keys look: those of the clouds that are watched, which say so themselves. Null: none says. */
function keyLike(apis: ApiTable): RegExp | null {
  const shapes = new Set([...apis.values()].flatMap(({ keyShapes = [] }) => keyShapes));
  return shapes.size === 0 ? null : new RegExp(`\\b(${[...shapes].join('|')})\\b`, 'i');
}

/** The fields that hold a key and are not refused already. */
function keysIn(value: Readonly<Record<string, unknown>>, key: RegExp | null, wrong: readonly FieldProblem[]) {
  if (key === null) return [];
  const { api: _, labels: pairs, ...plain } = value;
  const labelled = isObject(pairs) ? Object.entries(pairs) : [];
  return [...Object.entries(plain), ...labelled.map(([name, text]) => [`labels.${name}`, text] as const)]
    .filter(([name, text]) => Object.hasOwn(watchMessageSchema.entries, name.split('.')[0] ?? '') && isKey(text, key))
    .map(([name]) => ({
      field: name
        .split('.')
        .map((part) => showName(part, key))
        .join('.'),
      problem: LIKE_A_SECRET,
    }))
    .filter(({ field }) => wrong.every((one) => one.field !== field));
}

function isKey(text: unknown, key: RegExp): boolean {
  return typeof text === 'string' && key.test(text);
}

function apiMisfit({ api, projectId }: Fields, apis: ApiTable): FieldProblem | null {
  const facts = apis.get(api);
  if (facts === undefined) return { field: 'api', problem: `expected one of ${[...apis.keys()].join(', ')}` };
  if (facts.needsProject === (projectId !== undefined)) return null;
  const problem = facts.needsProject ? `required for ${api}` : `not taken for ${api}, which has no projects`;
  return { field: 'projectId', problem };
}

function withDefaults(fields: Fields): WatchMessage {
  const claimedMs = fields.submittedAt === undefined ? null : parseTime(fields.submittedAt);
  return {
    api: fields.api,
    account: fields.account,
    region: fields.region,
    projectId: fields.projectId ?? null,
    jobId: fields.jobId,
    submittedAt: claimedMs === null ? null : toIso(claimedMs),
    timeoutSeconds: fields.timeoutSeconds,
    notFoundGraceSeconds: fields.notFoundGraceSeconds,
    labels: fields.labels,
    correlationId: fields.correlationId ?? null,
    traceparent: fields.traceparent ?? null,
  };
}

/** Reads the body of a wake message: identity alone, every part of it. */
export function parseWakeBody(body: string, apis: ApiTable): Parsed<JobIdentity> {
  const json = parseJson(body, apis);
  if (!json.ok) return json;
  const identity =
    isObject(json.value) && json.value['projectId'] === null ? { ...json.value, projectId: undefined } : json.value;
  const parsed = parseWatchMessage(identity, apis);
  if (!parsed.ok) return parsed;
  return { ok: true, value: identityOf(parsed.value) };
}

/** One sentence for the rejected queue and its event. */
export function describeProblems(problems: readonly FieldProblem[]): string {
  const shown = problems.slice(0, 5).map(({ field, problem }) => `${field}: ${problem}`);
  const more = problems.length > 5 ? ` (and ${problems.length - 5} more)` : '';
  return `${shown.join('; ')}${more}.`;
}

function parseJson(body: string, apis: ApiTable): Parsed<unknown> {
  if (Buffer.byteLength(body) > WATCH_MESSAGE_MAX_BYTES)
    return refuse('message', `expected at most ${WATCH_MESSAGE_MAX_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return refuse('message', 'expected JSON');
  }
  const twice = duplicateKey(body);
  return twice === null ? { ok: true, value } : refuse(showName(twice, keyLike(apis)), 'stands twice');
}

function fieldProblem(issue: v.InferIssue<typeof watchMessageSchema>, key: RegExp | null): FieldProblem {
  const path = v.getDotPath(issue);
  const field =
    path === null
      ? 'message'
      : path
          .split('.')
          .map((part) => showName(part, key))
          .join('.');
  return { field, problem: issue.received === 'undefined' ? 'required' : issue.message };
}

/** Own names only: `__proto__` and `constructor` are unknown fields like any other. */
function unknownFields(value: Readonly<Record<string, unknown>>, key: RegExp | null): FieldProblem[] {
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(watchMessageSchema.entries, name));
  return unknown.map((name) => ({ field: showName(name, key), problem: 'unknown field' }));
}

/** A stranger's field name is shown only if it is a plain word and no secret. */
function showName(name: string, key: RegExp | null): string {
  const isPlain = /^[A-Za-z0-9_-]{1,64}$/.test(name) && !secretLike.test(name) && key?.test(name) !== true;
  return isPlain ? name : '(a field with an odd name)';
}

function refuse(field: string, problem: string): { ok: false; problems: [FieldProblem] } {
  return { ok: false, problems: [{ field, problem }] };
}

function nonEmpty(problems: FieldProblem[]): [FieldProblem, ...FieldProblem[]] {
  const [first = { field: 'message', problem: 'not understood' }, ...rest] = problems;
  return [first, ...rest];
}
