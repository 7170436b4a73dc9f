/** One invocation of `watch`, for those who decide whether a vendor may be called now. */
export interface Tick {
  /** What was learned before this time may have changed since: other workers and people write, too. */
  readonly beganMs: number;
  /** Workers that share this tick, and with it the pace of every scope and the calls of every key; at least 1. */
  readonly workers: number;
  /** Whether a vendor call may begin: later ones would leave no time to write down what they tell. */
  readonly mayBegin: () => boolean;
}
