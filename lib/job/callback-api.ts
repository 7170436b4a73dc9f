import type { CallbackKind } from './callbacks.ts';

/**
 * What a workflow's service made of a call. `closed`: the callback was closed, has run out or never was, and no further
 * call can change that. `isUnclear`: the call may have taken effect all the same.
 */
export type CallbackReply =
  | { readonly kind: 'done' }
  | { readonly kind: 'closed'; readonly status: number | null; readonly code: string }
  | {
      readonly kind: 'failed';
      readonly status: number | null;
      readonly code: string;
      readonly isUnclear: boolean;
      readonly isTimeout: boolean;
    };

/** Why a workflow's task fails. */
export interface CallbackFailure {
  /** `jobwatch.<phase>` */
  readonly error: string;
  /** What the event says, as JSON. */
  readonly cause: string;
}

/** The services that workflows run on. Never rejects for what a service or the network did. */
export interface CallbackApi {
  /** `output` is JSON, at most 256 kB. */
  succeed(kind: CallbackKind, token: string, output: string): Promise<CallbackReply>;
  fail(kind: CallbackKind, token: string, failure: CallbackFailure): Promise<CallbackReply>;
  /** Says that somebody still works on it. */
  beat(kind: CallbackKind, token: string): Promise<CallbackReply>;
}
