import type { Context } from '../context.ts';
import { EXIT, worst } from '../exit.ts';
import { formatDuration } from '../text/duration.ts';
import { denialText } from './denial.ts';
import { exitOf, type WaitFacts, type WaitOptions, type Watched } from './watched.ts';

/** At the end of `--timeout`: no answer for so long is no hiccup. */
const AWAY_LONG_MS = 30_000;

export interface State {
  readonly context: Context;
  readonly options: WaitOptions;
  readonly watched: readonly Watched[];
  readonly facts: WaitFacts;
  readonly tickTrouble: () => Promise<string | null>;
}

interface End {
  readonly exitCode: number;
  readonly message: string | null;
}

/** Whether the waiting is over, and what it ends with; null: it goes on. */
export async function endOf(state: State): Promise<End | null> {
  const { options, watched, facts, tickTrouble } = state;
  const codes = watched.map(exitOf).filter((code) => code !== null);
  if (codes.length === watched.length || (options.any && codes.some((code) => code !== EXIT.denied)))
    return { exitCode: worst(codes), message: denialIn(watched) };
  const isOver = state.context.ticker() - facts.beganMs >= (options.timeoutMs ?? Infinity);
  const silence = silenceOf(state, isOver);
  if (silence !== null) return { exitCode: worst([...codes, EXIT.unreachable]), message: silence };
  const standstill = facts.awaySinceMs === null ? await tickTrouble() : null;
  if (standstill !== null) return { exitCode: worst([...codes, EXIT.unreachable]), message: standstill };
  if (!isOver) return null;
  const over = `The time-out of ${formatDuration(options.timeoutMs ?? 0)} is over.`;
  return { exitCode: worst([...codes, EXIT.timedOut]), message: `${over} ${stateOf(watched)}` };
}

/** What ended the waiting for jobs whose account is denied; null: none is. */
function denialIn(watched: readonly Watched[]): string | null {
  const denied = watched.filter((one) => exitOf(one) === EXIT.denied);
  return denialText(denied.flatMap(({ job }) => (job === null ? [] : [job])));
}

/** What becomes of the jobs that have not ended: one that jobwatch does not know is not watched. */
function stateOf(watched: readonly Watched[]): string {
  const open = watched.filter((one) => exitOf(one) === null);
  const unknown = open.filter(({ job, missingSinceMs }) => job === null && missingSinceMs !== null);
  const goesOn = 'jobwatch keeps watching; wait again, or end the watch with "jobwatch stop".';
  if (unknown.length === 0) return goesOn;
  const which =
    unknown.length === 1 && open.length === 1 ? 'this job' : unknown.map(({ target }) => target.name).join(', ');
  const advice = `jobwatch does not know ${which}: check --api, --region, --project and --account, or submit it.`;
  return unknown.length === open.length ? advice : `${advice} The others: ${goesOn}`;
}

/**
 * What to say if some open job has gone without an answer for as long as the patience lasts; at the end of the
 * time-out, for long or from the start. null otherwise.
 */
function silenceOf({ context, options, watched, facts }: State, isOver: boolean): string | null {
  const nowMs = context.ticker();
  const open = watched.filter((one) => exitOf(one) === null);
  const away = open.flatMap(({ awaySinceMs }) => (awaySinceMs === null ? [] : [nowMs - awaySinceMs]));
  if (away.length === 0) return null;
  const awayForMs = Math.max(...away);
  const neverAnswered =
    facts.awaySinceMs !== null && watched.every(({ job, missingSinceMs }) => job === null && missingSinceMs === null);
  const isLong = awayForMs >= options.patienceMs || (isOver && (neverAnswered || awayForMs >= AWAY_LONG_MS));
  if (!isLong) return null;
  const forHow = neverAnswered && awayForMs < 1000 ? '' : ` for ${formatDuration(awayForMs)}`;
  return (
    `jobwatch at ${context.client.url} has not answered${forHow}: ${facts.reason?.replace(/\.$/, '')}. ` +
    'The jobs go on; wait again, or run "jobwatch doctor".'
  );
}
