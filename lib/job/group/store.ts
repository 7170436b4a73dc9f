import type { WriteResult } from '../../base/conditional-write.ts';
import type { Iso } from '../../base/time.ts';
import type { Position } from '../store.ts';
import type { Decision, Group, GroupHead, GroupRef, Member } from './group.ts';

/** What a job gets that wants a place in a group. `size`: other messages of the group say so many. */
export type JoinResult =
  | { readonly kind: 'joined' }
  | { readonly kind: 'otherSize'; readonly size: number }
  | { readonly kind: 'full' };

/** What a member's end or opening changes. */
export type MemberChange = Pick<
  Member,
  'group' | 'job' | 'phase' | 'seq' | 'submittedAt' | 'endedAt' | 'error' | 'labels'
>;

/** All reads are consistent but for those of an index. */
export interface GroupStore {
  /**
   * Gives the job a place, and makes the group if there is none or if its id is free again. A repeat changes nothing:
   * a member stays as it is.
   */
  join(group: GroupRef, member: Omit<Member, 'group' | 'since'>, now: Iso): Promise<JoinResult>;
  /** `conflict`: the member has this seq or a higher one, or there is no such member. */
  setMember(change: MemberChange): Promise<WriteResult>;
  /** Head and members; null: there is no such group. */
  read(id: string): Promise<Group | null>;
  /**
   * Writes what was decided, if the version still stands, and raises it. With an end the id is free again after 90
   * days; the group stays in the index of open groups until it is `told`, so that nobody has to live for that.
   */
  decide(head: GroupHead, decided: { failing?: Decision; end?: Decision }): Promise<WriteResult>;
  /** Raises the version of a group that has not ended. */
  touch(id: string): Promise<WriteResult>;
}

/** The index of open groups: it may lag behind a write by moments. */
export interface OpenGroups {
  /** Ids of at most `limit` that were due before the time, the longest due first. */
  dueBefore(before: Iso, limit: number): Promise<readonly string[]>;
  /** Looks at it again then, if the group has not changed since it was read. */
  postpone(head: GroupHead, dueAt: Iso): Promise<WriteResult>;
  /** Takes a group that has ended out of the index. */
  told(id: string): Promise<WriteResult>;
}

/** For lists: heads alone, newest first; a page may be short. `next` is null at the end. */
export interface GroupList {
  listHeads(
    limit: number,
    after: Position | null,
  ): Promise<{ readonly heads: readonly GroupHead[]; readonly next: Position | null }>;
}
