import * as v from 'valibot';
import { problem } from '../../client/responses.ts';
import { noteAnswer, noteSilence } from './connection.ts';
import { learnPermissions, session, signOut } from './session.ts';

/** Why there is no answer, by what the reader can do about it. */
export type Failure =
  | { readonly kind: 'forbidden'; readonly detail: string }
  | { readonly kind: 'absent'; readonly detail: string }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly detail: string;
      readonly errors: readonly FieldError[];
    }
  /** A fault of jobwatch itself, which says so. */
  | {
      readonly kind: 'fault';
      readonly status: number;
      readonly detail: string;
      /** Finds it in the log; null: it has none. */
      readonly requestId: string | null;
    }
  | { readonly kind: 'unreachable'; readonly detail: string };

export interface FieldError {
  readonly field: string;
  readonly problem: string;
}

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Of a response without a body. */
export const NOTHING = v.null();

type Shape<T> = v.GenericSchema<unknown, T>;

interface Kept {
  readonly etag: string;
  readonly value: unknown;
}

/** The latest answers by token and path: a 304 gives the very same object again, so that nothing is drawn anew. */
const kept = new Map<string, Kept>();
const KEPT_MAX = 200;
const TIMEOUT_MS = 30_000;

/** What was read from this path before, while it is read anew. */
export function remembered<T>(shape: Shape<T>, path: string): T | null {
  const known = v.safeParse(shape, kept.get(keyOf(path))?.value);
  return known.success ? known.output : null;
}

export async function read<T>(shape: Shape<T>, path: string, signal?: AbortSignal): Promise<Answer<T>> {
  const key = keyOf(path);
  const known = kept.get(key);
  const response = await send(
    'GET',
    path,
    undefined,
    known === undefined ? {} : { 'if-none-match': known.etag },
    signal,
  );
  if ('failure' in response) return { ok: false, failure: response.failure };
  if (response.status === 304 && known !== undefined) return parsed(shape, known.value);
  const answer = await bodyOf(shape, response);
  const etag = response.headers.get('etag');
  if (answer.ok && etag !== null) keep(key, { etag, value: answer.value });
  return answer;
}

export async function act<T>(
  shape: Shape<T>,
  path: string,
  body?: unknown,
  method: 'POST' | 'PATCH' | 'DELETE' = 'POST',
): Promise<Answer<T>> {
  const response = await send(method, path, body, {});
  return 'failure' in response ? { ok: false, failure: response.failure } : bodyOf(shape, response);
}

/** What one token may read is nothing for the next. */
function keyOf(path: string): string {
  return `${session.get().token} ${path}`;
}

function keep(key: string, answer: Kept): void {
  kept.delete(key);
  kept.set(key, answer);
  const [oldest] = kept.keys();
  if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
}

async function send(
  method: string,
  path: string,
  body: unknown,
  extra: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Response | { failure: Failure }> {
  const { token } = session.get();
  const limits = [AbortSignal.timeout(TIMEOUT_MS), ...(signal === undefined ? [] : [signal])];
  try {
    const response = await fetch(`/v1${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...extra,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.any(limits),
    });
    noteAnswer();
    return response;
  } catch {
    // What the browser says here (“Failed to fetch”) tells nobody anything. A request that was given up tells nothing.
    if (signal?.aborted !== true) noteSilence();
    return { failure: { kind: 'unreachable', detail: 'There was no answer to the request.' } };
  }
}

async function bodyOf<T>(shape: Shape<T>, response: Response): Promise<Answer<T>> {
  learnPermissions(response.headers.get('jobwatch-scopes'));
  const value = await json(response);
  if (response.ok) return parsed(shape, value);
  if (response.status === 401) signOut(true);
  return { ok: false, failure: failureOf(response.status, value) };
}

async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    // What answers here may be something else than jobwatch: the caller says so.
    return null;
  }
}

export function failureOf(status: number, value: unknown): Failure {
  const said = v.safeParse(problem, value);
  const detail = said.success ? said.output.detail : `The answer was HTTP ${status} without an explanation.`;
  if (status === 403) return { kind: 'forbidden', detail };
  if (status === 404) return { kind: 'absent', detail };
  if (status < 500) return { kind: 'refused', status, detail, errors: said.success ? (said.output.errors ?? []) : [] };
  if (!said.success) return { kind: 'unreachable', detail };
  return { kind: 'fault', status, detail, requestId: said.output.requestId ?? null };
}

function parsed<T>(shape: Shape<T>, value: unknown): Answer<T> {
  const result = v.safeParse(shape, value);
  if (result.success) return { ok: true, value: result.output };
  const place = v.getDotPath(result.issues[0]) ?? 'the whole';
  const detail = `Unexpected answer (${place}): reload the page to get the matching version of the console.`;
  return { ok: false, failure: { kind: 'unreachable', detail } };
}
