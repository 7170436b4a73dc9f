import type { Job, Step } from './schema.ts';
import { advanceTimeline, countPoll, isLast, type Progress, startTimeline } from './timeline.ts';

/** A job as one request may see it. */
export interface JobView {
  readonly job: Job;
  readonly step: Step;
  /** The step's status, unless a fault puts another word in its place. */
  readonly status: string;
  readonly beganAtMs: number;
  /** When the present step began. */
  readonly changedAtMs: number;
  readonly isLastStep: boolean;
}

/** Who polls: a request's time, rights and the faults that alter what it is told. */
export interface Viewer {
  readonly nowMs: number;
  readonly owner: string | undefined;
  readonly isVanished: (jobId: string) => boolean;
  /** A status word to show in place of the job's own, null for none. */
  readonly wordFor: (jobId: string) => string | null;
}

export interface JobState {
  readonly api: string;
  readonly projectId: string | null;
  readonly jobId: string;
  readonly known: boolean;
  readonly status: string;
  readonly isLastStep: boolean;
  readonly polls: number;
}

export interface JobStore {
  /** A job of the same api, project and id is replaced and starts over. */
  add(job: Job, nowMs: number): void;
  remove(api: string, projectId: string | undefined, jobId: string): boolean;
  clear(): void;
  /** Null: this viewer is to be told that the id is unknown. */
  find(api: string, projectId: string | undefined, jobId: string, viewer: Viewer): JobView | null;
  /** All that the viewer may see, in the order added. */
  list(api: string, projectId: string | undefined, viewer: Viewer): JobView[];
  /** To be called for each job that an answer shows. */
  countPoll(view: JobView, nowMs: number): void;
  states(nowMs: number): JobState[];
  /** Answers that showed the job: `<api>/<project or ->/<job id>` → number. */
  polls(): Record<string, number>;
}

interface Entry {
  readonly job: Job;
  readonly addedAtMs: number;
  progress: Progress | null;
  beganAtMs: number;
  polls: number;
}

const JOBS_MAX = 500_000;

export function makeJobStore(): JobStore {
  const entries = new Map<string, Entry>();
  /** The same by what a list covers: a list of few jobs among many is to cost little. */
  const lists = new Map<string, Map<string, Entry>>();

  function drop(api: string, projectId: string | undefined, jobId: string): boolean {
    lists.get(listOf(api, projectId))?.delete(jobId);
    return entries.delete(keyOf(api, projectId, jobId));
  }

  function view(entry: Entry, viewer: Viewer): JobView | null {
    const { job } = entry;
    if (job.owner !== undefined && job.owner !== viewer.owner) return null;
    start(entry, viewer.nowMs);
    if (!isKnown(entry, viewer.nowMs) || viewer.isVanished(job.jobId)) return null;
    const seen = stepAt(entry, viewer.nowMs);
    const status = viewer.wordFor(job.jobId) ?? seen.step.status;
    return { job, status, beganAtMs: entry.beganAtMs, ...seen };
  }

  return {
    add(job, nowMs) {
      if (entries.size >= JOBS_MAX) throw new RangeError(`the simulator keeps at most ${JOBS_MAX} jobs`);
      drop(job.api, job.projectId, job.jobId);
      const progress = job.startsOn === 'added' ? startTimeline(nowMs) : null;
      const entry = { job, addedAtMs: nowMs, progress, beganAtMs: nowMs, polls: 0 };
      entries.set(keyOf(job.api, job.projectId, job.jobId), entry);
      const list = lists.get(listOf(job.api, job.projectId)) ?? new Map<string, Entry>();
      lists.set(listOf(job.api, job.projectId), list.set(job.jobId, entry));
    },
    remove: drop,
    clear() {
      entries.clear();
      lists.clear();
    },
    find(api, projectId, jobId, viewer) {
      const entry = entries.get(keyOf(api, projectId, jobId));
      return entry ? view(entry, viewer) : null;
    },
    list(api, projectId, viewer) {
      const mine = lists.get(listOf(api, projectId))?.values() ?? [];
      return [...mine].map((entry) => view(entry, viewer)).filter((one) => one !== null);
    },
    countPoll({ job }, nowMs) {
      const entry = entries.get(keyOf(job.api, job.projectId, job.jobId));
      if (!entry?.progress) return;
      entry.polls += 1;
      entry.progress = countPoll(job.steps, entry.progress, nowMs);
    },
    states: (nowMs) => [...entries.values()].map((entry) => stateOf(entry, nowMs)),
    polls: () =>
      Object.fromEntries([...entries].filter(([, entry]) => entry.polls > 0).map(([key, entry]) => [key, entry.polls])),
  };
}

function keyOf(api: string, projectId: string | undefined, jobId: string): string {
  return `${api}/${projectId ?? '-'}/${jobId}`;
}

function listOf(api: string, projectId: string | undefined): string {
  return `${api}/${projectId ?? '-'}`;
}

function start(entry: Entry, nowMs: number): void {
  if (entry.progress) return;
  entry.progress = startTimeline(nowMs);
  entry.beganAtMs = nowMs;
}

function isKnown({ job, beganAtMs }: Entry, nowMs: number): boolean {
  const ageMs = nowMs - beganAtMs;
  const isGone = job.vanishesAfterSeconds !== undefined && ageMs >= job.vanishesAfterSeconds * 1000;
  return ageMs >= job.appearsAfterSeconds * 1000 && !isGone;
}

function stepAt(entry: Entry, nowMs: number): Pick<JobView, 'step' | 'changedAtMs' | 'isLastStep'> {
  const { steps } = entry.job;
  const progress = advanceTimeline(steps, entry.progress ?? startTimeline(nowMs), nowMs);
  if (entry.progress) entry.progress = progress;
  const step = steps[progress.stepIndex];
  if (!step) throw new Error('a job without steps passed the schema');
  return { step, changedAtMs: progress.enteredAtMs, isLastStep: isLast(steps, progress) };
}

function stateOf(entry: Entry, nowMs: number): JobState {
  const { api, projectId, jobId } = entry.job;
  const { step, isLastStep } = stepAt(entry, nowMs);
  const known = entry.progress !== null && isKnown(entry, nowMs);
  return { api, projectId: projectId ?? null, jobId, known, status: step.status, isLastStep, polls: entry.polls };
}
