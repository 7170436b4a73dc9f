import { readChangeWrite } from '../../base/conditional-write.ts';
import { toIso } from '../../base/time.ts';
import type { Event } from '../../events/event.ts';
import { groupEvent } from '../../events/group-event.ts';
import type { Decision, Group, GroupHead, GroupOutcome, GroupRef } from '../../job/group/group.ts';
import { endedCount, memberChange, outcomeOf, summarize, turnOf } from '../../job/group/summary.ts';
import type { Job, Transition } from '../../job/job.ts';
import type { WatchPorts } from '../ports.ts';

/** Whoever loses the race for a head begins again from what is stored; each time somebody else has won. */
const DECIDE_TRIES = 10;

type GroupPorts = Pick<WatchPorts, 'groups' | 'clock' | 'log'>;

/** A job with ends that its group has to know. */
interface Claim {
  readonly job: Job;
  readonly ends: readonly Transition[];
}

/** What a job has to publish for its group; `published` is called after that. */
interface OfGroup {
  readonly events: readonly Event[];
  readonly published: () => Promise<void>;
}

const NOTHING: OfGroup = { events: [], published: async () => undefined };

/** What the ends of a group's members make of it. Each step is safe to repeat; ADR 19 says what a crash leaves. */
export function makeGroupSteps(ports: GroupPorts, stage: string) {
  const { groups } = ports;
  const look = makeLook(ports);

  /**
   * Brings the job's unpublished ends and openings into its group. Answers the events that are this job's to publish:
   * those that its ends brought about, now or at an earlier try. Three requests at most, unless others meet it there,
   * and one more for the end of the group.
   */
  async function groupEvents(job: Job): Promise<OfGroup> {
    const turns = job.history.filter((entry) => entry.seq > job.notifiedSeq && turnOf(entry) !== null);
    const last = turns.at(-1);
    if (job.group === null || last === undefined) return NOTHING;
    await groups.setMember(memberChange(job.group.id, job, last));
    // A decision that rests on the end before the opening fails after this.
    if (turnOf(last) === 'opened') await groups.touch(job.group.id);
    const ends = turns.filter((entry) => turnOf(entry) === 'ended');
    if (ends.length === 0) return NOTHING;
    const claim = { job, ends };
    return ofGroup(job.group.id, await look(job.group, claim), claim);
  }

  /**
   * The job had ended, and that was published, before a message put it into the group: no transition is there to be
   * repeated. What is decided stays in the index of open groups until it is published, so that `reconcile` finds it.
   */
  async function addEnded(job: Job, group: GroupRef, publish: WatchPorts['publish']): Promise<void> {
    const end = job.history.findLast((entry) => turnOf(entry) === 'ended');
    if (end === undefined) return;
    const claim = { job, ends: [end] };
    await groups.setMember(memberChange(group.id, job, end));
    const { events, published } = ofGroup(group.id, await look(group, claim), claim);
    await publish(events);
    await published();
  }

  /**
   * A decision outlives whoever made it, also where another worker, which saw the group before, has noted the same
   * transition as published: the group leaves the index of open groups only when its end is published.
   */
  function ofGroup(id: string, head: GroupHead | null, claim: Claim): OfGroup {
    const isEnd = head !== null && isBy(head.end, claim);
    const published = async () => void (isEnd && (await groups.told(id)));
    return { events: broughtBy(head, claim), published };
  }

  function broughtBy(head: GroupHead | null, claim: Claim): readonly Event[] {
    if (head === null) return [];
    const { failing, end } = head;
    const isEnd = isBy(end, claim);
    return [
      // Whoever found the first bad end may have died with it unpublished: never after the group's end.
      ...(failing !== null && (isEnd || isBy(failing, claim)) ? [groupEvent(stage, head, 'failing', failing)] : []),
      ...(end !== null && isEnd ? [groupEvent(stage, head, 'completed', end)] : []),
    ];
  }

  return { groupEvents, addEnded };
}

export type GroupSteps = ReturnType<typeof makeGroupSteps>;

function isBy(decision: Decision | null, { job, ends }: Claim): boolean {
  const by = decision?.by ?? null;
  return by !== null && by.job === job.id && ends.some(({ seq }) => seq === by.seq);
}

type Look = (group: GroupRef, claim: Claim) => Promise<GroupHead | null>;

/**
 * Reads a group and decides. One look at a group is under way at a time; those who come meanwhile share the next one,
 * which sees what they have written: 500 ends in one tick are not 500 readings of 500 members.
 */
function makeLook(ports: GroupPorts): Look {
  const underWay = new Map<string, Promise<unknown>>();
  const next = new Map<string, { readonly claims: Claim[]; readonly done: Promise<GroupHead | null> }>();

  async function begin(id: string, claims: readonly Claim[]): Promise<GroupHead | null> {
    await underWay.get(id);
    next.delete(id);
    const looking = lookNow(ports, id, claims);
    const over = looking.then(
      () => undefined,
      () => undefined,
    );
    underWay.set(id, over);
    try {
      return await looking;
    } finally {
      if (underWay.get(id) === over) underWay.delete(id);
    }
  }

  return ({ id }, claim) => {
    const waiting = next.get(id);
    if (waiting !== undefined) {
      waiting.claims.push(claim);
      return waiting.done;
    }
    const claims = [claim];
    const done = begin(id, claims);
    next.set(id, { claims, done });
    return done;
  };
}

/** The head as it stands then; null: there is no such group, or nobody can understand it. */
async function lookNow(
  { groups, clock, log }: GroupPorts,
  id: string,
  claims: readonly Claim[],
): Promise<GroupHead | null> {
  const head = await readChangeWrite(
    DECIDE_TRIES,
    () => groups.read(id),
    async (group) => {
      if (group === null) return null;
      const decided = decide(group, claims, toIso(clock()));
      if (decided === null) return group.head;
      if ((await groups.decide(group.head, decided)) === 'conflict') return 'conflict';
      for (const [kind, { by, summary }] of Object.entries(decided))
        log.info('group.decided', { group: id, kind, by, outcome: summary.outcome, phases: summary.phases });
      return { ...group.head, ...decided };
    },
  );
  if (head === 'conflict') throw new Error(`The group of ${claims[0]?.job.id} keeps changing.`);
  return head;
}

/** What these ends decide, if anything: once each. After its end nothing is decided of a group. */
function decide(group: Group, claims: readonly Claim[], at: string): { failing?: Decision; end?: Decision } | null {
  const { head } = group;
  if (head.end !== null) return null;
  const ends = claims
    .flatMap(({ job, ends: own }) => own.map((entry) => ({ job, entry })))
    .sort((a, b) => (a.entry.at < b.entry.at ? -1 : 1));
  const decision = ({ job, entry }: (typeof ends)[number], outcome: GroupOutcome | null): Decision => ({
    by: { job: job.id, seq: entry.seq },
    at,
    summary: summarize(group, job.labels, outcome),
  });
  // Another member's bad end may stand there undecided: its worker died in between. It is told by whoever sees it first.
  const isBad = group.members.some(({ endedAt, phase }) => endedAt !== null && phase !== 'succeeded');
  const first = ends.find(({ entry }) => entry.phase !== 'succeeded') ?? (isBad ? ends[0] : undefined);
  const last = endedCount(group) === head.size ? ends.at(-1) : undefined;
  if ((head.failing !== null || first === undefined) && last === undefined) return null;
  return {
    ...(head.failing === null && first !== undefined ? { failing: decision(first, null) } : {}),
    ...(last === undefined ? {} : { end: decision(last, outcomeOf(group)) }),
  };
}
