import { asciiJson } from '../../base/ascii-json.ts';
import { readChangeWrite } from '../../base/conditional-write.ts';
import { isObject } from '../../base/is-object.ts';
import { toIso, toMs } from '../../base/time.ts';
import { closeAtOnce } from '../../events/callbacks.ts';
import { addCallbacks, CALLBACKS_MAX } from '../../job/callbacks.ts';
import { groupProblem, joinGroup } from '../../job/group/join.ts';
import { type Job, newJob } from '../../job/job.ts';
import { isOwnEnd, isTerminal } from '../../job/phase.ts';
import type { SaveResult } from '../../job/store.ts';
import { reopen } from '../../job/transition.ts';
import { describeProblems, parseGroup, parseWatchMessage, type WatchMessage } from '../../job/watch-message.ts';
import { type FieldProblem, invalid, problem } from '../http/problem.ts';
import { type ApiResponse, json } from '../http/types.ts';
import type { ApiPorts } from '../ports.ts';

export const JOBS_MAX = 100;
const CREATED_AT_ONCE = 10;
const JOIN_TRIES = 5;

type SubmitPorts = Pick<ApiPorts, 'stage' | 'apis' | 'jobs' | 'groups' | 'callbacks' | 'pending' | 'clock' | 'log'>;

interface Rejection {
  readonly index: number;
  readonly reason: string;
  readonly retryable: boolean;
}

interface Entry {
  readonly index: number;
  readonly message: WatchMessage;
  readonly job: Job;
  readonly by: string | undefined;
}

type Refused = { readonly index: number; readonly problems: readonly FieldProblem[] };

type Read =
  | { readonly ok: true; readonly index: number; readonly message: WatchMessage }
  | ({ readonly ok: false } & Refused);

/**
 * Takes jobs under watch. Each record is written before its message is sent: what was accepted exists at once, and if
 * the message is lost, the record is still found. 400 if nothing was accepted and nothing is worth another try. `by`: the
 * name of the token.
 */
export async function submit(ports: SubmitPorts, body: unknown, by?: string): Promise<ApiResponse> {
  const list = isObject(body) && Object.hasOwn(body, 'jobs') ? listOf(body) : null;
  if (list !== null && !list.ok) return invalid('The body is invalid', list.errors);
  const read = (list?.entries ?? [body]).map((given, index): Read => {
    const entry = inGroup(given, list?.group);
    const parsed = parseWatchMessage(entry, ports.apis, ports.callbacks.kinds);
    return parsed.ok ? { ok: true, index, message: parsed.value } : { ok: false, index, problems: parsed.problems };
  });
  const { accepted, failed, refused } = await watch(
    ports,
    read.filter((one) => one.ok),
    by,
  );
  const bad = [...read.filter((one) => !one.ok), ...refused].sort((a, b) => a.index - b.index);
  if (bad.length === read.length) return nothingGood(bad, list !== null);
  const malformed = bad.map(({ index, problems }) => ({ index, reason: describeProblems(problems), retryable: false }));
  const rejected = [...malformed, ...failed].sort((a, b) => a.index - b.index);
  return json(202, { accepted: accepted.map(({ id }) => ({ id })), rejected });
}

type List =
  | { readonly ok: true; readonly entries: readonly unknown[]; readonly group: unknown }
  | { readonly ok: false; readonly errors: readonly FieldProblem[] };

function listOf({ jobs, group, ...others }: Readonly<Record<string, unknown>>): List {
  const unknown = Object.keys(others).map((field) => ({ field, problem: 'unknown field next to jobs' }));
  if (!Array.isArray(jobs) || jobs.length < 1 || jobs.length > JOBS_MAX) {
    return {
      ok: false,
      errors: [{ field: 'jobs', problem: `expected a list of 1 to ${JOBS_MAX} watch messages` }, ...unknown],
    };
  }
  const errors = [...unknown, ...(group === undefined ? [] : parseGroup(group))];
  return errors.length > 0 ? { ok: false, errors } : { ok: true, entries: jobs, group };
}

/** What is said of the group next to the list holds for every entry that says nothing of one. */
function inGroup(entry: unknown, group: unknown): unknown {
  return group === undefined || !isObject(entry) ? entry : { group, ...entry };
}

/** In a list each wrong field is named with its entry; the entries stand in `rejected` as they would in a 202. */
function nothingGood(bad: readonly Refused[], inList: boolean): ApiResponse {
  if (!inList)
    return invalid(
      'The watch message is invalid',
      bad.flatMap(({ problems }) => problems),
    );
  const errors = bad.flatMap(({ index, problems }) =>
    problems.map(({ field, problem: text }) => ({ field: `jobs[${index}].${field}`, problem: text })),
  );
  const rejected = bad.map(({ index, problems }) => ({ index, reason: describeProblems(problems), retryable: false }));
  return problem(400, 'No watch message in the list is valid.', { errors, members: { accepted: [], rejected } });
}

