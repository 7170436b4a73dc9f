import type { TargetProblem } from './sink.ts';

export const HEADERS_MAX = 8;
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
/** Printable ASCII without a space at either end. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]{0,1022}[\x21-\x7e])?$/;
/** Those of one connection, and those that jobwatch or the connection sets by itself. */
const TAKEN: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
  'expect',
  'accept-encoding',
  'user-agent',
  'traceparent',
]);

/** What is wrong with the headers that a subscription wants to be sent with. Never says a value. */
export function headerProblems(headers: Readonly<Record<string, string>>): readonly TargetProblem[] {
  const names = Object.keys(headers);
  const lower = names.map((name) => name.toLowerCase());
  if (names.length > HEADERS_MAX) return [{ field: 'headers', problem: `expected at most ${HEADERS_MAX} headers` }];
  return Object.entries(headers).flatMap(([name, value], at) => {
    const field = `headers.${name}`;
    if (!NAME.test(name)) return [{ field: 'headers', problem: 'expected names of headers, such as Authorization' }];
    if (isTaken(name.toLowerCase())) return [{ field, problem: 'this header is not for subscriptions to set' }];
    if (lower.indexOf(name.toLowerCase()) !== at) return [{ field, problem: 'appears more than once' }];
    return VALUE.test(value)
      ? []
      : [{ field, problem: 'expected 1 to 1024 printable ASCII characters without a space at either end' }];
  });
}

function isTaken(name: string): boolean {
  return TAKEN.has(name) || name.startsWith('content-') || name.startsWith('webhook-');
}

/** As they are stored: names in lower case. */
export function lowerCased(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
