import { asciiBytes } from '../base/ascii-json.ts';
import type { Iso } from '../base/time.ts';
import type { BadEnd, Decision, GroupHead, GroupOutcome } from '../job/group/group.ts';
import { groupEventId } from '../job/identity.ts';
import type { Phase } from '../job/phase.ts';
import { EVENT_MAX_BYTES, type Event, FILTER_FACTS } from './event.ts';

/** `data` of `jobwatch.group.failing` and `jobwatch.group.completed`. */
export interface GroupEventData {
  readonly group: {
    readonly id: string;
    readonly size: number;
    /** Those that all members share. */
    readonly labels: Readonly<Record<string, string>>;
  };
  /** null: the group has not ended, but a member has ended badly. */
  readonly outcome: GroupOutcome | null;
  /** Counts of the members that have ended. */
  readonly phases: Readonly<Partial<Record<Phase, number>>>;
  /** The first 20. */
  readonly badEnds: readonly BadEnd[];
  /** The first submission; null if no message of the group was ever taken in whole. */
  readonly submittedAt: Iso | null;
  /** The last end; of an incomplete group when it was found to be so. */
  readonly endedAt: Iso | null;
}

/** The event of what was decided of a group: made from that and the head's identity alone, so that a repeat is equal. */
export function groupEvent(
  stage: string,
  { id, size, createdAt }: Pick<GroupHead, 'id' | 'size' | 'createdAt'>,
  kind: 'failing' | 'completed',
  { at, summary }: Decision,
): Event<GroupEventData> {
  const { labels, apis, accounts, outcome, phases, badEnds, submittedAt, endedAt } = summary;
  return withinLimit({
    specversion: '1.0',
    id: groupEventId(kind, id, createdAt),
    type: `jobwatch.group.${kind}`,
    time: at,
    source: `/jobwatch/${stage}`,
    subject: id,
    datacontenttype: 'application/json',
    data: { group: { id, size, labels }, outcome, phases, badEnds, submittedAt, endedAt },
    [FILTER_FACTS]: { apis, accounts },
  });
}

/** Labels of full size and twenty long errors pass the limit: the errors' texts give way, then the last bad ends. */
function withinLimit(event: Event<GroupEventData>): Event<GroupEventData> {
  let fitting = event;
  if (asciiBytes(fitting) > EVENT_MAX_BYTES) {
    const short = event.data.badEnds.map(({ error, ...one }) => ({
      ...one,
      error: error === null ? null : { code: error.code, message: null },
    }));
    fitting = { ...event, data: { ...event.data, badEnds: short } };
  }
  while (asciiBytes(fitting) > EVENT_MAX_BYTES && fitting.data.badEnds.length > 0) {
    const badEnds = fitting.data.badEnds.slice(0, -1);
    fitting = { ...fitting, data: { ...fitting.data, badEnds } };
  }
  return fitting;
}
