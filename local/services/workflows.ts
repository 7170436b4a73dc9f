import type { CallbackKind } from '../../lib/job/callbacks.ts';

/** A request of a service, as far as the stand-ins read it. */
export interface ServiceRequest {
  readonly path: string;
  readonly target: string | null;
  readonly contentType: string;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type WorkflowEnd =
  | { readonly kind: 'success'; readonly output: string }
  | { readonly kind: 'failure'; readonly error: string; readonly cause: string };

/** Workflows that wait at a callback. */
export interface Workflows {
  /** From now on somebody waits with this token. */
  open(kind: CallbackKind, token: string): void;
  /** The execution was deleted, and its tasks with it. */
  remove(kind: CallbackKind, token: string): void;
  /** Time has run out, or the execution was stopped. */
  expire(kind: CallbackKind, token: string): void;
  stateOf(kind: CallbackKind, token: string): 'open' | 'closed' | 'gone' | 'unknown';
  close(kind: CallbackKind, token: string, end: WorkflowEnd): void;
  beat(kind: CallbackKind, token: string): void;
  /** All that were closed by a call, in their order. */
  readonly ends: readonly { readonly kind: CallbackKind; readonly token: string; readonly end: WorkflowEnd }[];
  readonly beats: readonly { readonly kind: CallbackKind; readonly token: string }[];
  readonly waiting: () => number;
}

/** `takesAny`: whoever names a token is believed to wait with it, until it is closed. */
export function makeWorkflows({
  takesAny = false,
  onEnd = () => undefined,
}: {
  readonly takesAny?: boolean | undefined;
  readonly onEnd?: ((kind: CallbackKind, token: string, end: WorkflowEnd) => void) | undefined;
} = {}): Workflows {
  const states = new Map<string, 'open' | 'closed' | 'gone'>();
  const ends: { kind: CallbackKind; token: string; end: WorkflowEnd }[] = [];
  const beats: { kind: CallbackKind; token: string }[] = [];
  const keyOf = (kind: CallbackKind, token: string) => `${kind} ${token}`;
  const set = (state: 'open' | 'closed' | 'gone') => (kind: CallbackKind, token: string) =>
    void states.set(keyOf(kind, token), state);
  return {
    open: set('open'),
    remove: set('gone'),
    expire: set('closed'),
    stateOf: (kind, token) => states.get(keyOf(kind, token)) ?? (takesAny ? 'open' : 'unknown'),
    close(kind, token, end) {
      states.set(keyOf(kind, token), 'closed');
      ends.push({ kind, token, end });
      onEnd(kind, token, end);
    },
    beat: (kind, token) => void beats.push({ kind, token }),
    ends,
    beats,
    waiting: () => [...states.values()].filter((state) => state === 'open').length,
  };
}

/** As AWS's JSON protocols tell errors, and its REST ones. */
export function refusal(status: number, code: string, message: string): Answer {
  return { status, headers: { 'x-amzn-errortype': code }, body: JSON.stringify({ __type: code, message }) };
}
