import { inGroup, messagesIn, pairOf } from '../../client/input.ts';
import { duplicateKey } from '../../lib/base/duplicate-keys.ts';
import { CALLBACK_KINDS } from '../../lib/job/callbacks.ts';
import { usage } from '../exit.ts';
import { needsRegion } from './regions.ts';
import type { IdentityOptions } from './targets.ts';

/** The fields of a watch message that have an option of their own. */
export interface MessageOptions extends IdentityOptions {
  readonly label?: Readonly<Record<string, string>>;
  readonly watchTimeout?: number;
  readonly grace?: number;
  readonly submittedAt?: string;
  readonly correlationId?: string;
  readonly group?: string;
  readonly groupSize?: number;
  /** `stepfunctions=TASK_TOKEN`: a workflow that waits, and the variable of the environment with its token. */
  readonly callback?: readonly string[];
  readonly heartbeat?: boolean;
}

/** Watch messages from vendor ids and options. The api judges them. */
export async function messagesOf(
  jobIds: readonly string[],
  options: MessageOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly unknown[]> {
  const { api, region, project, account, label, watchTimeout, grace, submittedAt, correlationId } = options;
  if (api === undefined || (region === undefined && (await needsRegion(api))))
    throw usage('A job needs --api, and --region unless the api has none (or give -f FILE).');
  const common = {
    api,
    region,
    projectId: project,
    account,
    labels: label,
    timeoutSeconds: watchTimeout === undefined ? undefined : Math.round(watchTimeout / 1000),
    notFoundGraceSeconds: grace === undefined ? undefined : Math.round(grace / 1000),
    submittedAt,
    correlationId,
    callbacks: callbacksOf(options, env),
  };
  const given = Object.fromEntries(Object.entries(common).filter(([, value]) => value !== undefined));
  return [...new Set(jobIds)].map((jobId) => ({ ...given, jobId }));
}

/** In the group of the options, if they name one; what a message says itself goes before that. */
export function groupedBy(messages: readonly unknown[], { group, groupSize }: MessageOptions): readonly unknown[] {
  if ((group === undefined) !== (groupSize === undefined)) throw usage('Give --group and --group-size together.');
  return group === undefined ? messages : inGroup(messages, { id: group, size: groupSize });
}

/** Tokens come from the environment: an argument can be read by every process of the machine. */
function callbacksOf(
  { callback, heartbeat }: MessageOptions,
  env: Readonly<Record<string, string | undefined>>,
): readonly object[] | undefined {
  if (callback === undefined && heartbeat === true) throw usage('--heartbeat needs --callback.');
  return callback?.map((text) => {
    const [name, variable] = pairOf(text) ?? ['', ''];
    const kind = CALLBACK_KINDS.find((one) => one === name);
    // What was given may be the token itself: the message does not repeat it.
    if (kind === undefined || !/^[A-Za-z_]\w{0,127}$/.test(variable))
      throw usage(`--callback: write it as ${CALLBACK_KINDS.join('= or ')}= and the name of a variable.`);
    const token = env[variable] ?? '';
    if (token === '') throw usage(`--callback: the environment variable ${variable} is not set.`);
    return { kind, [kind === 'durable' ? 'id' : 'token']: token, heartbeat };
  });
}

/** A text in a file: where it stands and what it says. */
export interface Piece {
  /** `entry 3`, `line 7`. */
  readonly place: string;
  readonly text: string;
}

/**
 * The messages of a file: one JSON object, a list, `{"jobs": […]}`, or JSON lines. A line that is no JSON stays as it
 * is, for the parser of messages to judge.
 */
export function piecesOf(text: string): readonly Piece[] {
  const whole = parse(text);
  if (whole === undefined) return linesOf(text);
  const list = messagesIn(whole);
  // Taken apart, it would lose one of the two without a word.
  if (list === null || duplicateKey(text) !== null) return [{ place: 'the message', text: text.trim() }];
  return list.map((entry, index) => ({ place: `entry ${index + 1}`, text: JSON.stringify(entry) ?? 'null' }));
}

function linesOf(text: string): readonly Piece[] {
  const lines = text.split('\n').map((line, index) => ({ place: `line ${index + 1}`, text: line.trim() }));
  const written = lines.filter((line) => line.text !== '');
  const isLines = written.length < 2 || written.some((line) => parse(line.text) !== undefined);
  return isLines ? written : [{ place: 'the file', text: text.trim() }];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The pieces as JSON values. Throws a usage error that names the first that is none. */
export function valuesOf(pieces: readonly Piece[], path: string): readonly unknown[] {
  const values = pieces.map(({ place, text }) => {
    const value = parse(text);
    if (value === undefined)
      throw usage(`${path}: ${place} is not JSON; "jobwatch validate ${path}" checks the whole file.`);
    const twice = duplicateKey(text);
    if (twice !== null) throw usage(`${path}: ${place}: ${twice} appears more than once in one object.`);
    return value;
  });
  if (values.length === 0) throw usage(`${path} contains no message.`);
  return values;
}

const BATCH_MAX = 100;
/** The API takes 256 kB; the rest is left for what surrounds the messages. */
const BATCH_MAX_BYTES = 240 * 1024;

/** Batches as the API takes them. */
export function batchesOf(messages: readonly unknown[]): readonly (readonly unknown[])[] {
  const batches: unknown[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(JSON.stringify(message)) + 1;
    const last = batches.at(-1);
    if (last === undefined || last.length >= BATCH_MAX || bytes + size > BATCH_MAX_BYTES) {
      batches.push([message]);
      bytes = size;
    } else {
      last.push(message);
      bytes += size;
    }
  }
  return batches;
}
