import * as v from 'valibot';
import { problem } from '../../client/responses.ts';
import type { Clock } from '../../lib/base/time.ts';
import { VERSION } from '../../lib/base/version.ts';
import { CliError, EXIT, Interrupted, usage } from '../exit.ts';
import type { Settings } from '../settings.ts';
import { baseUrl, reasonOf } from './reach.ts';

/** What came of one request. */
export type Answer =
  | { readonly kind: 'ok'; readonly status: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly status: number; readonly detail: string; readonly value: unknown }
  /**
   * jobwatch did not answer. `mayPass`: it may do so a moment later (no answer, 429, 5xx); else somebody else answers
   * at that address.
   */
  | { readonly kind: 'away'; readonly reason: string; readonly mayPass: boolean };

export interface Sending {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How often it is tried at most; default 4. Every request of the command line may be repeated. */
  readonly tries?: number;
  /** How long one try may take, to the next whole millisecond; default and most 35 s. */
  readonly timeoutMs?: number;
}

export interface ApiClient {
  readonly url: string;
  /** Throws when the user interrupts, and what is a fault of this program; never for trouble of the network. */
  call(method: string, path: string, sending?: Sending): Promise<Answer>;
  /**
   * How far jobwatch's clock is ahead of this machine's, by its latest answer; 0 below 10 s, for answers take their
   * time.
   */
  aheadMs(): number;
}

export interface ClientDeps {
  readonly settings: Pick<Settings, 'url' | 'token'>;
  readonly fetch: typeof globalThis.fetch;
  readonly sleep: (ms: number) => Promise<void>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly ticker: Clock;
  /** Told once a call that takes longer than a moment, because no answer came and it is tried again. */
  readonly onRetry?: (reason: string) => void;
}

/** A try, and when to try again: null where the answer stands. */
interface Try {
  readonly answer: Answer;
  readonly againInMs: number | null;
}

const TIMEOUT_MS = 35_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const TRIES = 4;
/** Silence that is longer makes whoever sits there wonder. */
const MOMENT_MS = 1000;
const SKEW_MIN_MS = 10_000;

const refusal = v.pick(problem, ['detail']);

/** Throws a usage error if it is not known where jobwatch is. */
export function makeClient({ settings, fetch, sleep, signal, clock, ticker, onRetry }: ClientDeps): ApiClient {
  const url = baseUrl(settings.url);
  let aheadMs = 0;

  function noteTime(response: Response): void {
    const offMs = Date.parse(response.headers.get('date') ?? '') - clock();
    if (Number.isFinite(offMs)) aheadMs = Math.abs(offMs) < SKEW_MIN_MS ? 0 : offMs;
  }

  async function once(method: string, path: string, sending: Sending): Promise<Try> {
    const limitMs = limitOf(sending);
    const request = {
      ...requestOf(method, sending, settings.token),
      signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
    };
    try {
      const response = await fetch(`${url}/v1${path}`, request);
      const tried = tryOf(response, await response.text());
      if (tried.answer.kind !== 'away') noteTime(response);
      return tried;
    } catch (error) {
      if (signal.aborted) throw new Interrupted();
      return awayOf(error, limitMs);
    }
  }

  return {
    url,
    aheadMs: () => aheadMs,
    async call(method, path, sending = {}) {
      let waitMs = FIRST_WAIT_MS;
      const tell = makeTeller(ticker, onRetry);
      for (let left = (sending.tries ?? TRIES) - 1; ; left -= 1) {
        const { answer, againInMs } = await once(method, path, sending);
        if (againInMs === null || left <= 0) return answer;
        const pauseMs = Math.min(againInMs === 0 ? waitMs : againInMs, LONGEST_WAIT_MS);
        tell(answer, pauseMs);
        await sleep(pauseMs);
        waitMs *= 2;
      }
    },
  };
}

/** Of one call: tells once that it is tried again, as soon as its silence is longer than a moment. */
function makeTeller(ticker: Clock, onRetry: ClientDeps['onRetry']): (answer: Answer, pauseMs: number) => void {
  const beganMs = ticker();
  let isTold = false;
  return (answer, pauseMs) => {
    if (isTold || answer.kind === 'ok' || ticker() - beganMs + pauseMs < MOMENT_MS) return;
    isTold = true;
    onRetry?.(answer.kind === 'away' ? answer.reason : answer.detail);
  };
}

/** The ticker counts in fractions of a millisecond, which a timer's signal does not take. */
function limitOf({ timeoutMs = TIMEOUT_MS }: Sending): number {
  return Math.ceil(Math.min(timeoutMs, TIMEOUT_MS));
}

/** Throws again what is not trouble of the network: to wait would not help. */
function awayOf(error: unknown, limitMs: number): Try {
  const failure = reasonOf(error, limitMs);
  if (failure === null) throw error;
  return { answer: { kind: 'away', ...failure }, againInMs: failure.mayPass ? 0 : null };
}

function requestOf(method: string, { body, headers = {} }: Sending, token: string | null): RequestInit {
  const content = body === undefined ? {} : { 'content-type': 'application/json' };
  return {
    method,
    redirect: 'manual',
    headers: {
      'user-agent': `jobwatch-cli/${VERSION}`,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...content,
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

/** A 409 with `Retry-After` is a request like this one under way: it is tried again as well. */
function tryOf(response: Response, text: string): Try {
  const { status } = response;
  const value = parse(text);
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const againInMs = seconds > 0 ? seconds * 1000 : 0;
  const answer = answerOf(response, value);
  const isBusy = (status === 409 && againInMs > 0) || (answer.kind === 'away' && answer.mayPass);
  return { answer, againInMs: isBusy ? againInMs : null };
}

function answerOf({ status, ok }: Response, value: unknown): Answer {
  const detail = v.is(refusal, value) ? value.detail : null;
  if (status === 429 || status >= 500) {
    const reason = detail === null ? `it answered ${status}` : `it answered ${status}. ${detail}`;
    return { kind: 'away', reason, mayPass: true };
  }
  if (ok && (status === 204 || value !== undefined)) return { kind: 'ok', status, value };
  if (ok || detail === null)
    return { kind: 'away', reason: `the answer (HTTP ${status}) is not jobwatch's`, mayPass: false };
  return { kind: 'refused', status, detail, value };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value of a good answer; else throws what a user can act on. */
export function need(client: ApiClient, answer: Answer): unknown {
  if (answer.kind === 'ok') return answer.value;
  if (answer.kind === 'away')
    throw new CliError(
      EXIT.unreachable,
      `jobwatch at ${client.url} can't be reached: ${answer.reason.replace(/\.$/, '')}. ` +
        'Check the URL and the network, then "jobwatch doctor".',
    );
  if (answer.status === 401)
    throw usage(
      'The token was refused: set JOBWATCH_TOKEN or --token-file to a valid one; "jobwatch token create" creates one.',
    );
  if (answer.status === 403)
    throw usage(`${answer.detail} Create one that has it: "jobwatch token create NAME --stage STAGE --scopes …".`);
  // Of what was sent something is wrong: 1 would say that a job failed.
  if (answer.status === 400 || answer.status === 422) throw usage(answer.detail);
  throw new CliError(EXIT.failed, answer.detail);
}

/** Holds an answer against its shape: something else may answer at that address. */
export function read<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const problem = `${v.getDotPath(issue) ?? 'the whole'}: expected ${issue.expected ?? 'something else'}`;
  throw new CliError(
    EXIT.unreachable,
    `The response is not what jobwatch sends (${problem}): check the URL, or update jobwatch and its command line to ` +
      'the same version.',
  );
}
