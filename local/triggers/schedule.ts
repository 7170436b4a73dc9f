import type { Trigger } from './trigger.ts';

export interface ScheduleOptions {
  readonly functionName: string;
  readonly intervalMs: number;
  /** Must not reject. */
  readonly fire: () => Promise<unknown>;
}

export interface Schedule extends Trigger {
  /** Times that fell due while the one before was still at work, and were left out. */
  skipped(): number;
}

/** Fires at once and then at every interval, never while the last one is still at work. Starts paused. */
export function makeSchedule({ functionName, intervalMs, fire }: ScheduleOptions): Schedule {
  let timer: NodeJS.Timeout | null = null;
  let isRunning = false;
  let last: Promise<unknown> = Promise.resolve();
  let skippedCount = 0;

  const due = (): void => {
    if (isRunning) {
      skippedCount += 1;
      return;
    }
    isRunning = true;
    last = fire().finally(() => {
      isRunning = false;
    });
  };
  const stop = (): void => {
    if (timer) clearInterval(timer);
    timer = null;
  };

  return {
    functionName,
    async pause() {
      stop();
      await last;
    },
    resume() {
      if (timer) return;
      timer = setInterval(due, intervalMs);
      due();
    },
    close: stop,
    skipped: () => skippedCount,
  };
}
