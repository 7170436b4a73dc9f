import * as v from 'valibot';
import { isObject } from '../../base/is-object.ts';
import type { FieldProblem } from './problem.ts';

/** The schemas at the door are strict objects: a field that they don't know is a typo. */
export type DoorSchema = v.StrictObjectSchema<v.ObjectEntries, undefined>;

export type Checked<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly errors: readonly FieldProblem[] };

/** Holds a value against a schema and names all fields that are wrong, without repeating a value. */
export function check<Schema extends DoorSchema>(schema: Schema, value: unknown): Checked<v.InferOutput<Schema>> {
  if (!isObject(value)) return { ok: false, errors: [{ field: '', problem: 'expected a JSON object' }] };
  const result = v.safeParse(schema, value);
  if (result.success) return { ok: true, value: result.output };
  const errors = result.issues.map((issue) => ({ field: fieldOf(issue), problem: problemOf(issue) }));
  return { ok: false, errors: withUnknownFields(errors, schema, value) };
}

/** `v.strictObject` stops at the first field that it doesn't know; people like to hear of all at once. */
function withUnknownFields(errors: FieldProblem[], schema: DoorSchema, value: object): readonly FieldProblem[] {
  const named = new Set(errors.map(({ field }) => field));
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(schema.entries, key) && !named.has(key));
  return [...errors, ...unknown.map((field) => ({ field, problem: 'unknown field' }))];
}

function fieldOf(issue: v.BaseIssue<unknown>): string {
  return (issue.path ?? []).reduce(
    (path, { key }) => (typeof key === 'number' ? `${path}[${key}]` : join(path, String(key))),
    '',
  );
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

/** Where a schema gives no message of its own, valibot's would repeat the value that came. */
function problemOf(issue: v.BaseIssue<unknown>): string {
  if (issue.expected === 'never') return 'unknown field';
  if (issue.received === 'undefined' && issue.input === undefined) return 'missing';
  if (issue.type === 'strict_object' || issue.type === 'custom') return 'expected an object';
  if (issue.kind === 'validation' || issue.type === 'picklist') return ownMessage(issue);
  return `expected ${issue.expected?.toLowerCase() ?? 'another value'}`;
}

function ownMessage(issue: v.BaseIssue<unknown>): string {
  return issue.message.startsWith('Invalid ') ? `expected ${issue.expected ?? 'another value'}` : issue.message;
}
