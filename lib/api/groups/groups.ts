import type * as v from 'valibot';
import { nullIfUnreadable } from '../../base/item-error.ts';
import type { Iso } from '../../base/time.ts';
import type { Group, GroupHead, Member } from '../../job/group/group.ts';
import { countPhases, summarize } from '../../job/group/summary.ts';
import type { Job } from '../../job/job.ts';
import { isTerminal } from '../../job/phase.ts';
import { encodeCursor, PAGE_DEFAULT, positionOf } from '../http/cursor.ts';
import { invalid, problem } from '../http/problem.ts';
import { type ApiResponse, json } from '../http/types.ts';
import type { ApiPorts } from '../ports.ts';
import type * as responses from '../responses.ts';
import type { pageQuery } from '../schemas.ts';

type GroupPorts = Pick<ApiPorts, 'groups' | 'jobs'>;
type HeadView = v.InferOutput<typeof responses.groupHead>;
type MemberView = v.InferOutput<typeof responses.groupMember>;

const LIST = 'groups';
const ID_MAX_CHARACTERS = 256;

/** Groups, newest first; what their members do is told of one alone. */
export async function getGroups({ groups }: GroupPorts, query: v.InferOutput<typeof pageQuery>): Promise<ApiResponse> {
  const after = query.cursor === undefined ? null : positionOf(LIST, query.cursor, isGroupId);
  if (after === null && query.cursor !== undefined)
    return invalid('The query is invalid', [{ field: 'cursor', problem: 'expected the nextCursor of a page' }]);
  const limit = Number(query.limit ?? PAGE_DEFAULT);
  const { heads, next } = await groups.listHeads(limit, after);
  const more = next === null ? {} : { nextCursor: encodeCursor(LIST, [next.createdAt, next.id]) };
  return json(200, { groups: heads.map(headView), ...more });
}

/** `id` as it stands in the path: gateways may have decoded it, or not. */
export async function getGroup({ groups, jobs }: GroupPorts, id: string): Promise<ApiResponse> {
  const group = await find(groups, id);
  if (group === null) return problem(404, 'There is no group with this id.');
  const read = await Promise.all(group.members.map(({ job }) => jobs.get(job).catch(nullIfUnreadable)));
  const members = group.members.map((member, place) => memberView(member, read[place] ?? null));
  return json(200, groupView(group, members, read.find((job) => job !== null) ?? null));
}

async function find(groups: GroupPorts['groups'], id: string): Promise<Group | null> {
  const ids = [...new Set([decoded(id), id])].filter(isGroupId);
  for (const one of ids) {
    const group = await groups.read(one);
    if (group !== null) return group;
  }
  return null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isGroupId(text: string): boolean {
  return text.length >= 1 && text.length <= ID_MAX_CHARACTERS;
}

function headView({ id, size, members, createdAt, dueAt, failing, end }: GroupHead): HeadView {
  return {
    id,
    size,
    joined: members.length,
    createdAt,
    outcome: end?.summary.outcome ?? null,
    failingAt: failing?.at ?? null,
    endedAt: end?.summary.endedAt ?? null,
    deadlineAt: end === null ? dueAt : null,
  };
}

function groupView(
  group: Group,
  members: readonly MemberView[],
  one: Job | null,
): v.InferOutput<typeof responses.group> {
  const { end } = group.head;
  const summary = end?.summary ?? summarize(group, one?.labels ?? {}, null);
  const expected = members.map(({ expectedEndAt }) => expectedEndAt).filter((at) => at !== null);
  return {
    ...headView(group.head),
    labels: { ...summary.labels },
    submittedAt: summary.submittedAt,
    expectedEndAt: end === null ? (expected.toSorted().at(-1) ?? null) : null,
    phases: end === null ? countPhases(members.map(({ phase }) => phase)) : { ...summary.phases },
    badEnds: summary.badEnds.map(({ error, ...bad }) => ({ ...bad, error: error === null ? null : { ...error } })),
    members: [...members].sort((a, b) => (order(a) < order(b) ? -1 : 1)),
  };
}

/** By submission. */
function order({ submittedAt, id }: { readonly submittedAt: Iso; readonly id: string }): string {
  return `${submittedAt} ${id}`;
}

/** A member whose record is not there yet, or no more, is shown as the group knows it. */
function memberView({ job: id, api, account, jobId, ...member }: Member, record: Job | null): MemberView {
  const job = record ?? {
    ...member,
    region: null,
    projectId: null,
    vendorStatus: null,
    detail: null,
    expectedEndAt: null,
    waiting: null,
  };
  const ended = record !== null && isTerminal(record.phase) ? (record.history.at(-1)?.error ?? null) : member.error;
  return {
    id,
    api,
    account,
    region: job.region,
    projectId: job.projectId,
    jobId,
    phase: job.phase,
    vendorStatus: job.vendorStatus,
    operation: job.detail?.operation ?? null,
    submittedAt: job.submittedAt,
    endedAt: job.endedAt,
    expectedEndAt: job.expectedEndAt ?? null,
    waiting: job.waiting,
    error: ended === null ? null : { code: ended.code, message: ended.message },
  };
}
