import { ANY_CALLBACKS, messagesIn } from '../../client/input.ts';
import { duplicateKey } from '../../lib/base/duplicate-keys.ts';
import { type FieldProblem, parseWatchMessage } from '../../lib/job/watch-message.ts';

/** The form as texts; the parser of the queue decides what they are worth. */
export interface Draft {
  readonly api: string;
  readonly region: string;
  readonly jobId: string;
  readonly projectId: string;
  readonly account: string;
  readonly submittedAt: string;
  readonly timeoutSeconds: string;
  readonly notFoundGraceSeconds: string;
  /** `key=value`, one a line. */
  readonly labels: string;
  readonly correlationId: string;
}

export const NO_DRAFT: Draft = {
  api: '',
  region: '',
  jobId: '',
  projectId: '',
  account: '',
  submittedAt: '',
  timeoutSeconds: '',
  notFoundGraceSeconds: '',
  labels: '',
  correlationId: '',
};

/** The watch message of a form: what was left empty is left out, so that the defaults are the API's. */
export function messageOf(draft: Draft): Readonly<Record<string, unknown>> {
  const { timeoutSeconds, notFoundGraceSeconds, labels, ...texts } = draft;
  const entries: (readonly [string, unknown])[] = Object.entries(texts).map(([field, text]) => [field, text.trim()]);
  const numbers = { timeoutSeconds, notFoundGraceSeconds };
  for (const [field, text] of Object.entries(numbers)) entries.push([field, text.trim() === '' ? '' : numberOf(text)]);
  const filled = entries.filter(([, value]) => value !== '');
  return Object.fromEntries(labels.trim() === '' ? filled : [...filled, ['labels', labelsOf(labels)]]);
}

/** What is no number stays a text: the parser names the field. */
function numberOf(text: string): number | string {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

/** A line without `=` becomes a key that the parser refuses. */
function labelsOf(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    }),
  );
}

export type Checked =
  | { readonly ok: true; readonly messages: readonly unknown[] }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

const TABLE = new Map(APIS.map((facts) => [facts.api, facts]));
const JOBS_MAX = 100;

/** Holds one message against the parser that the queue and the API use. */
export function checkMessage(message: unknown): readonly FieldProblem[] {
  const parsed = parseWatchMessage(message, TABLE, ANY_CALLBACKS);
  return parsed.ok ? [] : parsed.problems;
}

/**
 * The same for pasted JSON: one message, a list, or `{"jobs": […]}`. Problems of several name their place:
 * `jobs[2].region`.
 */
export function checkJson(text: string): Checked {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse('JSON', error instanceof Error ? error.message : 'can’t be read');
  }
  const twice = duplicateKey(text);
  if (twice !== null) return refuse(twice, 'appears more than once in one object');
  const many = messagesIn(value);
  const messages = many ?? [value];
  if (messages.length === 0 || messages.length > JOBS_MAX) return refuse('jobs', `expected 1 to ${JOBS_MAX} messages`);
  const problems = messages.flatMap((message, index) =>
    checkMessage(message).map((one) => (many === null ? one : { ...one, field: `jobs[${index}].${one.field}` })),
  );
  return problems.length === 0 ? { ok: true, messages } : { ok: false, problems };
}

function refuse(field: string, problem: string): Checked {
  return { ok: false, problems: [{ field, problem }] };
}
