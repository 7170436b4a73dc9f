import { isObject } from '../../base/is-object.ts';
import { parseTime } from '../../base/time.ts';
import { cut, neutral } from './text.ts';
import { type FieldName, type Language, plainWords, WORDS, type Words } from './words.ts';

/** An event in words, for people. All texts but the link's address are neutral: none holds a mention or markup. */
export interface Message {
  /** Begins with `jobwatch`, a keyword that a group can ask for. */
  readonly title: string;
  readonly tone: 'good' | 'bad' | 'plain';
  /** The most important first: what has no room is left out from the end. */
  readonly lines: readonly Line[];
  /** What stands in the place of lines that were left out. */
  readonly more: string;
  readonly link: { readonly text: string; readonly url: string } | null;
}

export interface Line {
  readonly name: string;
  readonly text: string;
}

export interface MessageOptions {
  readonly language: Language;
  /** Where the console is, without a slash at its end; empty: there are no links. */
  readonly consoleUrl: string;
}

interface Told {
  readonly type: string;
  readonly subject: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What of a message depends on the type of its event. */
type Parts = Omit<Message, 'title' | 'more'> & { readonly heading: string };
type Render = (event: Told, words: Words, consoleUrl: string) => Parts;

const SERVICE = 'jobwatch.';
const JOB = 'jobwatch.job.';

/** By the beginning of the event's type; what fits none is told by its reason. */
const RENDERS: readonly (readonly [prefix: string, render: Render])[] = [
  [JOB, ofJob],
  ['jobwatch.group.', ofGroup],
];

const TITLE_MAX_BYTES = 240;
const TEXT_MAX_BYTES = 300;
const ERROR_MAX_BYTES = 1200;
const LABEL_MAX_BYTES = 200;
const GOOD: ReadonlySet<string> = new Set(['succeeded']);
const BAD: ReadonlySet<string> = new Set(['failed', 'rollback_failed', 'canceled', 'timed_out', 'lost']);

/** Reads a stored event; what it lacks is left out. */
export function messageOf(eventJson: string, { language, consoleUrl }: MessageOptions): Message {
  const words = WORDS[language];
  const event = told(eventJson);
  const [, render = ofOther] = RENDERS.find(([prefix]) => event.type.startsWith(prefix)) ?? [];
  const { heading, ...parts } = render(event, words, consoleUrl);
  return { title: cut(`jobwatch: ${neutral(heading)}`, TITLE_MAX_BYTES), more: words.more, ...parts };
}

function told(eventJson: string): Told {
  const value: unknown = JSON.parse(eventJson);
  const { type, subject, data } = isObject(value) ? value : {};
  return { type: textOf(type) ?? '', subject: textOf(subject), data: isObject(data) ? data : {} };
}

function ofJob({ type, data }: Told, words: Words, consoleUrl: string): Parts {
  const job = objectOf(data['job']);
  const phase = textOf(data['phase']) ?? '';
  const [operation, resource, api, id] = ['operation', 'resourceId', 'api', 'id'].map((name) => textOf(job[name]));
  const phaseText = phaseOf(phase, words);
  const what = [
    words.types[short(type)] ?? headingOf(type, phaseText),
    [operation ?? api, resource].filter(isPresent).join(' '),
  ];
  const { code, message } = objectOf(data['error']);
  const error = [textOf(code), textOf(message)].filter(isPresent).join(': ');
  const line = lineIn(words);
  const lines = [
    line('phase', phaseText),
    line('operation', operation),
    line('resource', resource),
    line('api', api),
    line('region', textOf(job['region'])),
    line('error', error, ERROR_MAX_BYTES),
    type === 'jobwatch.job.unknown_status' ? line('vendorStatus', textOf(data['vendorStatus'])) : null,
    line('took', tookOf(objectOf(data['timing']), words)),
    line('account', textOf(job['account'])),
    line('job', textOf(job['jobId'])),
    ...labelLines(objectOf(job['labels']), words),
  ].filter(isPresent);
  const tone = GOOD.has(phase) ? 'good' : BAD.has(phase) ? 'bad' : 'plain';
  const url = `${consoleUrl}/#/jobs/${inLink(id ?? '')}`;
  const link = consoleUrl === '' || id === null ? null : { text: words.open, url };
  return { heading: what.filter((part) => part !== '').join(' · '), tone, lines, link };
}

/** The first bad ends stand one a line: who reads it wants to know which. */
function ofGroup({ type, data }: Told, words: Words, consoleUrl: string): Parts {
  const group = objectOf(data['group']);
  const [id, outcome] = [textOf(group['id']) ?? '', textOf(data['outcome'])];
  const counts = Object.entries(objectOf(data['phases'])).map(([phase, count]) => `${phaseOf(phase, words)} ${count}`);
  const bad = (Array.isArray(data['badEnds']) ? data['badEnds'] : []).map(objectOf);
  const line = lineIn(words);
  const lines = [
    line('phase', [...counts, `/ ${group['size']}`].join(' ')),
    ...bad.map(({ jobId, phase, error }) => {
      const { code, message } = objectOf(error);
      const why = [textOf(code), textOf(message)].filter(isPresent).join(': ');
      return line(
        'job',
        [textOf(jobId), phaseOf(textOf(phase) ?? '', words), why].filter((part) => part !== '').join(' '),
      );
    }),
    line('took', tookOf({ submittedAt: data['submittedAt'], observedAt: data['endedAt'] }, words)),
    ...labelLines(objectOf(group['labels']), words),
  ].filter(isPresent);
  const what = outcome === null ? (words.types[short(type)] ?? plainWords(short(type))) : phaseOf(outcome, words);
  const url = `${consoleUrl}/#/groups/${inLink(id)}`;
  const link = consoleUrl === '' ? null : { text: words.open, url };
  return { heading: `${what} · ${id}`, tone: outcome === 'succeeded' ? 'good' : 'bad', lines, link };
}

function ofOther({ type, subject, data }: Told, words: Words, consoleUrl: string): Parts {
  const line = lineIn(words);
  const lines = [line('reason', textOf(data['reason']), ERROR_MAX_BYTES), line('subject', subject)].filter(isPresent);
  const link = consoleUrl === '' ? null : { text: words.open, url: `${consoleUrl}/` };
  return {
    heading: words.types[short(type)] ?? plainWords(short(type)),
    tone: type === 'jobwatch.test' ? 'plain' : 'bad',
    lines,
    link,
  };
}

/** A part of an address within the brackets of a link: what would end them, or mark up what follows, is encoded too. */
function inLink(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*~]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
}

