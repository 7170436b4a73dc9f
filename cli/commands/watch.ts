import type { Command } from 'commander';
import { OPEN_JOBS_DAYS, OPEN_PHASES, timeOfDay } from '../../client/job.ts';
import type { Job } from '../../client/responses.ts';
import { toIso } from '../../lib/base/time.ts';
import { type Found, findJobs } from '../api/find-jobs.ts';
import { addCommand, durationFrom, type Host } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT } from '../exit.ts';
import type { CommonOptions } from '../settings.ts';
import { formatDuration } from '../text/duration.ts';
import { tableLines } from '../text/table.ts';
import { jobColumns } from './ls.ts';

interface WatchOptions extends CommonOptions {
  readonly interval?: number;
  readonly once?: boolean;
}

const INTERVAL_MS = 5000;
const INTERVAL_MIN_MS = 1000;
const LIMIT = 500;
/** A page covers up to 1,000 jobs. Open jobs beyond these pages are left out, and the view says so. */
const PAGES_MAX = 5;
const DAY_MS = 86_400_000;

export function addWatch(program: Command, host: Host): void {
  addCommand<WatchOptions>(
    program,
    host,
    {
      name: 'watch',
      summary: 'a live view of all open jobs; Ctrl-C ends it',
      examples: ['jobwatch watch', 'jobwatch watch --once --json'],
      talksTo: ['api'],
      isStream: true,
    },
    (command) => {
      command
        .option('--interval <duration>', 'time between two updates (default: 5s)', durationFrom(INTERVAL_MIN_MS))
        .option('--once', 'print the open jobs once and end');
    },
    async (context, _, { interval = INTERVAL_MS, once = false }) => {
      if (once) {
        show(context, await openJobs(context), { isOnce: true, awaySinceMs: null });
        return EXIT.ok;
      }
      let last = await openJobs(context);
      let awaySinceMs: number | null = null;
      for (;;) {
        show(context, last, { isOnce: false, awaySinceMs });
        await context.sleep(interval);
        const found = await openJobsOrNull(context);
        awaySinceMs = found === null ? (awaySinceMs ?? context.ticker()) : null;
        last = found ?? last;
      }
    },
  );
}

/** Oldest first: what takes long stays at the top. */
export async function openJobs(context: Context): Promise<Found> {
  const since = toIso(context.clock() - OPEN_JOBS_DAYS * DAY_MS);
  const limits = { limit: LIMIT, pagesMax: PAGES_MAX };
  const filters = new URLSearchParams({ phase: OPEN_PHASES.join(','), since });
  const { jobs, isCut } = await findJobs(context, filters, limits);
  return { jobs: jobs.toSorted((a, b) => (a.submittedAt < b.submittedAt ? -1 : 1)), isCut };
}

/** null: no answer came, which passes. */
async function openJobsOrNull(context: Context): Promise<Found | null> {
  try {
    return await openJobs(context);
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.unreachable) return null;
    throw error;
  }
}

interface Shown {
  readonly isOnce: boolean;
  /** null: the list is of now. */
  readonly awaySinceMs: number | null;
}

function show(context: Context, found: Found, shown: Shown): void {
  const { out, json, clock } = context;
  const { jobs: open, isCut } = found;
  const at = toIso(clock());
  if (json) {
    const value = { at, jobs: open, isCut, isAway: shown.awaySinceMs !== null };
    if (shown.isOnce) out.json(value);
    else out.jsonLine(value);
    return;
  }
  const lines = [headOf(context, at, found, shown), ...tableOf(context, open)];
  if (out.isTerminal && !shown.isOnce) out.live(lines.toSpliced(1, 0, ''));
  else for (const line of lines) out.line(line);
}

function headOf({ out, ticker }: Context, at: string, { jobs, isCut }: Found, { awaySinceMs }: Shown): string {
  const count = isCut
    ? `${jobs.length} jobs or more are open`
    : `${jobs.length} ${jobs.length === 1 ? 'job is' : 'jobs are'} open`;
  const away = awaySinceMs === null ? '' : `; no answer for ${formatDuration(ticker() - awaySinceMs)}`;
  return `${out.paint.bold('jobwatch')}  ${timeOfDay(at)} UTC  ${count}${out.paint.yellow(away)}`;
}

function tableOf(context: Context, open: readonly Job[]): readonly string[] {
  const { out } = context;
  return open.length === 0 ? [] : tableLines(jobColumns(context, open), open, { width: out.width(), paint: out.paint });
}
