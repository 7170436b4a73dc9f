import * as v from 'valibot';
import { duplicateKey } from '../base/duplicate-keys.ts';
import { isObject } from '../base/is-object.ts';
import { type Iso, parseTime, toIso } from '../base/time.ts';
import type { ApiTable } from './api-facts.ts';
import { CALLBACK_KINDS, type CallbackKind, type CallbackRequest } from './callbacks.ts';
import { HIDDEN_NAME, LIKE_A_SECRET, showName } from './free-text.ts';
import type { GroupRef } from './group/group.ts';
import { identityOf, type JobIdentity } from './identity.ts';
import type { Labels } from './labels.ts';
import { type FieldProblem, withApi, withRegion } from './watch-message-api.ts';
import { groupSchema, labels, labelTexts, watchMessageSchema } from './watch-message-schema.ts';

export type { FieldProblem } from './watch-message-api.ts';

/** A watch message that was found good, with its defaults filled in. */
export interface WatchMessage extends JobIdentity {
  /** When the job was submitted to the vendor, if the deployer says; null: when the message was sent. */
  readonly submittedAt: Iso | null;
  readonly timeoutSeconds: number;
  readonly notFoundGraceSeconds: number;
  readonly labels: Labels;
  /** The group that the job belongs to; null: none. */
  readonly group: GroupRef | null;
  readonly correlationId: string | null;
  readonly traceparent: string | null;
  /** Workflows that wait for the job's end; absent: none. */
  readonly callbacks?: readonly CallbackRequest[] | undefined;
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

/** The kinds of callbacks that a stack closes, which its parameters say; by default none. */
export type CallbackKinds = ReadonlySet<CallbackKind>;

const NO_CALLBACKS: CallbackKinds = new Set();

/** Reads the body of a watch message. Never throws; a refusal names every wrong field and no value. */
export function parseWatchBody(body: string, apis: ApiTable, closes = NO_CALLBACKS): Parsed<WatchMessage> {
  const json = parseJson(body);
  return json.ok ? withTwice(json.twice, parseWatchMessage(json.value, apis, closes), keyLike(apis)) : json;
}

/** The same for a value that was JSON already. */
export function parseWatchMessage(given: unknown, apis: ApiTable, closes = NO_CALLBACKS): Parsed<WatchMessage> {
  if (!isObject(given)) return refuse('message', 'expected a JSON object');
  const value = withRegion(given, apis);
  const result = v.safeParse(watchMessageSchema, value, { abortPipeEarly: true });
  const key = keyLike(apis);
  const wrong = [
    ...(result.issues ?? []).map(fieldProblem),
    ...labelProblems(value['labels']),
    ...callbackProblems(value['callbacks'], closes),
    ...unknownFields(value),
  ];
  const problems = unique([...wrong, ...keysIn(value, key, wrong)].map((one) => hideKey(one, key)));
  const all = withApi(problems, value, apis);
  if (!result.success || problems.length > 0) return { ok: false, problems: nonEmpty(all) };
  const message = withDefaults(result.output);
  if (all.length === 0) return { ok: true, value: message };
  return { ok: false, problems: nonEmpty(all), ...(apis.has(message.api) ? {} : { identity: identityOf(message) }) };
}

/** What is wrong with a group that is named once for several messages; each message is checked for itself as well. */
export function parseGroup(value: unknown): readonly FieldProblem[] {
  const { issues = [] } = v.safeParse(v.object({ group: groupSchema }), { group: value }, { abortPipeEarly: true });
  return unique(issues.map(fieldProblem));
}

/** How keys look: those of the clouds that are watched, which say so themselves. Null: none says. */
function keyLike(apis: ApiTable): RegExp | null {
  const shapes = new Set([...apis.values()].flatMap(({ keyShapes = [] }) => keyShapes));
  return shapes.size === 0 ? null : new RegExp(`\\b(${[...shapes].join('|')})\\b`, 'i');
}

/** The fields that hold a key and are not refused already. */
function keysIn(
  value: Readonly<Record<string, unknown>>,
  key: RegExp | null,
  wrong: readonly FieldProblem[],
): FieldProblem[] {
  if (key === null) return [];
  const { api: _, labels: pairs, group, ...plain } = value;
  const own = Object.entries(plain).filter(([name]) => Object.hasOwn(watchMessageSchema.entries, name));
  const labelled = isObject(pairs) ? Object.entries(pairs) : [];
  const grouped = isObject(group) ? [['group.id', group['id']] as const] : [];
  return [...own, ...grouped, ...labelled.map(([name, text]) => [`labels.${labelName(name)}`, text] as const)]
    .filter(([, text]) => typeof text === 'string' && key.test(text))
    .map(([field]) => ({ field, problem: LIKE_A_SECRET }))
    .filter(({ field }) => wrong.every((one) => one.field !== field));
}

/** A key that came in the place of a name. */
function hideKey(problem: FieldProblem, key: RegExp | null): FieldProblem {
  return key?.test(problem.field) === true ? { ...problem, field: HIDDEN_NAME } : problem;
}

type Fields = v.InferOutput<typeof watchMessageSchema>;

/** The labels' pipe ends at its first fault, and drops some keys: each is looked at by itself here. */
function labelProblems(given: unknown): FieldProblem[] {
  if (!isObject(given)) return [];
  const { issues = [] } = v.safeParse(labels, given);
  const values = v.safeParse(labelTexts, given, { abortPipeEarly: true }).issues ?? [];
  return [...issues, ...values].map((issue) => {
    const key = issue.path?.[0]?.key;
    return { field: key === undefined ? 'labels' : `labels.${labelName(String(key))}`, problem: issue.message };
  });
}

/** A label's key may hold dots. */
function labelName(key: string): string {
  return key.split('.').map(showName).join('.');
}

const PARAMETERS: Readonly<Record<CallbackKind, string>> = {
  stepfunctions: 'callbackStateMachineArns',
  durable: 'callbackFunctionArns',
};

/** A kind that nobody has given the stack a right to close: the workflow would wait until its own time-out. */
function callbackProblems(given: unknown, closes: CallbackKinds): FieldProblem[] {
  if (!Array.isArray(given)) return [];
  const kinds = new Set<unknown>(given.map((one) => (isObject(one) ? one['kind'] : null)));
  const refused = CALLBACK_KINDS.filter((kind) => kinds.has(kind) && !closes.has(kind));
  return refused.map((kind) => ({
    field: 'callbacks',
    problem: `not taken for "${kind}": this stack is deployed without the parameter ${PARAMETERS[kind]}`,
  }));
}

function unique(problems: readonly FieldProblem[]): FieldProblem[] {
  const known = new Map(problems.map((one) => [`${one.field} ${one.problem}`, one]));
  return [...known.values()];
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
    group: fields.group ?? null,
    correlationId: fields.correlationId ?? null,
    traceparent: fields.traceparent ?? null,
    ...(fields.callbacks === undefined ? {} : { callbacks: fields.callbacks }),
  };
}

