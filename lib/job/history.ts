import { asciiBytes } from '../base/ascii-json.ts';
import type { Job, Transition } from './job.ts';
import { NO_DETAIL } from './observation.ts';

const HISTORY_FIRST = 50;
const HISTORY_LAST = 150;
/**
 * A DynamoDB item may have 400 kB; a record that nears 64 kB has a job that flaps, and each write pays for all of it.
 */
const RECORD_MAX_BYTES = 64_000;

/**
 * The job with the transitions added, within the limits: 200 entries (the first 50, the last 150), 64 kB. What has been
 * told needs no detail any more; what is not yet published keeps all that its event says.
 */
export function addTransitions(job: Job, added: readonly Transition[]): Job {
  const told = job.history.map((entry) => (entry.seq <= job.notifiedSeq ? withoutSubJobs(entry) : entry));
  return withinLimits({ ...job, history: [...told, ...added], seq: added.at(-1)?.seq ?? job.seq }, job.seq);
}

/**
 * What is left to write when a write was refused as invalid: phase, status, seq and times. What is stored already (up
 * to `storedSeq`) and not known to be published stays whole: it may have been published, and a repeat is the same event.
 */
export function bareRecord(job: Job, storedSeq: number): Job {
  const mayBeTold = ({ seq }: Transition) => seq > job.notifiedSeq && seq <= storedSeq;
  return {
    ...job,
    history: job.history.map((entry) => (mayBeTold(entry) ? entry : bareEntry(entry))),
    detail: NO_DETAIL,
    waiting: null,
    unknownWords: [],
    labels: {},
  };
}

/** Entries up to `storedSeq` that are not known to be published may have been: they are left as they are. */
function withinLimits(job: Job, storedSeq: number): Job {
  const counted = dropMiddle(job, HISTORY_FIRST, HISTORY_LAST);
  if (asciiBytes(counted) <= RECORD_MAX_BYTES) return counted;
  const lean = {
    ...counted,
    history: counted.history.map((entry) => (entry.seq <= job.notifiedSeq ? bareEntry(entry) : entry)),
  };
  if (asciiBytes(lean) <= RECORD_MAX_BYTES) return lean;
  let short: Job = lean;
  for (let last = HISTORY_LAST - 10; last >= 20 && asciiBytes(short) > RECORD_MAX_BYTES; last -= 10) {
    short = dropMiddle(lean, Math.min(HISTORY_FIRST, last), last);
  }
  if (asciiBytes(short) <= RECORD_MAX_BYTES) return short;
  return { ...short, history: short.history.map((entry) => (entry.seq > storedSeq ? withoutSubJobs(entry) : entry)) };
}

/** Never drops what is not yet published: an event that can't be built would be lost. */
function dropMiddle(job: Job, first: number, last: number): Job {
  const { history } = job;
  const keep = history.filter(
    (entry, index) => index < first || index >= history.length - last || entry.seq > job.notifiedSeq,
  );
  return { ...job, history: keep, droppedTransitions: job.droppedTransitions + history.length - keep.length };
}

function withoutSubJobs(entry: Transition): Transition {
  return entry.subJobs.length === 0 ? entry : { ...entry, subJobs: [] };
}

function bareEntry(entry: Transition): Transition {
  return { ...entry, subJobs: [], error: entry.error === null ? null : { code: entry.error.code, message: null } };
}
