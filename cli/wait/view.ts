import { timeOfDay } from '../../client/job.ts';
import { toIso } from '../../lib/base/time.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { formatDuration } from '../text/duration.ts';
import { elapsed, expectedEnd, nextPoll, pollsOf, troubleOf } from '../text/job-text.ts';
import { phasePaint } from '../text/paint.ts';
import { tableLines } from '../text/table.ts';
import { cut, safe } from '../text/terminal.ts';
import { exitOf, type WaitFacts, type Watched } from './watched.ts';

export interface WaitView {
  /** After each round, and once a second between rounds. */
  show(watched: readonly Watched[], facts: WaitFacts): void;
  /** What ended the waiting, if it was not the jobs. */
  tell(text: string): void;
  end(watched: readonly Watched[], exitCode: number): void;
  /** Leaves the output in order, however the waiting ended. */
  close(): void;
}

/** The view that fits where the command runs. */
export function waitView(context: Context): WaitView {
  if (context.json) return jsonView(context);
  return context.out.isTerminal ? terminalView(context) : plainView(context);
}

/** One line a job, drawn again and again. */
function terminalView(context: Context): WaitView {
  const { out, clock } = context;
  return {
    show(watched, facts) {
      const table = tableLines(
        [
          { title: 'job', cell: ({ target }: Watched) => target.name, min: 14 },
          { title: 'phase', cell: phaseOf, paint: (text, one) => phasePaint(out.paint, phaseOf(one))(text) },
          { title: 'vendor', cell: ({ job }) => job?.vendorStatus ?? '-', min: 8, drop: 2 },
          { title: 'elapsed', cell: ({ job }) => (job === null ? '-' : elapsed(job, clock)) },
          { title: 'polls', cell: ({ job }) => String(job?.polls ?? 0), drop: 3 },
          { title: 'next poll', cell: ({ job }) => (job === null ? '' : nextPoll(job, clock)), drop: 1 },
          { title: 'expected end', cell: ({ job }) => (job === null ? '' : (expectedEnd(job, clock) ?? '')), drop: 3 },
          { title: 'why', cell: ({ job }) => (job === null ? '' : (troubleOf(job) ?? '')), min: 10, drop: 4 },
        ],
        watched,
        { width: out.width(), paint: out.paint },
      );
      out.live([...table, ...awayLine(context, facts)]);
    },
    tell: (text) => {
      out.endLive();
      out.note(`jobwatch: ${safe(text)}`);
    },
    end: () => out.endLive(),
    close: () => out.endLive(),
  };
}

function awayLine({ out, ticker }: Context, { awaySinceMs, reason }: WaitFacts): readonly string[] {
  if (awaySinceMs === null) return [];
  const text = `jobwatch has not answered for ${formatDuration(ticker() - awaySinceMs)}${because(reason)}; still trying`;
  return [out.paint.yellow(cut(text, out.width()))];
}

function because(reason: string | null): string {
  return reason === null ? '' : ` (${safe(reason.replace(/\.$/, ''))})`;
}

const QUIET_MS = 60_000;

/** A line for each change, and one a minute where nothing changes: some CI systems end a job that says nothing. */
function plainView(context: Context): WaitView {
  const { out, clock, ticker } = context;
  const group = makeGroup(context);
  const changes = makeChanges();
  let isAway = false;
  let lastMs = ticker();
  const say = (text: string) => {
    out.line(`${timeOfDay(toIso(clock()))}  ${text}`);
    lastMs = ticker();
  };
  const sayAway = (now: boolean, reason: string | null) => {
    if (now !== isAway)
      say(now ? `jobwatch does not answer${because(reason)}; still trying` : 'jobwatch answers again');
    isAway = now;
  };
  return {
    show(watched, { awaySinceMs, reason }) {
      group.open(watched.length);
      for (const one of watched.filter(changes)) say(sentence(one, context));
      sayAway(awaySinceMs !== null, reason);
      if (ticker() - lastMs < QUIET_MS) return;
      for (const one of watched.filter((each) => exitOf(each) === null)) say(sentence(one, context));
    },
    tell(text) {
      group.close();
      out.note(`jobwatch: ${safe(text)}`);
    },
    end(watched) {
      group.close();
      group.mark(watched);
      out.line(summary(watched));
    },
    close: group.close,
  };
}

