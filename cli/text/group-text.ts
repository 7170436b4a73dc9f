import { errorText, isOpen } from '../../client/job.ts';
import type { Group, GroupMember } from '../../client/responses.ts';
import type { Context } from '../context.ts';
import { formatDuration } from './duration.ts';
import { elapsed, expectedEnd } from './job-text.ts';
import { phasePaint } from './paint.ts';
import { tableLines } from './table.ts';
import { safe } from './terminal.ts';

/** What views say about a group. */

/** `release/42  2 of 3 ended: 2 succeeded, 1 running`. */
export function groupLine({ clock }: Pick<Context, 'clock'>, group: Group): string {
  const { id, size, joined, outcome, members, expectedEndAt } = group;
  const ended = members.filter(({ endedAt }) => endedAt !== null).length;
  const phases = Object.entries(group.phases).map(([phase, count]) => `${count} ${phase}`);
  const absent = size - joined;
  const counts = [...phases, ...(absent > 0 ? [`${absent} not submitted yet`] : [])].join(', ');
  const aheadMs = Date.parse(expectedEndAt ?? '') - clock();
  const expected = outcome !== null || Number.isNaN(aheadMs) ? '' : `, expected to end ${inTime(aheadMs)}`;
  return safe(`${id}  ${outcome ?? `${ended} of ${size} ended`}: ${counts}${expected}`);
}

function inTime(ms: number): string {
  return ms <= 0 ? 'any moment' : `in ${formatDuration(ms)}`;
}

/** A member's error or jobwatch's reason to wait, in one line; null: there is neither. */
export function whyOf(member: GroupMember): string | null {
  return errorText(member.error) ?? (isOpen(member) ? (member.waiting?.reason ?? null) : null);
}

/** The members, a line each. */
export function memberTable({ out, clock }: Pick<Context, 'out' | 'clock'>, { members }: Group): readonly string[] {
  return tableLines(
    [
      { title: 'job', cell: ({ jobId }: GroupMember) => jobId, min: 14 },
      { title: 'api', cell: ({ api }) => api, drop: 2 },
      { title: 'phase', cell: ({ phase }) => phase, paint: (text, { phase }) => phasePaint(out.paint, phase)(text) },
      { title: 'vendor', cell: ({ vendorStatus }) => vendorStatus ?? '-', min: 8, drop: 3 },
      { title: 'elapsed', cell: (member) => elapsed(member, clock) },
      { title: 'expected end', cell: (member) => expectedEnd(member, clock) ?? '', drop: 1 },
      { title: 'why', cell: (member) => whyOf(member) ?? '', min: 10, drop: 4 },
    ],
    members,
    { width: out.width(), paint: out.paint },
  );
}
