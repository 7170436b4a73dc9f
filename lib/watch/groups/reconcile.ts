import { nullIfUnreadable } from '../../base/item-error.ts';
import type { Log } from '../../base/log.ts';
import { type Clock, type Iso, toIso } from '../../base/time.ts';
import type { Event } from '../../events/event.ts';
import { groupEvent } from '../../events/group-event.ts';
import type { Decision, Group, GroupHead, Member } from '../../job/group/group.ts';
import type { GroupStore, OpenGroups } from '../../job/group/store.ts';
import { endedCount, groupDeadlineMs, memberChange, outcomeOf, summarize, turnOf } from '../../job/group/summary.ts';
import type { Job } from '../../job/job.ts';
import { isTerminal } from '../../job/phase.ts';
import type { JobStore } from '../../job/store.ts';
import { DEADLINE_GRACE_MS } from '../../job/transition.ts';

export interface ReconcileGroupsPorts {
  readonly groups: Pick<GroupStore, 'read' | 'decide' | 'setMember'> & OpenGroups;
  readonly jobs: Pick<JobStore, 'get'>;
  readonly publish: (events: readonly Event[]) => Promise<void>;
  readonly stage: string;
  readonly log: Log;
  readonly clock: Clock;
}

/** Groups that one pass looks at. */
const GROUPS_MAX = 200;
/** A watch ends ten minutes after its deadline at the latest; a lost message costs fifty more where polls are rare. */
const OPEN_GRACE_MS = DEADLINE_GRACE_MS + 50 * 60_000;

/**
 * Ends the groups of which fewer than `size` members have ended by their deadline: the latest of the members' deadlines,
 * and seven days at most. Publishes what was decided and not published. Answers how many groups have ended here; one
 * that fails keeps no other from its turn.
 */
export async function reconcileGroups(ports: ReconcileGroupsPorts, faults: unknown[]): Promise<number> {
  let ended = 0;
  for (const id of await ports.groups.dueBefore(toIso(ports.clock()), GROUPS_MAX)) {
    try {
      if (await reconcileGroup(ports, id)) ended += 1;
    } catch (fault) {
      faults.push(fault);
    }
  }
  return ended;
}

async function reconcileGroup(ports: ReconcileGroupsPorts, id: string): Promise<boolean> {
  const stored = await ports.groups.read(id);
  if (stored === null) return false;
  if (stored.head.end !== null) {
    await tell(ports, stored.head);
    return true;
  }
  const records = await recordsOf(ports, stored);
  const group = await withEnds(ports, stored, records);
  const nowMs = ports.clock();
  const dueMs = dueAtMs(group, records, nowMs);
  const isComplete = endedCount(group) === group.head.size;
  if (!isComplete && nowMs < dueMs) {
    await ports.groups.postpone(group.head, toIso(dueMs));
    return false;
  }
  const decided = endOf(group, records, isComplete, toIso(nowMs));
  // Somebody else has decided, or a member was opened again: the next pass sees it.
  if ((await ports.groups.decide(group.head, decided)) === 'conflict') return false;
  await tell(ports, { ...group.head, ...decided });
  return true;
}

/** Records of the members that have not ended in the group, and of one more for its labels. */
async function recordsOf({ jobs }: ReconcileGroupsPorts, { members }: Group): Promise<ReadonlyMap<string, Job>> {
  const open = members.filter(({ endedAt }) => endedAt === null);
  const wanted = new Set([...open, ...members.slice(0, 1)].map(({ job }) => job));
  const read = await Promise.all([...wanted].map((job) => jobs.get(job).catch(nullIfUnreadable)));
  return new Map(read.flatMap((job) => (job === null ? [] : [[job.id, job] as const])));
}

/**
 * A member whose job had ended before it came into the group, and whose message was lost: the record says how it ended.
 */
async function withEnds(
  { groups }: ReconcileGroupsPorts,
  group: Group,
  records: ReadonlyMap<string, Job>,
): Promise<Group> {
  const members = group.members.map(async (member): Promise<Member> => {
    const job = member.endedAt === null ? records.get(member.job) : undefined;
    const end = job?.history.findLast((entry) => turnOf(entry) === 'ended');
    if (job === undefined || end === undefined || !isTerminal(job.phase) || job.notifiedSeq < job.seq) return member;
    const change = memberChange(group.head.id, job, end);
    await groups.setMember(change);
    return { ...member, ...change };
  });
  return { ...group, members: await Promise.all(members) };
}

/** The deadline; once it is over, the time within which a member that is still open ends by itself. */
function dueAtMs({ head, members }: Group, records: ReadonlyMap<string, Job>, nowMs: number): number {
  const deadlines = members.flatMap(({ job, deadlineAt }) => [deadlineAt, records.get(job)?.deadlineAt ?? deadlineAt]);
  const isOpen = members.some(({ endedAt }) => endedAt === null);
  const deadlineMs = groupDeadlineMs(head.createdAt, deadlines);
  return isOpen && nowMs >= deadlineMs ? deadlineMs + OPEN_GRACE_MS : deadlineMs;
}

function endOf(
  group: Group,
  records: ReadonlyMap<string, Job>,
  isComplete: boolean,
  at: Iso,
): { failing?: Decision; end: Decision } {
  const labels = records.values().next().value?.labels ?? {};
  const by = null;
  const summary = isComplete ? summarize(group, labels, outcomeOf(group)) : summarize(group, labels, 'incomplete', at);
  const failing = { by, at, summary: summarize(group, labels, null) };
  const isFailing = group.head.failing === null && summary.badEnds.length > 0;
  return { ...(isFailing ? { failing } : {}), end: { by, at, summary } };
}

/** The head leaves the index when its end is published: a crash before that leaves it to the next pass. */
async function tell({ groups, publish, stage, log }: ReconcileGroupsPorts, head: GroupHead): Promise<void> {
  const { failing, end } = head;
  if (end === null) return;
  // Whoever found the first bad end may not have published it yet.
  const first = failing === null ? [] : [groupEvent(stage, head, 'failing', failing)];
  await publish([...first, groupEvent(stage, head, 'completed', end)]);
  await groups.told(head.id);
  log.warn('group.ended', { group: head.id, outcome: end.summary.outcome, phases: end.summary.phases });
}
