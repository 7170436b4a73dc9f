import { depthOf } from '../../lib/adapters/sqs/pending.ts';
import { measureWatch } from '../../lib/metrics/watch.ts';
import type { ShiftReport, ShiftSettings } from '../../lib/watch/shift.ts';
import { leadTick, mayGoHome, noteOnly, runTick } from '../../lib/watch/tick.ts';
import type { Leadership } from '../../lib/watch/wake/leader.ts';
import { makeStart, roleOf } from '../../lib/watch/workers.ts';
import type { LambdaContext, Runtime, WatchClients } from '../common/clients.ts';
import { composeWatch } from '../common/watch.ts';
import type { WatchEnvironment } from './environment.ts';

/** When a pace is unused again that siblings have used to the last: their buckets hold one second's calls. */
const SIBLINGS_PACE_MS = 1000;

/** The `watch` function: a tick of the schedule, or a sibling of one. */
export function watchFunction(environment: WatchEnvironment, clients: WatchClients, runtime: Runtime) {
  const { clock, mono, sleep } = runtime;
  const parts = composeWatch('watch', environment.WATCH_SECONDS, environment, clients, runtime);
  const { watch, durations, heartbeats, latenessOf, tryToLead, settings, metrics, log } = parts;
  const workers = {
    maxWorkers: environment.MAX_WORKERS,
    watchSeconds: environment.WATCH_SECONDS,
    callsPerSecond: environment.SCOPE_CALLS_PER_SECOND,
    vendorTimeoutMs: environment.VENDOR_TIMEOUT_MS,
  };
  const start = makeStart(
    {
      visible: async () => (await depthOf(clients.sqs, environment.PENDING_QUEUE_URL)).visible,
      invoke: clients.invokeSelf,
      log,
      clock,
    },
    workers,
  );
  const ports = { ...parts, mono, clock, sleep };

  /** Null: there is nothing to do, or another worker does it. Undefined: it works as if it were alone. */
  async function lead(event: unknown): Promise<Leadership | null | undefined> {
    const isScheduled = roleOf(event, workers, clock()).kind === 'first';
    if (environment.WAKE === 'off' || !isScheduled) return undefined;
    return leadTick({ isEmpty: parts.pending.isEmpty, tryToLead, clock, sleep, log }, workers.maxWorkers);
  }

  async function tick(event: unknown, context: LambdaContext): Promise<ShiftReport | null> {
    const leadership = await lead(event);
    if (leadership === null) return noteOnly(ports);
    try {
      return await work(event, context, leadership);
    } finally {
      // However the work ends, the lease is not renewed any more: it would outlive the invocation.
      await leadership?.end();
    }
  }

  async function work(
    event: unknown,
    context: LambdaContext,
    leadership: Leadership | undefined,
  ): Promise<ShiftReport | null> {
    const started = await start(event, context.getRemainingTimeInMillis());
    if (started === null) return null;
    const { worker, of, untilMs, deadlineMs } = started.shift;
    if (of > 1) await leadership?.keepUntil(untilMs + SIBLINGS_PACE_MS);
    // The health of the watch is told by the scheduled tick alone.
    const noteTick = worker === 1 ? ports.noteTick : async () => undefined;
    const shift = { ...settings, watchSeconds: (untilMs - clock()) / 1000, workers: of, ...ledBy(leadership, of) };
    const measured = measureWatch(watch, metrics, latenessOf);
    const report = await runTick(measured, { ...ports, noteTick }, shift, () =>
      Math.min(context.getRemainingTimeInMillis(), deadlineMs - clock()),
    );
    await Promise.all([started.settled, durations.flush(), heartbeats.settled()]);
    log.info('watch.tick', { ...report, worker, of });
    return report;
  }

  /** A tick with siblings works for its whole time, as they do. */
  function ledBy(leadership: Leadership | undefined, of: number): Pick<ShiftSettings, 'leadership' | 'mayGo'> {
    if (leadership === undefined) return {};
    return of > 1 ? { leadership } : { leadership, mayGo: mayGoHome(leadership, clock) };
  }

  return metrics.around(tick);
}
