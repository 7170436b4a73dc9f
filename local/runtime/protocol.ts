/**
 * What the runtime and an execution environment say to each other, over a worker's port or a child process's channel.
 * Payloads travel as JSON text, as in AWS.
 */

export interface Start {
  readonly kind: 'start';
  /** The module's file without its ending, and the name of the exported handler. */
  readonly module: string;
  readonly handler: string;
  /** How far the environment's clock is to be ahead of the machine's. */
  readonly clockOffsetMs: number;
}

export interface Invoke {
  readonly kind: 'invoke';
  readonly requestId: string;
  readonly payload: string;
  readonly deadlineMs: number;
  readonly functionName: string;
  readonly functionArn: string;
  readonly memoryMb: number;
}

export type ToEnvironment = Start | Invoke;

export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

export type FromEnvironment =
  | { readonly kind: 'returned'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'threw'; readonly requestId: string; readonly error: FunctionError };
