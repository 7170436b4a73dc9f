import type { Command } from 'commander';
import { toIso } from '../../lib/time.ts';
import type { Context } from '../context.ts';
import { timeOfDay } from '../duration.ts';
import { EXIT } from '../exit.ts';
import { addCommand, duration, type Host } from '../kit.ts';
import type { CommonOptions } from '../settings.ts';
import type { Job } from '../shapes.ts';
import { tableLines } from '../table.ts';
import { findJobs, jobColumns } from './ls.ts';

interface WatchOptions extends CommonOptions {
  readonly interval?: number;
  readonly once?: boolean;
}

const INTERVAL_MS = 5000;
const LIMIT = 500;
/** A watch lasts 7 days; one that was opened again may be older and is seen when it is named. */
const DAYS_MS = 8 * 86_400_000;
const OPEN = ['pending', 'running', 'rolling_back'];

export function addWatch(program: Command, host: Host): void {
  addCommand<WatchOptions>(
    program,
    host,
    {
      name: 'watch',
      summary: 'a live view of all open jobs; Ctrl-C ends it',
      examples: ['jobwatch watch', 'jobwatch watch --once --json'],
      talksTo: ['api'],
    },
    (command) => {
      command
        .option('--interval <duration>', 'between two looks (default: 5s)', duration)
        .option('--once', 'look once and end');
    },
    async (context, _, { interval = INTERVAL_MS, once = false }) => {
      for (;;) {
        const open = await openJobs(context);
        show(context, open, once);
        if (once) return EXIT.ok;
        await context.sleep(interval);
      }
    },
  );
}

/** Oldest first: what takes long stays at the top. */
async function openJobs(context: Context): Promise<readonly Job[]> {
  const since = toIso(context.clock() - DAYS_MS);
  const lists = await Promise.all(OPEN.map((phase) => findJobs(context, new URLSearchParams({ phase, since }), LIMIT)));
  return lists.flat().toSorted((a, b) => (a.submittedAt < b.submittedAt ? -1 : 1));
}

function show(context: Context, open: readonly Job[], once: boolean): void {
  const { out, json, clock } = context;
  const at = toIso(clock());
  if (json) {
    if (once) out.json({ at, jobs: open });
    else out.jsonLine({ at, jobs: open });
    return;
  }
  const count = `${open.length} ${open.length === 1 ? 'job is' : 'jobs are'} open`;
  const head = `${out.paint.bold('jobwatch')}  ${timeOfDay(at)} UTC  ${count}`;
  const table =
    open.length === 0 ? [] : tableLines(jobColumns(context), open, { width: out.width(), paint: out.paint });
  if (out.isTerminal && !once) out.live([head, '', ...table]);
  else for (const line of [head, ...table]) out.line(line);
}
