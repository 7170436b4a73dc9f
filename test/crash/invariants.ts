import { toMs } from '../../lib/base/time.ts';
import { CUT_OFF_ATTEMPTS_MAX } from '../../lib/deliver/retry.ts';
import { transitionEventId } from '../../lib/job/identity.ts';
import type { Job, Transition } from '../../lib/job/job.ts';
import { isOwnEnd, isTerminal } from '../../lib/job/phase.ts';
import { idOf } from '../fakes/world.ts';
import { type JobPlan, LONG_SECONDS } from './chaos.ts';
import type { Scene } from './scene.ts';

/** Clocks differ and answers travel: orders of times are judged with so much slack. */
const SLACK_MS = 20_000;

/** What is wrong at the end of a schedule; empty: nothing. */
export function violations(played: Scene): string[] {
  const { chaos, pending, deliveries, jobs, world, surprises } = played;
  const waiting = world.deliveries.all().filter(({ state }) => state !== 'delivered');
  const found: (string | false)[] = [
    ...surprises.map((text) => `unexpected: ${text}`),
    pending.size() > 0 && `${pending.size()} messages are still alive`,
    deliveries.size() > 0 && `${deliveries.size()} delivery messages are still alive`,
    world.dead.length > 0 && `buried: ${world.dead.map(({ reason }) => reason).join(', ')}`,
    world.cutOffs < world.redriven * CUT_OFF_ATTEMPTS_MAX &&
      `${world.redriven} were given up as cut off, and ${world.cutOffs} attempts were`,
    jobs.open().length > 0 && `open: ${jobs.open().join(', ')}`,
    waiting.length > 0 &&
      `${waiting.length} deliveries are ${waiting.map(({ state, reason }) => `${state} (${reason})`).join(', ')}`,
    ...rejectionViolations(played),
    ...callbackViolations(played),
    ...chaos.jobs.flatMap((plan) =>
      violationsOf(played, plan).map((text) => text && `${plan.name} (${idOf(plan.name)}): ${text}`),
    ),
  ];
  return found.filter((text) => text !== false);
}

/** Every workflow whose message arrived was told once, and the truth: of a success only where there was one. */
function callbackViolations({ services, sent, accepted, jobs, chaos }: Scene): (string | false)[] {
  const { ends } = services.workflows;
  const asked = [...sent.filter(({ isPurged }) => !isPurged), ...accepted];
  const tokens = new Set(asked.flatMap(({ body }) => /task-[\w-]+/.exec(body)?.[0] ?? []));
  const untold = [...tokens].filter((token) => ends.every((one) => one.token !== token));
  const outcomes = (name: string) =>
    jobs
      .all()
      .find(({ id }) => id === idOf(name))
      ?.history.map(({ phase }) => phase) ?? [];
  const untrue = ends.filter(({ token, end }) => {
    const name = chaos.jobs.find((plan) => token.includes(`-${plan.name}-`))?.name ?? '';
    const phase = end.kind === 'success' ? 'succeeded' : end.error.replace('jobwatch.', '');
    return !outcomes(name).some((one) => one === phase) || (end.kind === 'failure' && phase === 'succeeded');
  });
  return [
    untold.length > 0 && `nobody told ${untold.join(', ')}`,
    new Set(ends.map(({ token }) => token)).size < ends.length && 'a callback was closed twice',
    untrue.length > 0 && `told untruths: ${JSON.stringify(untrue)}`,
  ];
}

/** Bad messages are moved and told; no other ever is. */
function rejectionViolations({ sent, world, told }: Scene): (string | false)[] {
  const typos = sent.filter(({ job }) => job.startsWith('typo'));
  const isMoved = (job: string) => world.rejected.some(({ body }) => body.includes(`"${job}"`));
  const events = [...told.values()].filter(({ event }) => event.type === 'jobwatch.message.rejected').length;
  const unmoved = typos.filter(({ job, isPurged }) => !isPurged && !isMoved(job));
  return [
    unmoved.length > 0 && `${unmoved.length} bad messages have vanished`,
    events < typos.filter(({ isPurged }) => !isPurged).length && 'a bad message was not told',
    world.rejected.some(({ body }) => !body.includes('typo')) &&
      `rejected: ${world.rejected.map(({ reason }) => reason).join(', ')}`,
  ];
}

function violationsOf(played: Scene, plan: JobPlan): (string | false)[] {
  const job = played.jobs.all().find(({ id }) => id === idOf(plan.name));
  const messages = played.sent.filter((message) => message.job === plan.name);
  if (job === undefined) {
    // A message that was sent past the API and purged before its first receive is known to nobody.
    const isExcused =
      messages.every(({ isPurged }) => isPurged) && !played.accepted.some((one) => one.job === plan.name);
    return [!isExcused && 'has no record'];
  }
  const ends = job.history.filter(({ phase, kind }) => isTerminal(phase) && kind === 'changed');
  return [
    ...historyViolations(job),
    ...tellingViolations(played, job),
    ...ends.map((entry) => whyUntrue(played, plan, entry)),
    !isTerminal(job.phase) && `is ${job.phase}`,
    job.notifiedSeq !== job.seq && `owes ${job.seq - job.notifiedSeq}`,
    job.expiresAt === null && 'is kept for ever',
    !rightPhases(played, plan).includes(job.phase) && `is ${job.phase}, not ${rightPhases(played, plan).join(' or ')}`,
    ...deadlineViolations(played, plan, job),
    isOwnEnd(job.phase) &&
      messages.some(({ atMs, isPurged }) => !isPurged && atMs > toMs(job.endedAt ?? '') + SLACK_MS) &&
      'was sent again after its end and not watched again',
    isOwnEnd(job.phase) &&
      played.accepted.some((one) => one.job === plan.name && one.atMs > toMs(job.endedAt ?? '') + SLACK_MS) &&
      'was accepted again after its end and not watched again',
    played.polled.filter(({ jobId }) => jobId === plan.name).length > callsMax(played) && 'was polled too often',
  ];
}

