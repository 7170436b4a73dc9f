import { headerOf, isRobot, SIGNED_FORMATS } from '../../client/input.ts';
import type { FieldError } from '../data/requests.ts';

/** The form as texts; the API decides what they are worth. */
export interface SubscribeDraft {
  readonly format: string;
  readonly url: string;
  readonly robotSecret: string;
  readonly language: string;
  /** `Name: value`, one a line. */
  readonly headers: string;
  /** One a line; none: the ends of jobs. */
  readonly types: string;
  readonly description: string;
}

export const NO_SUBSCRIBE_DRAFT: SubscribeDraft = {
  format: 'cloudevents',
  url: '',
  robotSecret: '',
  language: '',
  headers: '',
  types: '',
  description: '',
};

/** Which fields the format has beside those of all. */
export function fieldsOf(format: string): readonly ('robotSecret' | 'language' | 'headers')[] {
  if (!isRobot(format)) return ['headers'];
  return SIGNED_FORMATS.includes(format) ? ['robotSecret', 'language'] : ['language'];
}

/** What the API is sent: what was left empty, or is no field of the format, is left out. */
export function subscriptionOf(draft: SubscribeDraft): Readonly<Record<string, unknown>> {
  const fields = fieldsOf(draft.format);
  const texts = { format: draft.format, url: draft.url.trim(), description: draft.description.trim() };
  const own = {
    language: fields.includes('language') ? draft.language : '',
    robotSecret: fields.includes('robotSecret') ? draft.robotSecret.trim() : '',
  };
  const filled = Object.entries({ ...texts, ...own }).filter(([, text]) => text !== '');
  const types = linesOf(draft.types);
  const headers = linesOf(draft.headers).map((line) => headerOf(line) ?? [line, '']);
  return {
    ...Object.fromEntries(filled),
    ...(types.length === 0 ? {} : { types }),
    ...(headers.length === 0 || !fields.includes('headers') ? {} : { headers: Object.fromEntries(headers) }),
  };
}

/** What can be seen without asking. */
export function draftProblems(draft: SubscribeDraft): readonly FieldError[] {
  const isMissing = draft.url.trim() === '';
  const isOdd = linesOf(draft.headers).some((line) => headerOf(line) === null);
  return [
    ...(isMissing ? [{ field: 'url', problem: 'expected an https: URL' }] : []),
    ...(isOdd && fieldsOf(draft.format).includes('headers')
      ? [{ field: 'headers', problem: 'expected "Name: value", one a line' }]
      : []),
  ];
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
