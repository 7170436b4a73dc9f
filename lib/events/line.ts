import { isObject } from '../base/is-object.ts';

/**
 * An event in one line, for people who look on: time of day in UTC, the type without its first word, what it is about,
 * and why. Any value is taken: what is missing is left out. The line holds strangers' text, without what a terminal would obey.
 */
export function eventLine(event: unknown): string {
  const { time, type, subject, data } = objectOf(event);
  const at = typeof time === 'string' ? time.slice(11, 19) : '--:--:--';
  const kind = textOf(type)?.replace(/^jobwatch\./, '') ?? 'event';
  const parts = [at, kind, textOf(subject), ...aboutOf(objectOf(data))].filter((part) => part !== null);
  return parts.join('  ').replace(UNSEEN, ' ');
}

/** Control characters and the like, which a terminal would obey. */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

function aboutOf(data: Readonly<Record<string, unknown>>): readonly (string | null)[] {
  const job = objectOf(data['job']);
  const { code, message } = objectOf(data['error']);
  const status = textOf(data['vendorStatus']);
  const error = [code, message].map(textOf).filter((part) => part !== null);
  return [
    textOf(job['api']),
    status === null ? null : `(${status})`,
    error.length === 0 ? null : error.join(': '),
    textOf(data['outcome']),
    countsOf(data['phases']),
    textOf(data['reason']),
    labelsOf(job['labels'] ?? objectOf(data['group'])['labels']),
  ];
}

/** Of a group: `1 failed, 2 succeeded`. */
function countsOf(phases: unknown): string | null {
  const counts = Object.entries(objectOf(phases)).filter(([, count]) => count !== 0);
  return counts.length === 0 ? null : counts.map(([phase, count]) => `${count} ${phase}`).join(', ');
}

function labelsOf(labels: unknown): string | null {
  const pairs = Object.entries(objectOf(labels)).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? null : pairs.join(' ');
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
