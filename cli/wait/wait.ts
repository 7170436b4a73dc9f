import type { Context } from '../context.ts';
import type { Target } from '../input/targets.ts';
import { checkJobs } from './check.ts';
import { endOf } from './end.ts';
import { makeTickCheck } from './tick-check.ts';
import type { WaitView } from './view.ts';
import { awaySince, unseen, type WaitOptions, type Watched } from './watched.ts';

const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 15_000;
const SLOWER = 1.4;
const REDRAW_MS = 1000;

/**
 * Checks the jobs again and again until all have ended, or one with `any`, and answers the exit code. Throws only for
 * what more waiting would not solve.
 */
export async function waitFor(
  context: Context,
  targets: readonly Target[],
  options: WaitOptions,
  view: WaitView,
): Promise<number> {
  const beganMs = context.ticker();
  const endMs = beganMs + (options.timeoutMs ?? Infinity);
  const tickTrouble = makeTickCheck(context, options.patienceMs);
  let watched: readonly Watched[] = targets.map(unseen);
  let reason: string | null = null;
  let pauseMs = FIRST_PAUSE_MS;
  try {
    for (;;) {
      const round = await checkJobs(context, watched, { endMs, patienceMs: options.patienceMs });
      const hasChanged = fingerprint(round.watched) !== fingerprint(watched);
      watched = round.watched;
      reason = round.away ?? reason;
      const facts = { beganMs, awaySinceMs: awaySince(watched), reason };
      view.show(watched, facts);
      const end = await endOf({ context, options, watched, facts, tickTrouble });
      if (end !== null) {
        if (end.message !== null) view.tell(end.message);
        view.end(watched, end.exitCode);
        return end.exitCode;
      }
      pauseMs = hasChanged ? FIRST_PAUSE_MS : Math.min(pauseMs * SLOWER, LONGEST_PAUSE_MS);
      await pause(context, Math.min(context.ticker() + pauseMs, endMs), () => view.show(watched, facts));
    }
  } finally {
    view.close();
  }
}

/** What a round may change. */
function fingerprint(watched: readonly Watched[]): string {
  return watched.map(({ job, denial }) => `${job?.phase} ${job?.vendorStatus} ${denial !== null}`).join();
}

async function pause(context: Context, untilMs: number, redraw: () => void): Promise<void> {
  for (;;) {
    const leftMs = untilMs - context.ticker();
    if (leftMs <= 0) return;
    await context.sleep(Math.min(leftMs, REDRAW_MS));
    redraw();
  }
}
