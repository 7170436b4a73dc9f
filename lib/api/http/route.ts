import * as v from 'valibot';
import type { Caller, Permission } from './auth.ts';
import { check, type DoorSchema } from './check.ts';
import { type FieldProblem, invalid } from './problem.ts';
import type { ApiResponse } from './types.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
export type AnySchema = v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>;

/** What a request says, before any schema has seen it. `body` is parsed JSON, undefined where none was sent. */
export interface Input {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** null on routes that need no token. */
  readonly caller: Caller | null;
}

/** One row of the table that the router, the authorization, the checks and the OpenAPI document are made from. */
export interface Route {
  readonly method: Method;
  /** `{name}` stands for one segment, `{name+}` at the end for all that are left. */
  readonly path: string;
  readonly operation: string;
  readonly summary: string;
  /** null: no token is needed. */
  readonly permission: Permission | null;
  readonly query: DoorSchema | null;
  /** Schema of the body for the document; null where none is taken. */
  readonly body: AnySchema | null;
  /** Headers that mean something here, by name, with what they do. */
  readonly headers: Readonly<Record<string, string>>;
  /** Schemas of the good responses by status; null for a response without a body. */
  readonly responses: Readonly<Record<number, AnySchema | null>>;
  /** Statuses of the problems that are this route's own. */
  readonly problems: readonly number[];
  readonly handle: (input: Input) => Promise<ApiResponse>;
}

type Text = Pick<Route, 'method' | 'path' | 'operation' | 'summary' | 'permission' | 'responses'> & {
  problems?: readonly number[];
  headers?: Readonly<Record<string, string>>;
};

/** What a handler gets once its input is known to be good. */
export interface Call<Query, Body> {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly headers: Input['headers'];
  readonly caller: Caller | null;
}

/** A route that takes no body. */
export function reading<Query extends DoorSchema>(
  text: Text & { query: Query },
  handler: (call: Call<v.InferOutput<Query>, undefined>) => Promise<ApiResponse>,
): Route {
  const handle = async (input: Input): Promise<ApiResponse> => {
    const query = check(text.query, queryObject(input.query));
    const errors = [...repeated(input.query), ...(query.ok ? [] : query.errors)];
    if (!query.ok || errors.length > 0) return invalid('The query is invalid', errors);
    return handler({ ...input, query: query.value, body: undefined });
  };
  return { ...defaults, ...text, body: null, handle };
}

/** A route whose JSON body is held against a schema. */
export function writing<Body extends DoorSchema>(
  text: Text & { body: Body },
  handler: (call: Call<undefined, v.InferOutput<Body>>) => Promise<ApiResponse>,
): Route {
  const handle = async (input: Input): Promise<ApiResponse> => {
    const body = check(text.body, input.body ?? {});
    if (!body.ok) return invalid('The body is invalid', body.errors);
    return handler({ ...input, query: undefined, body: body.value });
  };
  return { ...defaults, ...text, query: null, handle };
}

/** A route that acts on what its path names and takes nothing else. */
export function acting(text: Text, handler: (call: Call<undefined, undefined>) => Promise<ApiResponse>): Route {
  const handle = async (input: Input): Promise<ApiResponse> => {
    const body = check(NOTHING, input.body ?? {});
    if (!body.ok) return invalid('This request takes no body', body.errors);
    return handler({ ...input, query: undefined, body: undefined });
  };
  return { ...defaults, ...text, query: null, body: null, handle };
}

/** A route that reads its body by itself; `body` is for the document. */
export function parsing(
  text: Text & { body: AnySchema },
  handler: (call: Call<undefined, unknown>) => Promise<ApiResponse>,
): Route {
  const handle = async (input: Input): Promise<ApiResponse> => handler({ ...input, query: undefined });
  return { ...defaults, ...text, query: null, handle };
}

const NOTHING = v.strictObject({});
const defaults = { problems: [], headers: {} };

/** `label.team=a&label.env=b` becomes one object under `label`. */
function queryObject(query: URLSearchParams): Readonly<Record<string, unknown>> {
  const entries = [...query].filter(([key]) => !key.startsWith(LABEL));
  const labels = [...query]
    .filter(([key]) => key.startsWith(LABEL))
    .map(([key, value]) => [key.slice(LABEL.length), value]);
  return Object.fromEntries<unknown>(
    labels.length === 0 ? entries : [['label', Object.fromEntries(labels)], ...entries],
  );
}

const LABEL = 'label.';

function repeated(query: URLSearchParams): readonly FieldProblem[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const key of query.keys()) (seen.has(key) ? twice : seen).add(key);
  return [...twice].map((field) => ({ field, problem: 'appears more than once' }));
}

export type Match =
  | { readonly kind: 'route'; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'other_method'; readonly path: string; readonly methods: readonly Method[] }
  | { readonly kind: 'none' };

/** Finds the route of a request; if two fit, the first of the table. */
export function match(routes: readonly Route[], method: string, path: string): Match {
  const segments = path.split('/');
  const fitting = routes.filter((route) => fits(route.path.split('/'), segments));
  const [first] = fitting;
  if (first === undefined) return { kind: 'none' };
  const route = fitting.find((one) => one.method === method);
  if (route !== undefined) return { kind: 'route', route, params: paramsOf(route, segments) };
  return { kind: 'other_method', path: first.path, methods: fitting.map((one) => one.method) };
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  const isGreedy = pattern.at(-1)?.endsWith('+}') === true;
  if (isGreedy ? segments.length < pattern.length : segments.length !== pattern.length) return false;
  return pattern.every((part, index) => (part.startsWith('{') ? segments[index] !== '' : part === segments[index]));
}

function paramsOf(route: Route, segments: readonly string[]): Readonly<Record<string, string>> {
  const named = route.path.split('/').map((part, index) => {
    const isGreedy = part.endsWith('+}');
    const value = isGreedy ? segments.slice(index).join('/') : (segments[index] ?? '');
    return [part.slice(1, isGreedy ? -2 : -1), value, part.startsWith('{')] as const;
  });
  return Object.fromEntries(named.filter(([, , hole]) => hole).map(([name, value]) => [name, value]));
}
