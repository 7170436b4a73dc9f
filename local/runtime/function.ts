import type { Isolation } from './environment.ts';
import { type Instance, type InvokeResult, startInstance } from './instance.ts';
import type { FunctionSpec } from './spec.ts';

export interface LocalFunction {
  readonly spec: FunctionSpec;
  /**
   * Never rejects. Waits for a free environment; is refused as TooManyRequestsException beyond the reserved
   * concurrency.
   */
  invoke(payload: unknown): Promise<InvokeResult>;
  /** The processes of its present environments; none for threads. */
  pids(): readonly number[];
  /** Kills every environment, whatever it is doing; the next invocation starts cold. */
  kill(): Promise<void>;
  /** `kill`, and refuses what waits and what comes. */
  close(): Promise<void>;
}

export interface FunctionOptions {
  readonly spec: FunctionSpec;
  readonly isolation: Isolation;
  /** Execution environments at the same time: memory sets the limit on one machine. */
  readonly environmentsMax: number;
  readonly onLog: (line: string) => void;
}

const CLOSED: InvokeResult = { ok: false, error: { errorType: 'Closed', errorMessage: 'the local system was closed' } };

export function makeFunction({ spec, isolation, environmentsMax, onLog }: FunctionOptions): LocalFunction {
  const idle: Instance[] = [];
  const all = new Set<Instance>();
  const waiting: (() => void)[] = [];
  let busy = 0;
  let isClosed = false;

  const takeInstance = (): Instance => {
    const warm = idle.pop();
    if (warm && !warm.isGone()) return warm;
    for (const instance of all) if (instance.isGone()) all.delete(instance);
    const cold = startInstance({ spec, isolation, onLog });
    all.add(cold);
    return cold;
  };
  const killAll = async (): Promise<void> => {
    idle.length = 0;
    const instances = [...all];
    all.clear();
    await Promise.all(instances.map((instance) => instance.kill()));
  };

  return {
    spec,
    async invoke(payload) {
      if (spec.reservedConcurrency !== null && busy >= spec.reservedConcurrency) {
        return { ok: false, error: { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' } };
      }
      if (busy >= environmentsMax) await new Promise<void>((resolve) => waiting.push(resolve));
      else busy += 1;
      try {
        if (isClosed) return CLOSED;
        const instance = takeInstance();
        const result = await instance.invoke(payload);
        if (all.has(instance) && !instance.isGone()) idle.push(instance);
        return result;
      } finally {
        // Whoever waits takes over the place, so that nobody slips in between.
        const next = waiting.shift();
        if (next) next();
        else busy -= 1;
      }
    },
    pids: () => [...all].filter((instance) => !instance.isGone()).flatMap((instance) => instance.pid ?? []),
    kill: killAll,
    async close() {
      isClosed = true;
      await killAll();
    },
  };
}
