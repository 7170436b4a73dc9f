import { partition } from '@aws-sdk/core/client';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { HttpFailure, HttpResponse, Send } from '../../base/http.ts';
import type { Clock } from '../../base/time.ts';

export interface SignedCallOptions {
  /** Bounds the time and the size of one try, and follows no redirects. */
  readonly send: Send;
  readonly credentials: () => Promise<AwsKeys>;
  readonly region: string;
  /**
   * Where a service is, if not at its own address in the region: `AWS_ENDPOINT_URL_<SERVICE>` or `AWS_ENDPOINT_URL`.
   */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
  /** At most; default 3. */
  readonly tries?: number | undefined;
}

/** As the SDK's providers give them. */
export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface AwsRequest {
  readonly service: 'events' | 'lambda' | 'ssm' | 'states';
  /** Begins with a slash. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** False: a try that the service may have taken is not repeated. */
  readonly repeatable: boolean;
}

/**
 * `error` is null for a status below 300; else AWS's short name of it (`ParameterNotFound`), or ours. Never a secret.
 */
export interface AwsAnswer {
  readonly error: string | null;
  /** null: no answer came, for the reason in `failure`. */
  readonly status: number | null;
  readonly failure: HttpFailure['error'] | null;
  readonly body: string;
}

export type SignedCall = (request: AwsRequest) => Promise<AwsAnswer>;

const TRIES = 3;
/**
 * As the SDK waits: between nothing and 100 ms, then 200 ms.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
const BACKOFF_MS = 100;

/**
 * One call of a service that has no other client here, by POST: the SDK's clients of SSM and Lambda would cost each
 * cold start 15 ms of CPU (docs/adr/0014-write-only-what-matters.md). Signed by the SDK's own signer, tried three
 * times, never rejects for what a service or the network did. Credentials that are absent reject.
 */
export function makeSignedCall(options: SignedCallOptions): SignedCall {
  const { send, clock, sleep, random, tries = TRIES } = options;
  return async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      const response = await send(await signed(request, options, clock()));
      const error = errorOf(response);
      if (error === null || attempt === tries || !mayRepeat(response, error, request.repeatable)) {
        return { error, ...factsOf(response) };
      }
      await sleep(random() * BACKOFF_MS * 2 ** (attempt - 1));
    }
  };
}

async function signed(request: AwsRequest, { credentials, region, environment }: SignedCallOptions, nowMs: number) {
  const url = new URL(request.path, endpointOf(request.service, region, environment));
  const signer = new SignatureV4({ service: request.service, region, credentials, sha256: Sha256 });
  const plain = {
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: {},
    headers: { ...request.headers, host: url.host },
    body: request.body,
  };
  const { headers } = await signer.sign(plain, { signingDate: new Date(nowMs) });
  return { method: 'POST' as const, url, headers, body: request.body };
}

/** As the SDK names them. https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html */
const VARIABLES = { events: 'EVENTBRIDGE', lambda: 'LAMBDA', ssm: 'SSM', states: 'SFN' } as const;

/** China and the sovereign cloud have suffixes of their own: the SDK's table of partitions, which its clients hold. */
function endpointOf(
  service: AwsRequest['service'],
  region: string,
  environment: SignedCallOptions['environment'],
): string {
  const given = environment[`AWS_ENDPOINT_URL_${VARIABLES[service]}`] ?? environment['AWS_ENDPOINT_URL'];
  return given ?? `https://${service}.${region}.${partition(region).dnsSuffix}`;
}

function factsOf(response: HttpResponse | HttpFailure): Omit<AwsAnswer, 'error'> {
  if (response.kind === 'failure') return { status: null, failure: response.error, body: '' };
  return { status: response.status, failure: null, body: response.body };
}

function errorOf(response: HttpResponse | HttpFailure): string | null {
  if (response.kind === 'failure') return response.reason;
  if (response.status >= 200 && response.status < 300) return null;
  const name = response.headers['x-amzn-errortype'] ?? typeIn(response.body) ?? '';
  // `com.amazonaws.ssm#ParameterNotFound:http://…` is ParameterNotFound; a name is the one thing taken from a response.
  return /^(?:[\w.]*#)?(\w{1,64})(?::|$)/.exec(name)?.[1] ?? `HTTP ${response.status}`;
}

function typeIn(body: string): string | null {
  return /"__type"\s*:\s*"([^"]{1,200})"/.exec(body)?.[1] ?? null;
}

export const THROTTLED = /^(Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled)/;

function mayRepeat(response: HttpResponse | HttpFailure, error: string, repeatable: boolean): boolean {
  if (response.kind === 'failure') {
    return response.error === 'connect' || (repeatable && (response.error === 'reset' || response.error === 'timeout'));
  }
  return response.status === 429 || THROTTLED.test(error) || (repeatable && response.status >= 500);
}
