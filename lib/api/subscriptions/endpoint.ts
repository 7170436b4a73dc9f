import { robotOf } from '../../deliver/formats/formats.ts';
import type { Language } from '../../deliver/formats/words.ts';
import type { EndpointSecrets } from '../../deliver/ports.ts';
import { headerProblems, lowerCased } from '../../deliver/sinks/own-headers.ts';
import { isMasked, maskedUrl, robotId } from '../../deliver/sinks/secret-url.ts';
import type { Sinks } from '../../deliver/sinks/sink.ts';
import type { Subscription } from '../../deliver/subscription.ts';
import { type FieldProblem, invalid, problem } from '../http/problem.ts';
import type { ApiResponse } from '../http/types.ts';

/** What of a request says where events go and what they carry there. */
export interface EndpointFields {
  readonly url?: string | undefined;
  readonly language?: Language | undefined;
  readonly robotSecret?: string | null | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export type Endpoint = Pick<Subscription, 'url' | 'language' | 'robot' | 'headerNames'>;

/** Null for fields that fit the target; else why they don't. */
export function refusalOf(
  sinks: Sinks,
  { kind, format }: Pick<Subscription, 'kind' | 'format'>,
  fields: EndpointFields,
): ApiResponse | null {
  if (kind === 'eventbridge') return busRefusalOf(sinks, { kind, format }, fields);
  const robot = robotOf(format);
  if (robot !== null && fields.url !== undefined && isMasked(fields.url)) {
    const errors = [{ field: 'url', problem: 'expected the complete URL: this one is masked' }];
    return problem(422, 'The URL is masked, as answers show it: leave it out, or send the whole one.', { errors });
  }
  const { url } = fields;
  const target = { id: '', kind, format, url: url ?? '' };
  const sink = sinks.get(kind);
  const errors: FieldProblem[] = [
    ...(sink === undefined ? NOT_SET_UP : []),
    ...(url === undefined ? [] : (sink?.check(target) ?? [])),
    ...(robot === null ? eventProblems(fields) : robotProblems(fields, robot.sign !== undefined, robot.name)),
  ];
  return errors.length === 0 ? null : invalid('The subscription is invalid', errors);
}

/**
 * Whoever may change an address could else have the values, which nobody is shown, sent to one of his own. Null: the
 * headers go where they went, or are given anew.
 */
export function headersRefusalOf(
  before: Pick<Subscription, 'url' | 'headerNames'>,
  { url, headers }: EndpointFields,
): ApiResponse | null {
  const hasNone = before.headerNames === undefined || before.headerNames.length === 0;
  if (hasNone || url === undefined || headers !== undefined || originOf(url) === originOf(before.url)) return null;
  const errors = [
    { field: 'headers', problem: 'required with a URL of another host: give all of them again, or {} for none' },
  ];
  return problem(422, 'The headers were given for another host: send them again with the URL, or {} for none.', {
    errors,
  });
}

function originOf(url: string): string | null {
  return URL.parse(url)?.origin ?? null;
}

/** A bus of events is set up with the stack: nothing of an endpoint can be said of it. */
function busRefusalOf(
  sinks: Sinks,
  { kind, format }: Pick<Subscription, 'kind' | 'format'>,
  { url, language, robotSecret, headers }: EndpointFields,
): ApiResponse | null {
  const given = { url, language, robotSecret, headers, ...(format === 'cloudevents' ? {} : { format }) };
  const errors = [
    ...(sinks.get(kind)?.check({ id: '', kind, format, url: '' }) ?? NOT_SET_UP),
    ...Object.entries(given)
      .filter(([, value]) => value !== undefined)
      .map(([field]) => ({ field, problem: 'not allowed for eventbridge, which has none' })),
  ];
  return errors.length === 0 ? null : invalid('The subscription is invalid', errors);
}

const NOT_SET_UP: readonly FieldProblem[] = [{ field: 'kind', problem: 'is not set up here' }];

function eventProblems({ language, robotSecret, headers }: EndpointFields): readonly FieldProblem[] {
  const alone = 'is for the robots of groups: dingtalk, feishu, wecom or slack';
  return [
    ...(language === undefined ? [] : [{ field: 'language', problem: alone }]),
    ...(robotSecret === undefined ? [] : [{ field: 'robotSecret', problem: alone }]),
    ...(headers === undefined ? [] : headerProblems(headers)),
  ];
}

function robotProblems({ robotSecret, headers }: EndpointFields, isSigned: boolean, name: string) {
  const hasSecret = robotSecret !== undefined && robotSecret !== null;
  return [
    ...(headers === undefined ? [] : [{ field: 'headers', problem: 'are for the format cloudevents' }]),
    ...(hasSecret && !isSigned ? [{ field: 'robotSecret', problem: `${name} has no signature` }] : []),
  ];
}

/** What is stored, and shown, of what was given. */
export function endpointOf(format: Subscription['format'], fields: EndpointFields): Partial<Endpoint> {
  const { url, language, headers } = fields;
  const isRobot = robotOf(format) !== null;
  return {
    ...(url === undefined ? {} : isRobot ? { url: maskedUrl(url), robot: robotId(url) } : { url }),
    ...(language === undefined ? {} : { language }),
    ...(headers === undefined ? {} : { headerNames: Object.keys(lowerCased(headers)) }),
  };
}

/** What lies with the secrets of what was given; null: nothing. */
export function secretsOf(format: Subscription['format'], fields: EndpointFields): EndpointSecrets | null {
  const { url, robotSecret, headers } = fields;
  const secrets = {
    ...(url === undefined || robotOf(format) === null ? {} : { url }),
    ...(robotSecret === undefined ? {} : { robotSecret }),
    ...(headers === undefined ? {} : { headers: lowerCased(headers) }),
  };
  return Object.keys(secrets).length === 0 ? null : secrets;
}
