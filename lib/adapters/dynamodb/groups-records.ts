import * as v from 'valibot';
import {
  type BadEnd,
  type Decision,
  GROUP_OUTCOMES,
  type GroupHead,
  type GroupSummary,
} from '../../job/group/group.ts';
import { PHASES, type Phase } from '../../job/phase.ts';
import { fromItem, type Item, type Table } from './items.ts';
import { type Reading, readableOf } from './read-many.ts';

/** The sort key of a group's head; a member's is its job's id. */
export const HEAD = '#';

const text = v.string();
const textOrNull = v.nullable(text);
const error = v.nullable(v.object({ code: textOrNull, message: textOrNull }));
const phase = v.picklist(PHASES);

const badEnd: v.GenericSchema<unknown, BadEnd> = v.object({
  id: text,
  api: text,
  jobId: text,
  phase,
  error,
  endedAt: text,
});

const phases = v.record(text, v.number()) as v.GenericSchema<unknown, Partial<Record<Phase, number>>>;

const summary: v.GenericSchema<unknown, GroupSummary> = v.object({
  outcome: v.nullable(v.picklist(GROUP_OUTCOMES)),
  phases,
  badEnds: v.array(badEnd),
  submittedAt: textOrNull,
  endedAt: textOrNull,
  labels: v.record(text, text),
  apis: v.array(text),
  accounts: v.array(text),
});

const decision: v.GenericSchema<unknown, Decision> = v.object({
  by: v.nullable(v.object({ job: text, seq: v.number() })),
  at: text,
  summary,
});

/** DynamoDB's sets are not ordered. */
const ids = v.pipe(
  v.set(text),
  v.transform((members) => [...members].sort()),
);

const head = v.object({
  id: text,
  size: v.number(),
  createdAt: text,
  version: v.number(),
  members: ids,
  dueAt: text,
  failing: v.nullish(decision, null),
  end: v.nullish(decision, null),
  expiresAt: v.nullish(v.number(), null),
});

/** Throws an ItemError on one that can't be understood. */
export function headRecord(item: Item): GroupHead {
  return fromItem(head, item);
}

/** Those that can be understood. */
export function headsOf(
  items: readonly Item[],
  reading: Pick<Table, 'table'> & Pick<Reading, 'unreadable'>,
): readonly GroupHead[] {
  return readableOf(head, items, reading);
}

export const memberRecord = v.object({
  id: text,
  member: text,
  since: text,
  api: text,
  account: text,
  jobId: text,
  phase,
  seq: v.number(),
  submittedAt: text,
  deadlineAt: text,
  endedAt: textOrNull,
  error,
  labels: v.array(text),
});
