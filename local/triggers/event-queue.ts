import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalFunction } from '../runtime/function.ts';
import { type References, resolve } from '../template/intrinsics.ts';
import { resourcesOf, type Template } from '../template/template.ts';

/** Lambda's own queue of a function: events that nobody waits for. */
export interface EventQueue {
  /** The function's short name. */
  readonly functionName: string;
  add(event: unknown): void;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
  /** Drops what waits. */
  close(): void;
}

export interface EventQueueOptions {
  readonly fn: Pick<LocalFunction, 'spec' | 'invoke'>;
  /** An event that could not begin for so long is dropped. */
  readonly maxAgeMs: number;
  readonly onError: (error: unknown) => void;
  readonly clock: () => number;
  /** Ends early when the signal is aborted; must not reject. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Lambda's own waits begin at a second and double:
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
const BACKOFF_FIRST_MS = 1000;

/**
 * A throttled event is tried again until it is too old, one whose function failed is not: retries are 0 for all who
 * have such a queue.
 */
export function makeEventQueue({ fn, maxAgeMs, onError, clock, sleep: wait }: EventQueueOptions): EventQueue {
  const stop = new AbortController();
  const underWay = new Set<Promise<void>>();

  const work = async (event: unknown): Promise<void> => {
    const untilMs = clock() + maxAgeMs;
    for (let waitMs = BACKOFF_FIRST_MS; !stop.signal.aborted; waitMs *= 2) {
      const result = await fn.invoke(event);
      if (result.ok) return;
      const isOver = result.error.errorType !== 'TooManyRequestsException' || clock() + waitMs > untilMs;
      if (isOver) return onError(result.error);
      await wait(waitMs, stop.signal);
    }
  };

  return {
    functionName: fn.spec.name,
    add(event) {
      const one = work(event).finally(() => underWay.delete(one));
      underWay.add(one);
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    close: () => stop.abort(),
  };
}

const MAX_AGE_DEFAULT_SECONDS = 21_600;

/** A queue for each function whose failed events are not tried again: no other is served here. By full name. */
export function eventQueuesOf(
  template: Template,
  references: References,
  functions: readonly LocalFunction[],
  onError: (functionName: string, error: unknown) => void,
): Map<string, EventQueue> {
  const queues = new Map<string, EventQueue>();
  for (const [, { properties }] of resourcesOf(template, 'AWS::Lambda::EventInvokeConfig')) {
    const fn = functions.find(({ spec }) => spec.functionName === resolve(properties['FunctionName'], references));
    if (!fn || properties['MaximumRetryAttempts'] !== 0) continue;
    const maxAgeMs = Number(properties['MaximumEventAgeInSeconds'] ?? MAX_AGE_DEFAULT_SECONDS) * 1000;
    const told = (error: unknown) => onError(fn.spec.name, error);
    const queue = makeEventQueue({ fn, maxAgeMs, onError: told, clock: Date.now, sleep: abortableSleep });
    queues.set(fn.spec.functionName, queue);
  }
  return queues;
}

async function abortableSleep(ms: number, signal: AbortSignal): Promise<void> {
  // Closing ends the wait, which is no error of the wait.
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
