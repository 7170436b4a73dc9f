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
  /** An environment that has had nothing to do for so long is ended, as Lambda ends it; default five minutes. */
  readonly idleMs?: number;
  readonly onLog: (line: string) => void;
}

const IDLE_DEFAULT_MS = 300_000;
const CLOSED: InvokeResult = { ok: false, error: { errorType: 'Closed', errorMessage: 'the local system was closed' } };

export function makeFunction(options: FunctionOptions): LocalFunction {
  const { spec, isolation, environmentsMax, idleMs = IDLE_DEFAULT_MS, onLog } = options;
  /** Each with the timer of its end. The last one is used first, so that the others come to theirs. */
  const idle = new Map<Instance, NodeJS.Timeout>();
  const all = new Set<Instance>();
  const waiting: (() => void)[] = [];
  let busy = 0;
  let isClosed = false;

  const wakeUp = (instance: Instance): void => {
    clearTimeout(idle.get(instance));
    idle.delete(instance);
  };
  const rest = (instance: Instance): void => {
    const end = (): void => {
      idle.delete(instance);
      all.delete(instance);
      void instance.kill();
    };
    idle.set(instance, setTimeout(end, idleMs).unref());
  };
  const takeInstance = (): Instance => {
    const warm = [...idle.keys()].at(-1);
    if (warm) wakeUp(warm);
    if (warm && !warm.isGone()) return warm;
    for (const instance of all) if (instance.isGone()) all.delete(instance);
    const cold = startInstance({ spec, isolation, onLog });
    all.add(cold);
    return cold;
  };
  const killAll = async (): Promise<void> => {
    for (const instance of idle.keys()) wakeUp(instance);
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
        if (all.has(instance) && !instance.isGone()) rest(instance);
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
