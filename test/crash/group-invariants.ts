import type { Event } from '../../lib/events/event.ts';
import type { GroupEventData } from '../../lib/events/group-event.ts';
import type { GroupHead } from '../../lib/job/group/group.ts';
import type { Job, Transition } from '../../lib/job/job.ts';
import { isTerminal } from '../../lib/job/phase.ts';
import { LONG_SECONDS } from './chaos.ts';
import type { Scene } from './scene.ts';

/** What is wrong with the groups at the end of a schedule; empty: nothing. */
export function groupViolations(played: Scene): string[] {
  const ids = new Set(played.chaos.jobs.flatMap(({ group }) => group?.id ?? []));
  return [...played.early, ...[...ids].flatMap((id) => violationsOf(played, id).map((text) => `group ${id}: ${text}`))];
}

function violationsOf(played: Scene, id: string): string[] {
  const jobs = played.jobs.all().filter((job) => job.group?.id === id);
  const head = played.groups.heads().find((one) => one.id === id);
  const told = eventsOf(played, id);
  if (head === undefined) {
    const isKnown = jobs.length > 0 || told.length > 0;
    return isKnown ? ['has no head'] : [];
  }
  // A job whose message nobody ever received leaves its place empty until the deadline, which may be a day away.
  const isWaiting = jobs.length < head.size && head.end === null && Date.parse(head.dueAt) > played.clock();
  const found: (string | false)[] = [
    head.members.length > head.size && `has ${head.members.length} members`,
    played.groups.open().includes(id) && !isWaiting && 'is open',
    ...(isWaiting ? [] : endViolations(played, head, jobs, told)),
    ...failingViolations(head, jobs, told),
    ...told.map((event) => !arrived(played, event) && `${event.type} did not arrive`),
    ...told.map((event) => (played.told.get(event.id)?.variants.size ?? 0) > 1 && `${event.type} was told in two ways`),
    told.some(({ id: event }) => played.world.posts.some((post) => post.host === 'ends' && post.id === event)) &&
      'was told to a subscription of the ends of jobs',
  ];
  return found.filter((text) => text !== false);
}

type GroupEvent = Event & { readonly data: GroupEventData };

/** In the order in which they were first told. */
function eventsOf({ told }: Scene, id: string): GroupEvent[] {
  const all = [...told.values()].map(({ event }) => event);
  return all.filter(({ type, subject }) => type.startsWith('jobwatch.group.') && subject === id) as GroupEvent[];
}

function endViolations(
  { chaos }: Scene,
  { id, size, end }: GroupHead,
  jobs: readonly Job[],
  told: readonly GroupEvent[],
): (string | false)[] {
  const completed = told.filter(({ type }) => type === 'jobwatch.group.completed');
  const data = completed[0]?.data;
  if (data === undefined) return ['has no end that was told'];
  const { outcome, phases } = data;
  const count = Object.values(phases).reduce((sum, one) => sum + one, 0);
  const bad = count - (phases.succeeded ?? 0);
  const isWhole = jobs.length === size && chaos.jobs.every((plan) => plan.group?.id !== id || isLong(plan));
  return [
    completed.length > 1 && `has ${completed.length} ends`,
    end?.summary.outcome !== outcome && 'was told another end than was decided',
    outcome === null && 'has ended without an outcome',
    outcome !== 'incomplete' && count !== size && `has ended as ${outcome} with ${count} of ${size}`,
    outcome === 'incomplete' && isWhole && 'is incomplete though all its members ended in time',
    outcome === 'succeeded' && bad > 0 && 'has succeeded, and a member has not',
    outcome === 'failed' && bad === 0 && 'has failed, and no member has',
    data.badEnds.length !== bad && `names ${data.badEnds.length} of ${bad} bad ends`,
  ];
}

/** Once at most, before the end, and always if a member ended badly before the end was decided. */
function failingViolations({ end }: GroupHead, jobs: readonly Job[], told: readonly GroupEvent[]): (string | false)[] {
  const types = told.map(({ type }) => type);
  const failing = types.filter((type) => type === 'jobwatch.group.failing').length;
  const isBad = ({ kind, phase, at }: Transition) =>
    kind === 'changed' &&
    isTerminal(phase) &&
    phase !== 'succeeded' &&
    end !== null &&
    Date.parse(at) < Date.parse(end.at) - 1_800_000;
  return [
    failing > 1 && `is failing ${failing} times`,
    failing === 1 && types[0] !== 'jobwatch.group.failing' && 'was failing after its end',
    failing === 0 && end?.summary.outcome === 'failed' && 'has failed and was never failing',
    failing === 0 && jobs.some(({ history }) => history.some(isBad)) && 'was never failing, though a member was',
  ];
}

function isLong({ timeoutSeconds }: { readonly timeoutSeconds: number }): boolean {
  return timeoutSeconds === LONG_SECONDS;
}

function arrived({ world }: Scene, { id }: Event): boolean {
  return world.posts.some((post) => post.host === 'all' && post.id === id);
}