function lineIn(words: Words) {
  return (name: FieldName, text: string | null | undefined, maxBytes = TEXT_MAX_BYTES): Line | null => {
    const plain = cut(neutral(text ?? ''), maxBytes);
    return plain === '' ? null : { name: fieldOf(name, words), text: plain };
  };
}

/** The key is the deployer's own text too. */
function labelLines(labels: Readonly<Record<string, unknown>>, words: Words): readonly Line[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const text = cut(neutral(`${key} = ${textOf(value) ?? ''}`), LABEL_MAX_BYTES);
    return [{ name: fieldOf('label', words), text }];
  });
}

function fieldOf(name: FieldName, { fields }: Words): string {
  return fields[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
}

function phaseOf(phase: string, { phases }: Words): string {
  return phases[phase] ?? plainWords(phase);
}

/** Of an end or a change its phase; of what else there is to say of a job its own word. */
function headingOf(type: string, phaseText: string): string {
  const word = type.slice(JOB.length);
  return word === 'overdue' || word === 'unknown_status' ? plainWords(word) : phaseText;
}

function short(type: string): string {
  return type.startsWith(SERVICE) ? type.slice(SERVICE.length) : type;
}

/** From the vendor's own times if it gives both, else from the submission to the answer that showed it. */
function tookOf(timing: Readonly<Record<string, unknown>>, { units }: Words): string | null {
  const [began, ended, submitted, observed] = ['vendorBeganAt', 'vendorEndedAt', 'submittedAt', 'observedAt'].map(
    (name) => parseTime(textOf(timing[name]) ?? ''),
  );
  const [from, to] = isPresent(began) && isPresent(ended) ? [began, ended] : [submitted, observed];
  if (!isPresent(from) || !isPresent(to) || to < from) return null;
  const seconds = Math.round((to - from) / 1000);
  const parts = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const named = [...parts, seconds % 60].map((count, at) => [count, units[at] ?? ''] as const);
  const shown = named.filter(([count]) => count > 0).slice(0, 2);
  return (shown.length === 0 ? [[0, units[3]] as const] : shown).map(([count, unit]) => `${count}${unit}`).join(' ');
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function isPresent<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}