/** Tells of a job whether its state is another than at the call before. */
function makeChanges(): (one: Watched) => boolean {
  const said = new Map<string, string>();
  return (one) => {
    const state = `${phaseOf(one)} ${one.job?.vendorStatus} ${one.job?.waiting?.reason}`;
    const isNew = said.get(one.target.id) !== state;
    said.set(one.target.id, state);
    return isNew;
  };
}

/**
 * In GitHub Actions the lines fold into a group, and what did not succeed is marked as an error. Elsewhere nothing.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
function makeGroup(context: Context) {
  const isGitHub = context.env['GITHUB_ACTIONS'] === 'true';
  let isOpen = false;
  return {
    open(count: number) {
      if (isGitHub && !isOpen)
        context.out.line(`::group::jobwatch: waiting for ${count} ${count === 1 ? 'job' : 'jobs'}`);
      isOpen = true;
    },
    close() {
      if (isGitHub && isOpen) context.out.line('::endgroup::');
      isOpen = false;
    },
    mark(watched: readonly Watched[]) {
      for (const one of watched.filter((each) => isGitHub && exitOf(each) !== EXIT.ok))
        context.out.line(`::error title=jobwatch::${sentence(one, context).replaceAll('%', '%25')}`);
    },
  };
}

function sentence(one: Watched, { clock }: Context): string {
  const { job, target } = one;
  if (job === null) return said(`${target.name}  ${phaseOf(one)}`);
  const status = job.vendorStatus === null ? '' : ` (${job.vendorStatus})`;
  const trouble = troubleOf(job);
  const end = expectedEnd(job, clock);
  const rest = `${elapsed(job, clock)}, ${pollsOf(job, clock)}${end === null ? '' : `, expected to end ${end}`}`;
  return said(`${target.name}  ${job.phase}${status}  ${rest}${trouble === null ? '' : `: ${trouble}`}`);
}

/** A line of a log that begins with `::` is a command to GitHub's runner. */
function said(text: string): string {
  return safe(text).replace(/^\s*::/, ': :');
}

function summary(watched: readonly Watched[]): string {
  const counts = new Map<string, number>();
  for (const one of watched) counts.set(phaseOf(one), (counts.get(phaseOf(one)) ?? 0) + 1);
  return [...counts].map(([phase, count]) => `${count} ${phase}`).join(', ');
}

/** A line for each change and a last one with all jobs. */
function jsonView({ out, clock }: Context): WaitView {
  const changes = makeChanges();
  let reason: string | null = null;
  return {
    show(watched) {
      for (const { job } of watched.filter(changes)) {
        if (job === null) continue;
        const { id, jobId, phase, vendorStatus, polls, expectedEndAt = null, waiting } = job;
        out.jsonLine({ at: toIso(clock()), id, jobId, phase, vendorStatus, polls, expectedEndAt, waiting });
      }
    },
    tell(text) {
      reason = text;
      out.note(`jobwatch: ${safe(text)}`);
    },
    end(watched, exitCode) {
      const jobs = watched.map((one) => ({ id: one.target.id, phase: phaseOf(one), job: one.job }));
      out.jsonLine({ done: true, exitCode, reason, jobs });
    },
    close: () => undefined,
  };
}

function phaseOf({ job, isUnknown, denial }: Watched): string {
  if (denial?.doesCount === true) return 'denied';
  if (job !== null) return job.phase;
  return isUnknown ? 'unknown' : 'not known yet';
}
