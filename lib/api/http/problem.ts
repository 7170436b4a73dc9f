import { showName } from '../../job/free-text.ts';
import type { FieldProblem } from '../../job/watch-message.ts';
import type { ApiResponse } from './types.ts';

export type { FieldProblem };

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** A hundred wrong entries with a few wrong fields each; more would only lengthen the response. */
const ERRORS_MAX = 500;

/**
 * `type` stays `about:blank`: the status says which kind it is, `detail` says the rest. `errors` is empty where no
 * field is wrong.
 */
export function problem(
  status: number,
  detail: string,
  more: {
    readonly errors?: readonly FieldProblem[];
    readonly headers?: Readonly<Record<string, string>>;
    readonly members?: Readonly<Record<string, unknown>>;
  } = {},
): ApiResponse {
  const errors = (more.errors ?? []).slice(0, ERRORS_MAX).map(shown);
  const body = {
    type: 'about:blank',
    title: TITLES[status] ?? 'Error',
    status,
    detail,
    errors,
    ...more.members,
  };
  return {
    status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...more.headers },
    body: JSON.stringify(body),
  };
}

/** A field's name is the sender's own text: each part of its path is shown only if it is a plain word. */
function shown({ field, problem: text }: FieldProblem): FieldProblem {
  const path = field.split('.').map((part) => {
    const [, name = '', place = ''] = /^(.*?)((?:\[\d+\])*)$/s.exec(part) ?? [];
    return `${showName(name)}${place}`;
  });
  return { field: field === '' ? '' : path.join('.'), problem: text };
}

/** Names every wrong field at once, so that one response is enough to mend a request. */
export function invalid(what: string, errors: readonly FieldProblem[]): ApiResponse {
  const named = errors
    .slice(0, 3)
    .map(shown)
    .map(({ field, problem: text }) => (field === '' ? text : `${field}: ${text}`));
  const rest = errors.length > named.length ? `; and ${errors.length - named.length} more` : '';
  return problem(400, `${what}: ${named.join('; ')}${rest}.`, { errors });
}
