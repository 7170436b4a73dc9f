import { createHash } from 'node:crypto';
import { base32 } from '../base/base32.ts';
import { isTerminal, type Phase } from './phase.ts';

/** Workflows that wait for a job: a task of Step Functions, a callback of a durable function. */
export const CALLBACK_KINDS = ['stepfunctions', 'durable'] as const;
export type CallbackKind = (typeof CALLBACK_KINDS)[number];

/** Callbacks of one message, and those of one job that are not closed yet. */
export const CALLBACKS_MAX = 3;

/** A callback as a message brings it: the token, or the id, is a credential. */
export type CallbackRequest =
  | { readonly kind: 'stepfunctions'; readonly token: string; readonly heartbeat?: boolean | undefined }
  | { readonly kind: 'durable'; readonly id: string; readonly heartbeat?: boolean | undefined };

/** A callback as a record holds it: its token lies with the secrets, under `hash`. */
export interface Callback {
  readonly kind: CallbackKind;
  /** 26 characters, made of kind and token. */
  readonly hash: string;
  readonly heartbeat: boolean;
  /** The job's `seq` when it came: the first end after it closes the callback. */
  readonly afterSeq: number;
}

/** What of a transition says whether it closes callbacks. */
interface Entry {
  readonly seq: number;
  readonly kind: string;
  readonly phase: Phase;
}

/** What of a record says how its callbacks stand. */
interface WithCallbacks<Transition extends Entry = Entry> {
  readonly callbacks?: readonly Callback[] | undefined;
  readonly history: readonly Transition[];
  readonly notifiedSeq: number;
}

/** A callback, and the transition that closes it. */
export interface Closing<Transition extends Entry> {
  readonly callback: Callback;
  readonly entry: Transition;
}

export function tokenOf(request: CallbackRequest): string {
  return request.kind === 'durable' ? request.id : request.token;
}

export function callbackHash(request: CallbackRequest): string {
  const hash = createHash('sha256').update(`${request.kind}:${tokenOf(request)}`);
  return base32(hash.digest()).slice(0, 26);
}

/** Those of the requests that the record does not know. */
export function unknownCallbacks(
  { callbacks = [] }: Pick<WithCallbacks, 'callbacks'>,
  requests: readonly CallbackRequest[] = [],
): readonly CallbackRequest[] {
  return requests.filter((request) => callbacks.every(({ hash }) => hash !== callbackHash(request)));
}

/**
 * The job's callbacks with those of a message. Beside those that wait the newest that are closed are kept, for people
 * to see. `full`: more would wait than a job may have.
 */
export function addCallbacks(
  job: WithCallbacks,
  requests: readonly CallbackRequest[] = [],
  afterSeq: number,
): readonly Callback[] | 'full' {
  const { callbacks = [] } = job;
  const named = new Map(
    unknownCallbacks(job, requests).map((request): [string, Callback] => {
      const hash = callbackHash(request);
      return [hash, { kind: request.kind, hash, heartbeat: request.heartbeat === true, afterSeq }];
    }),
  );
  if (named.size === 0) return callbacks;
  const waiting = callbacks.filter((callback) => !isClosed(job, callback));
  const room = CALLBACKS_MAX - waiting.length - named.size;
  if (room < 0) return 'full';
  const closed = callbacks.filter((callback) => isClosed(job, callback));
  return [...closed.slice(closed.length - Math.min(room, closed.length)), ...waiting, ...named.values()];
}

/** Its end was published: nothing is left to be done about it. */
function isClosed(job: WithCallbacks, { afterSeq }: Callback): boolean {
  const entry = closingEntry(job, afterSeq);
  return entry !== null && entry.seq <= job.notifiedSeq;
}

/** Those whose end has come: the first after the callback did, told or not. */
export function closingsOf<Transition extends Entry>(job: WithCallbacks<Transition>): readonly Closing<Transition>[] {
  return (job.callbacks ?? []).flatMap((callback) => {
    const entry = closingEntry(job, callback.afterSeq);
    return entry === null ? [] : [{ callback, entry }];
  });
}

/** Those that wait, and want to hear that somebody watches. */
export function beating(job: WithCallbacks): readonly Callback[] {
  return (job.callbacks ?? []).filter(({ heartbeat, afterSeq }) => heartbeat && closingEntry(job, afterSeq) === null);
}

function closingEntry<Transition extends Entry>(
  { history }: Pick<WithCallbacks<Transition>, 'history'>,
  afterSeq: number,
): Transition | null {
  return history.find(({ seq, kind, phase }) => seq > afterSeq && kind === 'changed' && isTerminal(phase)) ?? null;
}

/** What a callback that comes after the end counts as having come after: the transition before the latest end. */
export function beforeEnd({ history, seq }: Pick<WithCallbacks, 'history'> & Pick<Entry, 'seq'>): number {
  const ended = history.findLast(({ kind, phase }) => kind === 'changed' && isTerminal(phase));
  return (ended?.seq ?? seq) - 1;
}
