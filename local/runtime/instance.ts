import { randomUUID } from 'node:crypto';
import { clockOffsetMs } from '../clock.ts';
import { type Host, type HostOptions, startHost } from './environment.ts';
import type { FromEnvironment, FunctionError } from './protocol.ts';
import type { FunctionSpec } from './spec.ts';

export type InvokeResult =
  | { readonly ok: true; readonly payload: unknown }
  | { readonly ok: false; readonly error: FunctionError };

/**
 * One execution environment: takes one invocation at a time, keeps its memory between them, dies with a crash, a
 * time-out or `kill`.
 */
export interface Instance {
  readonly pid: number | null;
  readonly isGone: () => boolean;
  invoke(payload: unknown): Promise<InvokeResult>;
  kill(): Promise<void>;
}

export interface InstanceOptions extends Pick<HostOptions, 'isolation' | 'onLog'> {
  readonly spec: FunctionSpec;
}

export function startInstance({ spec, isolation, onLog }: InstanceOptions): Instance {
  let isGone = false;
  let settle: ((result: InvokeResult) => void) | null = null;
  const finish = (result: InvokeResult): void => {
    settle?.(result);
    settle = null;
  };
  const host: Host = startHost({
    isolation,
    env: spec.env,
    memoryMb: spec.memoryMb,
    onLog,
    onMessage: (message) => finish(resultOf(message)),
    onGone(reason) {
      isGone = true;
      finish({ ok: false, error: { errorType: 'Runtime.ExitError', errorMessage: reason } });
    },
  });
  const kill = (): Promise<void> => {
    isGone = true;
    return host.kill();
  };
  host.send({ kind: 'start', module: spec.module, handler: spec.handler, clockOffsetMs: clockOffsetMs() });
  return {
    pid: host.pid,
    isGone: () => isGone,
    async invoke(payload) {
      const requestId = randomUUID();
      const result = new Promise<InvokeResult>((resolve) => {
        settle = resolve;
      });
      const { functionName, functionArn, memoryMb } = spec;
      const deadlineMs = Date.now() + spec.timeoutMs;
      host.send({
        kind: 'invoke',
        requestId,
        payload: JSON.stringify(payload ?? null),
        deadlineMs,
        functionName,
        functionArn,
        memoryMb,
      });
      const timer = setTimeout(() => {
        const errorMessage = `${requestId} Task timed out after ${(spec.timeoutMs / 1000).toFixed(2)} seconds`;
        finish({ ok: false, error: { errorType: 'Sandbox.Timedout', errorMessage } });
        void kill();
      }, spec.timeoutMs);
      try {
        return await result;
      } finally {
        clearTimeout(timer);
      }
    },
    kill,
  };
}

function resultOf(message: FromEnvironment): InvokeResult {
  return message.kind === 'returned'
    ? { ok: true, payload: JSON.parse(message.payload) }
    : { ok: false, error: message.error };
}
