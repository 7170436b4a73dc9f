import { pendingBatch, type SqsBatch } from '../../lib/adapters/sqs/pending-batch.ts';
import { measureWatch } from '../../lib/metrics/watch.ts';
import type { PendingMessage } from '../../lib/watch/ports.ts';
import { runShift } from '../../lib/watch/shift.ts';
import type { Leadership } from '../../lib/watch/wake/leader.ts';
import { makeWake } from '../../lib/watch/wake/wake.ts';
import type { LambdaContext, Runtime, WatchClients } from '../common/clients.ts';
import { composeWatch } from '../common/watch.ts';
import type { CommonWatchEnvironment } from '../common/watch-environment.ts';

/** A leader receives for so long: within a third of the function's time-out of 60 s, which a batch's lease lasts. */
const WOKEN_SECONDS = 20;

/** The messages that Lambda may not delete: all of them, whatever became of them. */
export interface KeepAll {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** The `wake` function: a batch of the pending queue, which is worked on as a tick works on what it receives. */
export function wakeFunction(
  environment: CommonWatchEnvironment,
  clients: Omit<WatchClients, 'invokeSelf'>,
  runtime: Runtime,
) {
  const { clock, mono, sleep } = runtime;
  const parts = composeWatch('wake', WOKEN_SECONDS, environment, clients, runtime);
  const { watch, pending, durations, heartbeats, latenessOf, tryToLead, settings, metrics, log } = parts;

  return metrics.around(async (event: SqsBatch, context: LambdaContext): Promise<KeepAll> => {
    const remainingMs = () => context.getRemainingTimeInMillis();
    async function work(batch: readonly PendingMessage[], leadership: Leadership): Promise<void> {
      const shift = { ...settings, workers: 1, batch, leadership, mayGo: () => true };
      const measured = measureWatch(watch, metrics, latenessOf);
      const report = await runShift(measured, { ...parts, mono, clock, sleep }, shift, remainingMs);
      log.info('watch.woken', { ...report });
    }
    const wake = makeWake({ pending, tryToLead, work, clock, mono, sleep, log }, settings);
    await wake(pendingBatch(event, clock, mono), remainingMs);
    await Promise.all([durations.flush(), heartbeats.settled()]);
    return { batchItemFailures: event.Records.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
}
