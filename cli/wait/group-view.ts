import { isOpen, timeOfDay } from '../../client/job.ts';
import type { Group, GroupMember } from '../../client/responses.ts';
import { toIso } from '../../lib/base/time.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { groupLine, memberTable, whyOf } from '../text/group-text.ts';
import { elapsed } from '../text/job-text.ts';
import { cut, safe } from '../text/terminal.ts';

export interface GroupView {
  /** After each check. `away`: why the last answer did not come; null: it came. */
  show(group: Group | null, away: string | null): void;
  /** `message`: what ended the waiting, if it was not the group. */
  end(group: Group | null, exitCode: number, message: string | null): void;
  close(): void;
}

/** The view that fits where the command runs. */
export function groupView(context: Context, id: string): GroupView {
  if (context.json) return jsonView(context, id);
  return context.out.isTerminal ? terminalView(context, id) : plainView(context, id);
}

function terminalView(context: Context, id: string): GroupView {
  const { out } = context;
  return {
    show(group, away) {
      const lines =
        group === null ? [`${safe(id)}  not known yet`] : [groupLine(context, group), ...memberTable(context, group)];
      const trouble =
        away === null ? [] : [out.paint.yellow(cut(`jobwatch does not answer (${safe(away)})`, out.width()))];
      out.live([...lines, ...trouble]);
    },
    end(_group, _exitCode, message) {
      out.endLive();
      if (message !== null) out.note(`jobwatch: ${safe(message)}`);
    },
    close: () => out.endLive(),
  };
}

const QUIET_MS = 60_000;

/** A line for each change of a member, and one a minute where nothing changes. */
function plainView(context: Context, id: string): GroupView {
  const { out, clock, ticker, env } = context;
  const changes = makeChanges();
  let isAway = false;
  let lastMs = -Infinity;
  const say = (text: string) => {
    out.line(`${timeOfDay(toIso(clock()))}  ${text}`);
    lastMs = ticker();
  };
  const sayAway = (away: string | null) => {
    if ((away !== null) !== isAway)
      say(away === null ? 'jobwatch answers again' : `jobwatch does not answer: ${safe(away)}`);
    isAway = away !== null;
  };
  return {
    show(group, away) {
      for (const member of group?.members.filter(changes) ?? []) say(sentence(member, context));
      sayAway(away);
      if (ticker() - lastMs >= QUIET_MS) say(group === null ? `${safe(id)}  not known yet` : groupLine(context, group));
    },
    end(group, exitCode, message) {
      if (message !== null) out.note(`jobwatch: ${safe(message)}`);
      if (group !== null) out.line(groupLine(context, group));
      if (env['GITHUB_ACTIONS'] !== 'true' || exitCode === EXIT.ok) return;
      const bad = group?.members.filter(isBad) ?? [];
      for (const member of bad) out.line(`::error title=jobwatch::${sentence(member, context).replaceAll('%', '%25')}`);
    },
    close: () => undefined,
  };
}

function isBad(member: GroupMember): boolean {
  return isOpen(member) ? member.waiting?.denied === true : member.phase !== 'succeeded';
}

/** A line for each change and a last one with the whole group. */
function jsonView({ out, clock }: Context, id: string): GroupView {
  const changes = makeChanges();
  return {
    show(group) {
      for (const member of group?.members.filter(changes) ?? []) {
        const { id: job, jobId, phase, vendorStatus, expectedEndAt, waiting = null } = member;
        out.jsonLine({ at: toIso(clock()), group: id, id: job, jobId, phase, vendorStatus, expectedEndAt, waiting });
      }
    },
    end(group, exitCode, reason) {
      if (reason !== null) out.note(`jobwatch: ${safe(reason)}`);
      out.jsonLine({ done: true, exitCode, reason, group });
    },
    close: () => undefined,
  };
}

/** Tells of a member whether its state is another than at the call before. */
function makeChanges(): (member: GroupMember) => boolean {
  const said = new Map<string, string>();
  return (member) => {
    const { id, phase, vendorStatus } = member;
    const state = `${phase} ${vendorStatus} ${whyOf(member)}`;
    const isNew = said.get(id) !== state;
    said.set(id, state);
    return isNew;
  };
}

function sentence(member: GroupMember, { clock }: Context): string {
  const { jobId, phase, vendorStatus } = member;
  const status = vendorStatus === null ? '' : ` (${vendorStatus})`;
  const trouble = whyOf(member);
  const text = `${jobId}  ${phase}${status}  ${elapsed(member, clock)}${trouble === null ? '' : `: ${trouble}`}`;
  // A line of a log that begins with `::` is a command to GitHub's runner.
  return safe(text).replace(/^\s*::/, ': :');
}
