/**
 * Time travel for tests of what takes minutes: leases that run out, jobs that are overdue. It moves `Date`, for
 * everything in this process (the SQS engine among it); timers and the monotonic clock go on as they were.
 */

const RealDate = Date;
let offsetMs = 0;

/** How far this process's clock is ahead of the machine's. */
export function clockOffsetMs(): number {
  return offsetMs;
}

/**
 * Puts the clock ahead of where it is. Who holds `Date.now` itself since before the first move keeps the machine's
 * time.
 */
export function moveClock(ms: number): void {
  if (ms === 0) return;
  offsetMs += ms;
  globalThis.Date = MovedDate;
}

const now = (): number => RealDate.now() + offsetMs;

const MovedDate: DateConstructor = new Proxy(RealDate, {
  construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});
