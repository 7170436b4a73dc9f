import { errorName, errorText } from '../base/error.ts';
import type { Log } from '../base/log.ts';

/** What helps later rounds may fail, and is told in the log: nothing that is known of a job depends on it. */
export async function bestEffort(log: Log, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.error('watch.fault', { what, error: errorName(error) });
  }
}

/** Null: it failed, and that is in the log. */
export type Guarded = <Result>(what: string, work: () => Promise<Result>) => Promise<Result | null>;

/** A fault of SQS or DynamoDB leaves its message alone: the lease runs out and it comes back. */
export function makeGuarded(log: Log, onFault: () => void): Guarded {
  return async (what, work) => {
    try {
      return await work();
    } catch (error) {
      onFault();
      log.error('watch.fault', { what, error: errorText(error) });
      return null;
    }
  };
}
