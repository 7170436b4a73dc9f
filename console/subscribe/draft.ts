import { headerOf, isRobot, pairOf, SIGNED_FORMATS } from '../../client/input.ts';
import type { Subscription } from '../../client/responses.ts';
import type { FieldError } from '../data/requests.ts';

/** The form as texts; the API decides what they are worth. */
export interface SubscribeDraft {
  readonly format: string;
  readonly url: string;
  readonly robotSecret: string;
  readonly language: string;
  /** `Name: value`, one a line. */
  readonly headers: string;
  /** None is sent any more, of those that the webhook has. */
  readonly dropsHeaders: boolean;
  /** `ends` of jobs, `all` events, or those `chosen`. */
  readonly events: string;
  /** Those chosen, each a type or a prefix that ends in `.*`. */
  readonly types: readonly string[];
  readonly api: string;
  readonly account: string;
  /** `key=value`, one a line. */
  readonly labels: string;
  readonly description: string;
}

/** The fields that are texts. */
export type TextField = Exclude<keyof SubscribeDraft, 'types' | 'dropsHeaders'>;

export const NO_SUBSCRIBE_DRAFT: SubscribeDraft = {
  format: 'cloudevents',
  url: '',
  robotSecret: '',
  language: '',
  headers: '',
  dropsHeaders: false,
  events: 'ends',
  types: [],
  api: '',
  account: '',
  labels: '',
  description: '',
};

const ALL = 'jobwatch.*';

/** Not a format, but another kind of place: events as they are, on the bus that the stack was deployed with. */
export const EVENT_BUS = 'eventbridge';

/** The form of a webhook that there is. What is never shown again is empty: it stays unless it is filled. */
export function draftOf({ kind, format, url, language, types, filter, description }: Subscription): SubscribeDraft {
  return {
    ...NO_SUBSCRIBE_DRAFT,
    format: kind === EVENT_BUS ? EVENT_BUS : (format ?? 'cloudevents'),
    url: isRobot(format) || kind === EVENT_BUS ? '' : url,
    language: language ?? '',
    events: types.length === 0 ? 'ends' : types.includes(ALL) ? 'all' : 'chosen',
    types: types.filter((type) => type !== ALL),
    api: filter.api ?? '',
    account: filter.account ?? '',
    labels: Object.entries(filter.labels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join('\n'),
    description,
  };
}

/** Which fields the format has beside those of all. */
export function fieldsOf(format: string): readonly ('robotSecret' | 'language' | 'headers')[] {
  if (format === EVENT_BUS) return [];
  if (!isRobot(format)) return ['headers'];
  return SIGNED_FORMATS.includes(format) ? ['robotSecret', 'language'] : ['language'];
}

function typesOf({ events, types }: SubscribeDraft): readonly string[] {
  return events === 'all' ? [ALL] : events === 'chosen' ? types : [];
}

function filterOf({ api, account, labels }: SubscribeDraft) {
  const texts = Object.entries({ api, account: account.trim() }).filter(([, text]) => text !== '');
  const pairs = linesOf(labels).map((line) => pairOf(line) ?? [line, '']);
  return { ...Object.fromEntries(texts), ...(pairs.length === 0 ? {} : { labels: Object.fromEntries(pairs) }) };
}

/** What the API is sent: what was left empty, or is no field of the format, is left out. */
export function subscriptionOf(draft: SubscribeDraft): Readonly<Record<string, unknown>> {
  const fields = fieldsOf(draft.format);
  const isBus = draft.format === EVENT_BUS;
  const where = isBus ? { kind: EVENT_BUS } : { format: draft.format, url: draft.url.trim() };
  const texts = { ...where, description: draft.description.trim() };
  const own = {
    language: fields.includes('language') ? draft.language : '',
    robotSecret: fields.includes('robotSecret') ? draft.robotSecret.trim() : '',
  };
  const filled = Object.entries({ ...texts, ...own }).filter(([, text]) => text !== '');
  const types = typesOf(draft);
  const filter = filterOf(draft);
  const headers = linesOf(draft.dropsHeaders ? '' : draft.headers).map((line) => headerOf(line) ?? [line, '']);
  return {
    ...Object.fromEntries(filled),
    ...(types.length === 0 ? {} : { types }),
    ...(Object.keys(filter).length === 0 ? {} : { filter }),
    ...(headers.length === 0 || !fields.includes('headers') ? {} : { headers: Object.fromEntries(headers) }),
    ...(draft.dropsHeaders ? { headers: {} } : {}),
  };
}

/** What of the form differs from the webhook as it was. Each field that is sent replaces the old one as a whole. */
export function changesOf(before: Subscription, draft: SubscribeDraft): Readonly<Record<string, unknown>> {
  const { kind: _, format: __, ...wanted } = subscriptionOf(draft);
  const whole = { types: typesOf(draft), filter: filterOf(draft), description: draft.description.trim(), ...wanted };
  const was = JSON.stringify(draftOf(before));
  const known: Readonly<Record<string, unknown>> = subscriptionOf(JSON.parse(was));
  const empty: Readonly<Record<string, unknown>> = { types: [], filter: {}, description: '' };
  return Object.fromEntries(
    Object.entries(whole).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(known[field] ?? empty[field]),
    ),
  );
}

/** The names of its headers, if the URL leads to another host: their values were given for the old one alone. */
export function headersToGiveAgain(before: Subscription | null, { url }: SubscribeDraft): readonly string[] {
  const names = before?.headers ?? [];
  if (before === null || names.length === 0 || !URL.canParse(url.trim())) return [];
  return new URL(url.trim()).origin === new URL(before.url).origin ? [] : names;
}

/**
 * What can be seen without asking. `before`: the webhook that there is. The address of a robot that there is may stay
 * empty: then it stays.
 */
export function draftProblems(draft: SubscribeDraft, before: Subscription | null = null): readonly FieldError[] {
  const needsUrl = draft.format !== EVENT_BUS && (before === null || !isRobot(draft.format));
  const isMissing = needsUrl && draft.url.trim() === '';
  const isOddHeader = linesOf(draft.headers).some((line) => headerOf(line) === null);
  const again = draft.dropsHeaders || linesOf(draft.headers).length > 0 ? [] : headersToGiveAgain(before, draft);
  const problems = [
    again.length > 0 ? { field: 'headers', problem: givenAgain(again) } : null,
    isMissing ? { field: 'url', problem: 'expected an https: URL' } : null,
    isOddHeader && fieldsOf(draft.format).includes('headers')
      ? { field: 'headers', problem: 'expected "Name: value", one a line' }
      : null,
    draft.events === 'chosen' && draft.types.length === 0
      ? { field: 'types', problem: 'expected one type at least' }
      : null,
    linesOf(draft.labels).some((line) => pairOf(line) === null)
      ? { field: 'labels', problem: 'expected key=value, one a line' }
      : null,
  ];
  return problems.filter((one) => one !== null);
}

function givenAgain(names: readonly string[]): string {
  return `The URL is of another host: give ${names.join(', ')} again for that one, or choose to send none.`;
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
