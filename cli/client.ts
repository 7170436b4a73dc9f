import * as v from 'valibot';
import { VERSION } from '../lib/webhook.ts';
import { CliError, EXIT, Interrupted, usage } from './exit.ts';
import type { Settings } from './settings.ts';

/** What came of one request. */
export type Answer =
  | { readonly kind: 'ok'; readonly status: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly status: number; readonly detail: string; readonly value: unknown }
  /** Worth another try: no answer, 429, 5xx. */
  | { readonly kind: 'away'; readonly reason: string; readonly retryAfterMs: number | null };

export interface Sending {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** How often it is tried at most; default 4. Every request of the command line may be repeated. */
  readonly tries?: number;
}

export interface ApiClient {
  readonly url: string;
  /** Never throws but when the user interrupts. */
  call(method: string, path: string, sending?: Sending): Promise<Answer>;
}

export interface ClientDeps {
  readonly settings: Pick<Settings, 'url' | 'token'>;
  readonly fetch: typeof globalThis.fetch;
  readonly sleep: (ms: number) => Promise<void>;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 35_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const TRIES = 4;

const problem = v.looseObject({ detail: v.string() });

/** Throws a usage error if it is not known where jobwatch is. */
export function makeClient({ settings, fetch, sleep, signal }: ClientDeps): ApiClient {
  const url = baseUrl(settings.url);

  async function once(method: string, path: string, { body, headers = {} }: Sending): Promise<Answer> {
    try {
      const response = await fetch(`${url}/v1${path}`, {
        method,
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        headers: {
          'user-agent': `jobwatch-cli/${VERSION}`,
          ...(settings.token === null ? {} : { authorization: `Bearer ${settings.token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return answerOf(response, await response.text());
    } catch (error) {
      if (signal.aborted) throw new Interrupted();
      return { kind: 'away', reason: reasonOf(error), retryAfterMs: null };
    }
  }

  return {
    url,
    async call(method, path, sending = {}) {
      let waitMs = FIRST_WAIT_MS;
      for (let left = (sending.tries ?? TRIES) - 1; ; left -= 1) {
        const answer = await once(method, path, sending);
        if (answer.kind !== 'away' || left <= 0) return answer;
        await sleep(Math.min(answer.retryAfterMs ?? waitMs, LONGEST_WAIT_MS));
        waitMs *= 2;
      }
    },
  };
}

function answerOf(response: Response, text: string): Answer {
  const { status } = response;
  const value = parse(text);
  if (status === 429 || status >= 500) {
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    const detail = v.is(problem, value) ? ` ${value.detail}` : '';
    return {
      kind: 'away',
      reason: `it answered ${status}.${detail}`,
      retryAfterMs: seconds >= 0 ? seconds * 1000 : null,
    };
  }
  if (response.ok && (status === 204 || value !== undefined)) return { kind: 'ok', status, value };
  const detail = v.is(problem, value) ? value.detail : `The answer ${status} is none of jobwatch's.`;
  return { kind: 'refused', status, detail, value };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `fetch` hides what happened in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the request failed';
  if (error.name === 'TimeoutError') return `there was no answer within ${TIMEOUT_MS / 1000} s`;
  const cause = error.cause;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.message : error.message;
}

function baseUrl(text: string | null): string {
  if (text === null || text === '')
    throw usage('Where is jobwatch? Set JOBWATCH_URL, --url or a profile to the HttpApiUrl of the stack.');
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw usage(`"${text}" is not a URL: take the HttpApiUrl of the stack, https://….`);
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !isLoopback)
    throw usage(`${text} is not encrypted and would show the token to anybody on the way: use https.`);
  return text.replace(/\/+$/, '').replace(/\/v1$/, '');
}

/** The value of a good answer; else throws what a user can act on. */
export function need(client: ApiClient, answer: Answer): unknown {
  if (answer.kind === 'ok') return answer.value;
  if (answer.kind === 'away')
    throw new CliError(
      EXIT.unreachable,
      `jobwatch at ${client.url} can't be reached: ${answer.reason.replace(/\.$/, '')}. Check the URL and the network, then "jobwatch doctor".`,
    );
  if (answer.status === 401)
    throw usage(
      'The token was refused: set JOBWATCH_TOKEN or --token-file to a good one; "jobwatch token create" makes one.',
    );
  if (answer.status === 403) throw usage(`${answer.detail} Make one that has it: "jobwatch token create --scopes …".`);
  throw new CliError(EXIT.failed, answer.detail);
}
