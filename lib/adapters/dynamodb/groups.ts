import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { GROUP_KEPT_SECONDS, MEMBER_KEPT_SECONDS } from '../../base/retention.ts';
import { type Clock, toIso, toMs } from '../../base/time.ts';
import type { Group, GroupHead, GroupRef, Member } from '../../job/group/group.ts';
import type { GroupList, GroupStore, JoinResult, OpenGroups } from '../../job/group/store.ts';
import { groupDeadlineMs } from '../../job/group/summary.ts';
import type { Position } from '../../job/store.ts';
import { HEAD, headRecord, headsOf, memberRecord } from './groups-records.ts';
import { getItem, type Item, pagesOf, put, type Table, toItem, update, updated } from './items.ts';
import { getMany, type Reading, readableOf } from './read-many.ts';

/**
 * The table `groups`: the item `#` of a group is its head, the item of a job's id a member. A head has `isOpen`, the key
 * of the sparse index of groups that have not ended, and `kind`, the key of the index for lists.
 */
export interface GroupsOptions extends Table, Reading {
  readonly clock: Clock;
}

const JOIN_TRIES = 10;
/** DynamoDB deletes what has expired within days: until then it counts as none. */
const ALIVE = '(attribute_not_exists(expiresAt) OR expiresAt > :now)';
/** There is a place, or the job has one. */
const ROOM = '(size(#members) < :size OR contains(#members, :job))';
const headKey = (id: string) => ({ id, member: HEAD });

export function makeGroupStore(options: GroupsOptions): GroupStore & OpenGroups & GroupList {
  const nowSeconds = () => Math.floor(options.clock() / 1000);
  const isAlive = ({ expiresAt }: GroupHead) => expiresAt === null || expiresAt > nowSeconds();

  return {
    async join(group, member, now) {
      const head = await place(options, group, { ...member, now, nowSeconds: nowSeconds() });
      if (!('createdAt' in head)) return head;
      const since = head.createdAt;
      const kept = { expiresAt: nowSeconds() + MEMBER_KEPT_SECONDS };
      const { job, ...own } = member;
      await put(
        options,
        { ...own, id: group.id, member: job, since, ...kept },
        { when: 'attribute_not_exists(id) OR #since <> :since', given: { since } },
      );
      return { kind: 'joined' };
    },

    setMember: ({ group, job, ...change }) =>
      update(
        options,
        { id: group, member: job },
        {
          set: { ...change, expiresAt: nowSeconds() + MEMBER_KEPT_SECONDS },
          when: 'attribute_exists(id) AND #seq < :seq',
        },
      ),

    async read(id) {
      const items: Item[] = [];
      for await (const page of pagesOf((from) => options.client.send(queryOf(options.table, id, from))))
        items.push(...(page.Items ?? []));
      const isHead = (item: Item) => item['member']?.S === HEAD;
      const head = headsOf(items.filter(isHead), options).find(isAlive);
      if (head === undefined) return null;
      const rows = readableOf(
        memberRecord,
        items.filter((item) => !isHead(item)),
        options,
      );
      return { head, members: rows.map(memberOf).filter(({ since }) => since === head.createdAt) } satisfies Group;
    },

    decide: ({ id, version }, { failing, end }) =>
      update(options, headKey(id), {
        set: {
          version: version + 1,
          ...(failing === undefined ? {} : { failing }),
          ...(end === undefined ? {} : { end, dueAt: end.at, expiresAt: secondsOf(end.at) + GROUP_KEPT_SECONDS }),
        },
        when: 'attribute_exists(id) AND #version = :was AND attribute_not_exists(#end)',
        given: { was: version },
      }),

    touch: (id) =>
      update(options, headKey(id), {
        add: { version: 1 },
        when: 'attribute_exists(id) AND attribute_not_exists(#end)',
      }),

    async dueBefore(before, limit) {
      const answer = await options.client.send(
        new QueryCommand({
          TableName: options.table,
          IndexName: 'open',
          KeyConditionExpression: 'isOpen = :open AND dueAt < :before',
          ExpressionAttributeValues: toItem({ ':open': OPEN, ':before': before }),
          Limit: limit,
        }),
      );
      return idsOf(answer.Items);
    },

    postpone: ({ id, version }, dueAt) =>
      update(options, headKey(id), {
        set: { dueAt },
        when: 'attribute_exists(id) AND #version = :was AND attribute_not_exists(#end)',
        given: { was: version },
      }),

    told: (id) =>
      update(options, headKey(id), { remove: ['isOpen'], when: 'attribute_exists(id) AND attribute_exists(#end)' }),

    async listHeads(limit, after) {
      const answer = await options.client.send(
        new QueryCommand({
          TableName: options.table,
          IndexName: 'list',
          KeyConditionExpression: 'kind = :group',
          ExpressionAttributeValues: toItem({ ':group': GROUP }),
          ScanIndexForward: false,
          Limit: limit,
          ...(after === null ? {} : { ExclusiveStartKey: startOf(after) }),
        }),
      );
      const ids = idsOf(answer.Items);
      const { items, unread } = await getMany(options, ids, [], { member: HEAD });
      for (const fault of unread.values()) throw fault;
      const found = ids.map((id) => items.get(id)).filter((item) => item !== undefined);
      const last = answer.LastEvaluatedKey === undefined ? null : unmarshall(answer.LastEvaluatedKey);
      return {
        heads: headsOf(found, options).filter(isAlive),
        next: last === null ? null : { createdAt: String(last['createdAt']), id: String(last['id']) },
      };
    },
  };
}