/** Numbered 1 to n; between two ends the job was opened again, and only after an end of our own. */
function historyViolations(job: Job): (string | false)[] {
  const { history, droppedTransitions, seq } = job;
  const steps = history.map((entry, at) => ({ entry, before: history[at - 1]?.phase ?? 'pending' }));
  return [
    droppedTransitions > 0 && 'has dropped transitions',
    (history.length !== seq || history.some((entry, at) => entry.seq !== at + 1)) &&
      `is numbered ${history.map((entry) => entry.seq).join(' ')}`,
    steps.some(({ entry, before }) => entry.previousPhase !== before) && 'has a step from where it was not',
    // Each opening after an end of our own begins a watch.
    history.filter(({ kind }) => kind === 'overdue').length >
      1 + steps.filter(({ before }) => isTerminal(before)).length && 'was told to be overdue twice in a watch',
    steps.some(({ entry, before }) => isTerminal(before) && !(isOwnEnd(before) && entry.phase === 'pending')) &&
      'went on after its end',
  ];
}

/** Everything was told, under one id for ever, and has arrived at whoever wants it. */
function tellingViolations({ world, told, chaos }: Scene, job: Job): (string | false)[] {
  const ids = job.history.map(({ seq }) => transitionEventId(job.id, seq));
  const others = [...told.values()].filter(
    ({ event }) => event.type.startsWith('jobwatch.job.') && isOf(event, job.id) && !ids.includes(event.id),
  );
  const arrived = (host: string) => new Set(world.posts.filter((post) => post.host === host).map(({ id }) => id));
  const isUnequal = ids.some((id) => (told.get(id)?.variants.size ?? 0) > 1);
  const missing = (host: string, wanted: (entry: Transition) => boolean) => {
    const here = arrived(host);
    const lacking = job.history.filter((entry) => wanted(entry) && !here.has(transitionEventId(job.id, entry.seq)));
    return lacking.length > 0 && `${host} never got ${lacking.map(({ seq, phase }) => `${seq} (${phase})`).join(', ')}`;
  };
  const isEnd = ({ phase, kind }: Transition) => isTerminal(phase) && kind === 'changed';
  const lateFromMs = world.lateFromMs ?? Number.POSITIVE_INFINITY;
  const surplus = [...arrived('ends')].filter((id) => ids.includes(id)).length - job.history.filter(isEnd).length;
  return [
    others.length > 0 && `told what is not in its history: ${others.map(({ event }) => event.type).join(', ')}`,
    isUnequal && 'told two different events under one id',
    missing('all', () => true),
    missing('ends', isEnd),
    missing('late', ({ at }) => toMs(at) > lateFromMs + 2 * chaos.skewMs),
    surplus > 0 && 'told an end that none is',
  ];
}

/** The deadline is the latest that a message asked for, and nobody is given up before the earliest. */
function deadlineViolations({ wanted }: Scene, { name, timeoutSeconds }: JobPlan, job: Job): (string | false)[] {
  const deadlines = wanted.filter((one) => one.job === name).map(({ atMs }) => atMs + timeoutSeconds * 1000);
  const timedOut = job.history.filter(({ phase }) => phase === 'timed_out');
  const firstMs = (entry: Transition) =>
    Math.min(...deadlines) + (entry.error?.message?.includes('could not be polled') ? 10 * 60_000 : 0);
  return [
    toMs(job.deadlineAt) > Math.max(...deadlines) + SLACK_MS && 'has a deadline that nobody asked for',
    timedOut.some((entry) => toMs(entry.at) < firstMs(entry) - SLACK_MS) && 'timed out too soon',
  ];
}

/** An end has its reason in what was seen or asked for. */
function whyUntrue(played: Scene, plan: JobPlan, { phase, at, error }: Transition): string | false {
  const { polled, chaos, stopped } = played;
  const seen = polled
    .filter(({ jobId, atMs }) => jobId === plan.name && atMs <= toMs(at) + SLACK_MS)
    .map(({ what }) => what);
  if (phase === 'succeeded') return !seen.includes('SUCCESS') && 'succeeded, and nobody said so';
  if (phase === 'failed') return !seen.includes('FAIL') && 'failed, and nobody said so';
  if (phase === 'lost') return seen.filter((what) => what === 'missing').length < 3 && 'was given up as lost too soon';
  if (phase === 'stopped') return !stopped.has(plan.name) && 'stopped, and nobody asked for it';
  const wasPolled = seen.length > 0;
  if (error?.message?.includes('could not be polled')) return false;
  // A record that the store refused whole is written without its texts.
  if (chaos.refuseAbove !== null && error?.code === 'TimedOut' && error.message === null) return false;
  return !wasPolled && chaos.accountFromMs === 0 && 'timed out and never polled';
}

function rightPhases({ stopped }: Scene, plan: JobPlan): string[] {
  return [
    ...(plan.end === null ? [] : [plan.end]),
    ...(plan.timeoutSeconds < LONG_SECONDS ? ['timed_out'] : []),
    ...(plan.isMissing ? ['lost'] : []),
    ...(stopped.has(plan.name) ? ['stopped'] : []),
  ];
}

/** One poll each `pollMinMs` by each of two messages would be far too many. */
function callsMax({ clock, startMs }: Scene): number {
  const minutes = (clock() - startMs) / 60_000;
  return 60 + 3 * minutes;
}

function isOf(event: { readonly data: unknown }, id: string): boolean {
  return (event.data as { job?: { id?: string } }).job?.id === id;
}