async function watch(
  ports: SubmitPorts,
  good: readonly { index: number; message: WatchMessage }[],
  by: string | undefined,
): Promise<{ accepted: readonly Job[]; failed: readonly Rejection[]; refused: readonly Refused[] }> {
  const nowMs = ports.clock();
  const entries = good.map(({ index, message }): Entry => {
    return { index, message, by, job: newJob(message, { sentMs: nowMs, nowMs, owner: null }) };
  });
  const recorded = await record(ports, entries);
  const written = entries.filter((_, place) => recorded[place] === 'recorded');
  const refused = entries.flatMap(({ index }, place) => {
    const outcome = recorded[place];
    return outcome === null || typeof outcome !== 'object' ? [] : [{ index, problems: [outcome] }];
  });
  const taken = await send(ports, written);
  const sent = written.filter((_, place) => taken[place]);
  const settled = new Set([...sent.map(({ index }) => index), ...refused.map(({ index }) => index)]);
  const full = new Set(entries.filter((_, place) => recorded[place] === 'full'));
  const failed = entries
    .filter(({ index }) => !settled.has(index))
    .map((entry) => ({ index: entry.index, ...(full.has(entry) ? TOO_MANY : NOT_NOW) }));
  return { accepted: sent.map(({ job }) => job), failed, refused };
}

const NOT_NOW = { reason: 'The job could not be accepted at the moment; send it again.', retryable: true };
const TOO_MANY = {
  reason: `callbacks: the job has callbacks that are not closed yet, and at most ${CALLBACKS_MAX} may wait for it.`,
  retryable: false,
};

/** Recorded, with too many callbacks, or what is wrong with a field. */
type Recorded = 'recorded' | 'full' | FieldProblem;

/**
 * What gets a 202 has an open record before its message is sent, or was ended by the vendor; and before its record a
 * place in its group.
 */
async function recordOne(ports: SubmitPorts, { job, message, by }: Entry): Promise<Recorded> {
  const known = message.group === null ? null : await ports.jobs.get(job.id);
  const when = { sentMs: toMs(job.createdAt), nowMs: toMs(job.createdAt) };
  const refused = await joinGroup(ports.groups, message, known, when);
  if (refused !== null) return refused;
  // The tokens are there before a record names them.
  if (message.callbacks !== undefined) await ports.callbacks.keep(message.callbacks);
  if ((await ports.jobs.create(job)) === 'saved') return 'recorded';
  const read = () => ports.jobs.get(job.id);
  const joined = await readChangeWrite(JOIN_TRIES, read, (standing) => join(ports, standing, { message, by }));
  // A conflict means that somebody else has just written it: the message then decides.
  return joined === 'conflict' ? 'recorded' : joined;
}

/** What the message brings to a record that stands. */
async function join(
  ports: SubmitPorts,
  standing: Job | null,
  { message, by }: Pick<Entry, 'message' | 'by'>,
): Promise<Recorded | 'conflict'> {
  if (standing === null) return 'recorded';
  const mixed = groupProblem(standing, message);
  if (mixed !== null) return mixed;
  const nowMs = ports.clock();
  const savedAt = toIso(nowMs);
  if (isOwnEnd(standing.phase)) {
    const opened = reopen(standing, message, { sentMs: nowMs, nowMs, owner: null, by });
    return written(await ports.jobs.save({ ...opened, savedAt }));
  }
  if (message.callbacks === undefined) return 'recorded';
  if (isTerminal(standing.phase)) {
    const closing = { jobs: ports.jobs, close: ports.callbacks.close };
    const closed = await closeAtOnce(closing, ports.stage, standing, message.callbacks);
    return closed === 'closed' ? 'recorded' : closed;
  }
  const callbacks = addCallbacks(standing, message.callbacks, standing.seq);
  if (callbacks === 'full') return 'full';
  if (callbacks === standing.callbacks) return 'recorded';
  return written(await ports.jobs.save({ ...standing, callbacks, savedAt }));
}

function written({ kind }: Pick<SaveResult, 'kind'>): Recorded | 'conflict' {
  return kind === 'conflict' ? 'conflict' : 'recorded';
}

async function record(ports: SubmitPorts, entries: readonly Entry[]): Promise<readonly (Recorded | null)[]> {
  const results: (Recorded | null)[] = [];
  for (let start = 0; start < entries.length; start += CREATED_AT_ONCE) {
    const chunk = entries.slice(start, start + CREATED_AT_ONCE);
    const settled = await Promise.allSettled(chunk.map((entry) => recordOne(ports, entry)));
    outcomes(ports, 'record', settled);
    results.push(...settled.map((one) => (one.status === 'fulfilled' ? one.value : null)));
  }
  return results;
}

async function send(ports: SubmitPorts, entries: readonly Entry[]): Promise<readonly boolean[]> {
  const sent = await Promise.allSettled(
    entries.map(async ({ message }) => {
      await ports.pending.submit(bodyOf(message));
      return true;
    }),
  );
  return outcomes(ports, 'send', sent).map((isSent) => isSent === true);
}

function outcomes<Result>(
  ports: SubmitPorts,
  step: string,
  settled: readonly PromiseSettledResult<Result>[],
): readonly (Result | undefined)[] {
  const [failed] = settled.filter((result) => result.status === 'rejected');
  if (failed !== undefined) ports.log.error('api.submit', { step, reason: String(failed.reason) });
  return settled.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
}

/**
 * The watch message with its defaults filled in. What the sender left open stays open: absent, for null is no value
 * there.
 */
function bodyOf(message: WatchMessage): string {
  return asciiJson(Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null)));
}
