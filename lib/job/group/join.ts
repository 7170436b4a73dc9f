import { toIso } from '../../base/time.ts';
import type { Job } from '../job.ts';
import type { FieldProblem, WatchMessage } from '../watch-message.ts';
import type { GroupRef } from './group.ts';
import type { GroupStore } from './store.ts';
import { newMember } from './summary.ts';

/**
 * Gives the job of a message its place in the message's group, before its record is created: a record that names the
 * group proves the place. Answers what is wrong with the field, or null. Without a group no store is asked.
 */
export async function joinGroup(
  groups: Pick<GroupStore, 'join'>,
  message: WatchMessage,
  record: Job | null,
  when: { sentMs: number; nowMs: number },
): Promise<FieldProblem | null> {
  if (message.group === null) return null;
  if (record !== null && record.group !== null) return otherGroup(record.group, message.group);
  const joined = await groups.join(message.group, newMember(message, when), toIso(when.nowMs));
  if (joined.kind === 'joined') return null;
  if (joined.kind === 'otherSize') return otherSize(joined.size);
  return { field: 'group.size', problem: 'expected no more jobs than that: the group is full' };
}

/** Whether a job that is in one group, or in none, is wanted in another. */
export function groupProblem(record: Job, message: WatchMessage): FieldProblem | null {
  return record.group === null || message.group === null ? null : otherGroup(record.group, message.group);
}

function otherGroup(of: GroupRef, wanted: GroupRef): FieldProblem | null {
  if (of.id !== wanted.id) return { field: 'group.id', problem: 'expected the group that the job is already in' };
  return of.size === wanted.size ? null : otherSize(of.size);
}

function otherSize(size: number): FieldProblem {
  return { field: 'group.size', problem: `expected ${size}, as in the other messages of the group` };
}