/** Reads the body of a wake message: identity alone, every part of it. */
export function parseWakeBody(body: string, apis: ApiTable): Parsed<JobIdentity> {
  const json = parseJson(body);
  if (!json.ok) return json;
  const identity =
    isObject(json.value) && json.value['projectId'] === null ? { ...json.value, projectId: undefined } : json.value;
  const parsed = withTwice(json.twice, parseWatchMessage(identity, apis), keyLike(apis));
  if (!parsed.ok) return parsed;
  return { ok: true, value: identityOf(parsed.value) };
}

/** One sentence for the rejected queue and its event. */
export function describeProblems(problems: readonly FieldProblem[]): string {
  const shown = problems.slice(0, 5).map(({ field, problem }) => `${field}: ${problem}`);
  const more = problems.length > 5 ? ` (and ${problems.length - 5} more)` : '';
  return `${shown.join('; ')}${more}.`;
}

type Json =
  /** `twice`: the name of a field that stands twice in one object. */
  | { readonly ok: true; readonly value: unknown; readonly twice: string | null }
  | { readonly ok: false; readonly problems: readonly [FieldProblem] };

function parseJson(body: string): Json {
  if (Buffer.byteLength(body) > WATCH_MESSAGE_MAX_BYTES)
    return refuse('message', `expected at most ${WATCH_MESSAGE_MAX_BYTES} bytes`);
  try {
    return { ok: true, value: JSON.parse(body), twice: duplicateKey(body) };
  } catch {
    return refuse('message', 'expected JSON');
  }
}

function withTwice<T>(twice: string | null, parsed: Parsed<T>, key: RegExp | null): Parsed<T> {
  if (twice === null) return parsed;
  const problem = hideKey({ field: showName(twice), problem: 'stands twice' }, key);
  return { ok: false, problems: [problem, ...(parsed.ok ? [] : parsed.problems)] };
}

function fieldProblem(issue: v.BaseIssue<unknown>): FieldProblem {
  const path = v.getDotPath(issue);
  const field = path === null ? 'message' : path.split('.').map(showName).join('.');
  return { field, problem: issue.received === 'undefined' ? 'required' : issue.message };
}

/** Own names only: `__proto__` and `constructor` are unknown fields like any other. */
function unknownFields(value: Readonly<Record<string, unknown>>): FieldProblem[] {
  const unknown = Object.keys(value).filter((name) => !Object.hasOwn(watchMessageSchema.entries, name));
  return unknown.map((name) => ({ field: showName(name), problem: 'unknown field' }));
}

function refuse(field: string, problem: string): { ok: false; problems: readonly [FieldProblem] } {
  return { ok: false, problems: [{ field, problem }] };
}

function nonEmpty(problems: readonly FieldProblem[]): [FieldProblem, ...FieldProblem[]] {
  const [first = { field: 'message', problem: 'not understood' }, ...rest] = problems;
  return [first, ...rest];
}
