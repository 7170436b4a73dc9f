import type { HttpFailure, HttpResponse, Send } from '../../base/http.ts';
import { retryAfterMs } from '../../base/http-headers.ts';
import { type Clock, toIso } from '../../base/time.ts';
import type { SecretStore } from '../ports.ts';
import type { Detail, Failed, Sent } from './sink.ts';

/** What a sink needs that calls by HTTP. */
export interface HttpSinkPorts {
  readonly send: Send;
  readonly secrets: Pick<SecretStore, 'get'>;
  readonly clock: Clock;
  /** What is wrong with an address, in words; empty: nothing. */
  readonly checkUrl: (url: string) => readonly string[];
  /** Where the console is, without a slash at its end; empty: messages have no links. */
  readonly consoleUrl: string;
}

export type HttpOutcome = HttpResponse | HttpFailure;

/** When a call began and ended. */
export interface CallTimes {
  readonly beganMs: number;
  readonly endedMs: number;
}

/** The longest wait that an endpoint may ask for. */
const RETRY_AFTER_MAX_MS = 24 * 3_600_000;
const ANSWER_KEPT_BYTES = 1024;
/** Of a connection and of a name's look-up: they hold a worker as calls do. */
const TIME_OUTS: ReadonlySet<string> = new Set(['ETIMEDOUT', 'ETIMEOUT']);

/** Any 2xx is success; all else, redirects too, is failure. 410 Gone: the endpoint asks never to be called again. */
export function judgeStatus(outcome: HttpOutcome, times: CallTimes): Sent {
  const isSuccess = outcome.kind === 'response' && outcome.status >= 200 && outcome.status < 300;
  if (isSuccess) return { kind: 'delivered', detail: detailOf(outcome, times, null) };
  return failed(outcome, times, errorOf(outcome));
}

/** A failure as HTTP tells it; a sink that knows more of the answer overrides single fields. */
export function failed(outcome: HttpOutcome, times: CallTimes, error: string): Failed {
  return {
    kind: 'failed',
    retryAfterMs: outcome.kind === 'response' ? retryAfterMs(outcome, times.endedMs, RETRY_AFTER_MAX_MS) : null,
    isGone: outcome.kind === 'response' && outcome.status === 410,
    isTimeout: outcome.kind === 'failure' && (outcome.error === 'timeout' || TIME_OUTS.has(outcome.code ?? '')),
    isFinal: false,
    detail: detailOf(outcome, times, error),
  };
}

export function errorOf(outcome: HttpOutcome): string {
  if (outcome.kind === 'failure') return `${outcome.error}: ${outcome.reason}`;
  return `the endpoint answered ${outcome.status}${outcome.status === 410 ? ' Gone' : ''}`;
}

/** No call was made, since it could not have been one. */
export function notSent(reason: string): HttpFailure {
  return { kind: 'failure', error: 'blocked', code: null, reason };
}

export function detailOf(outcome: HttpOutcome, { beganMs, endedMs }: CallTimes, error: string | null): Detail {
  const isAnswer = outcome.kind === 'response';
  return {
    at: toIso(beganMs),
    status: isAnswer ? outcome.status : null,
    durationMs: Math.max(endedMs - beganMs, 0),
    error,
    answer: isAnswer ? beginning(outcome.body) : '',
    failure: isAnswer ? null : outcome.error,
    code: isAnswer ? null : outcome.code,
  };
}

/** The first 1 kB; a character that is cut in two becomes U+FFFD. */
function beginning(body: string): string {
  return Buffer.from(body).subarray(0, ANSWER_KEPT_BYTES).toString();
}
