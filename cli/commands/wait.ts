import type { Command } from 'commander';
import { addCommand, duration, type Host, withJobName } from '../command.ts';
import type { Context } from '../context.ts';
import { usage } from '../exit.ts';
import { type IdentityOptions, type Target, targetsOf } from '../input/targets.ts';
import type { CommonOptions } from '../settings.ts';
import { waitForGroup } from '../wait/group.ts';
import { waitView } from '../wait/view.ts';
import { waitFor } from '../wait/wait.ts';

export interface WaitFlags {
  readonly timeout?: number;
  readonly any?: boolean;
  readonly patience?: number;
}

interface WaitOptions extends CommonOptions, IdentityOptions, WaitFlags {
  readonly group?: string;
}

const PATIENCE_MS = 5 * 60_000;

export function addWait(program: Command, host: Host): void {
  addCommand<WaitOptions>(
    program,
    host,
    {
      name: 'wait',
      args: '[job...]',
      summary: 'wait until jobs, or all jobs of a group, have ended',
      about:
        'Ends with 0 if all succeeded, 1 if one failed (or was rolled back, canceled or stopped), 2 if one timed out ' +
        "or --timeout was reached, 3 if one was lost, 4 if jobwatch can't be reached or is not ticking, 5 if its " +
        'account is denied. The largest wins. With --group: 0 if all jobs of the group succeeded, 2 if it is ' +
        'incomplete, else the worst end.',
      examples: [
        'jobwatch wait job_k6p5m4c6dnw7tukzj5ugr5j3zq --timeout 20m',
        'jobwatch wait --group shop/release-421 --timeout 30m',
      ],
      talksTo: ['api'],
    },
    (command) => withWaitFlags(withJobName(command)).option('--group <id>', 'wait for the group instead of jobs'),
    wait,
  );
}

async function wait(context: Context, args: readonly string[], options: WaitOptions): Promise<number> {
  const { group } = options;
  if ((group === undefined) === (args.length === 0)) throw usage('Give either jobs or --group ID.');
  if (group === undefined) return waitWith(context, await targetsOf(context, args, options), options);
  if (options.any === true) throw usage('--any is for jobs: a group ends when all of its jobs have.');
  const { timeout = null, patience = PATIENCE_MS } = options;
  return waitForGroup(context, group, { timeoutMs: timeout, patienceMs: patience });
}

export function withWaitFlags(command: Command): Command {
  return command
    .option('--timeout <duration>', 'wait no longer than this: 90s, 20m, 1h30m; 0 checks once', duration)
    .option('--any', 'end as soon as one job has ended')
    .option('--patience <duration>', 'give up when jobwatch has not answered for so long (default: 5m)', duration);
}

export async function waitWith(context: Context, targets: readonly Target[], flags: WaitFlags): Promise<number> {
  const options = {
    timeoutMs: flags.timeout ?? null,
    any: flags.any === true,
    patienceMs: flags.patience ?? PATIENCE_MS,
  };
  return waitFor(context, targets, options, waitView(context));
}

/** Throws a usage error for what only a waiting command takes: left out without a word, it would seem to count. */
export function refuseWaitFlags({ timeout, any, patience }: WaitFlags): void {
  const given = [
    ...(timeout === undefined ? [] : ['--timeout']),
    ...(any === true ? ['--any'] : []),
    ...(patience === undefined ? [] : ['--patience']),
  ];
  if (given.length === 0) return;
  const needs = `${given.join(' and ')} ${given.length === 1 ? 'needs' : 'need'} --wait`;
  throw usage(timeout === undefined ? `${needs}.` : `${needs} (to limit the watch: --watch-timeout).`);
}