const OPEN = 'open';
const GROUP = 'group';

interface Wish extends Pick<Member, 'job' | 'deadlineAt'> {
  readonly now: string;
  readonly nowSeconds: number;
}

type Refused = Exclude<JoinResult, { kind: 'joined' }>;

/** The head with the job among its members; or why there is no place for it. */
async function place(table: GroupsOptions, group: GroupRef, wish: Wish): Promise<GroupHead | Refused> {
  const { job, nowSeconds: now } = wish;
  for (let tries = 0; tries < JOIN_TRIES; tries += 1) {
    const added = await updated(table, headKey(group.id), {
      add: { members: new Set([job]) },
      when: `attribute_exists(id) AND #size = :size AND ${ALIVE} AND ${ROOM}`,
      given: { size: group.size, job, now },
    });
    if (added !== 'conflict') return headRecord(added);
    const item = await getItem(table, headKey(group.id));
    const head = item === null ? null : headRecord(item);
    const isFree = head === null || (head.expiresAt !== null && head.expiresAt <= now);
    const settled = isFree ? await begin(table, group, wish) : refusal(head, group, job);
    if (settled !== null) return settled;
  }
  throw new Error('The group keeps changing while a job is put into it.');
}

/** Null: somebody else has begun it. */
async function begin(table: GroupsOptions, { id, size }: GroupRef, wish: Wish): Promise<GroupHead | null> {
  const { job, now, nowSeconds, deadlineAt } = wish;
  const fresh = { id, size, createdAt: now, version: 1, dueAt: toIso(groupDeadlineMs(now, [deadlineAt])) };
  const item = { ...fresh, members: new Set([job]), isOpen: OPEN, kind: GROUP, member: HEAD };
  const free = { when: 'attribute_not_exists(id) OR expiresAt <= :now', given: { now: nowSeconds } };
  if ((await put(table, item, free)) === 'conflict') return null;
  return { ...fresh, members: [job], failing: null, end: null, expiresAt: null };
}

/** Null: there is room by now. */
function refusal(head: GroupHead, { size }: GroupRef, job: string): Refused | null {
  if (head.size !== size) return { kind: 'otherSize', size: head.size };
  return head.members.includes(job) || head.members.length < size ? null : { kind: 'full' };
}

function queryOf(table: string, id: string, from: object): QueryCommand {
  return new QueryCommand({
    TableName: table,
    KeyConditionExpression: 'id = :id',
    ExpressionAttributeValues: toItem({ ':id': id }),
    ConsistentRead: true,
    ...from,
  });
}

function startOf({ createdAt, id }: Position): Item {
  return toItem({ createdAt, id, member: HEAD, kind: GROUP });
}

function memberOf({ id, member, ...own }: ReturnType<typeof readableOf<typeof memberRecord>>[number]): Member {
  return { ...own, group: id, job: member };
}

function idsOf(items: readonly Item[] | undefined): string[] {
  return (items ?? []).map((item) => String(unmarshall(item)['id']));
}

function secondsOf(iso: string): number {
  return Math.floor(toMs(iso) / 1000);
}
