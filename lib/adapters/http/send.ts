import type { LookupAddress } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { errorCode } from '../../base/error.ts';
import type { HttpFailure, HttpRequest, HttpResponse, Send } from '../../base/http.ts';
import { makeBody } from './body.ts';

/** Where a request may connect to: addresses that were checked, or the reason why there are none. */
export type Route = { readonly kind: 'addresses'; readonly addresses: readonly LookupAddress[] } | HttpFailure;

/** Asked before every request. The connection is made to one of its addresses; the name is not looked up again. */
export type Guard = (url: URL) => Promise<Route>;

export interface SendOptions {
  /** From the look-up of the name to the last byte of the response. */
  readonly timeoutMs: number;
  /** The longest body of a response. */
  readonly maxBytes: number;
  /**
   * What a longer body does: false, the call fails as `too_large`; true, the response ends at `maxBytes` and counts as
   * given.
   */
  readonly truncate?: boolean;
  /** Connections to one origin. A request that finds all of them busy waits, within its time-out. */
  readonly maxSockets?: number;
  readonly guard?: Guard;
}

/** Of one request. Once its connection stands, TLS included, the server may have received it. */
interface Progress {
  isConnected: boolean;
}

interface Pools {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/** An idle connection is closed after this time: a server, or a gateway between, seldom keeps one for less than 5 s. */
const IDLE_MS = 4000;

/**
 * The real `Send`, for vendors and webhooks alike, over pools of kept connections. TLS is verified, and bodies are
 * asked for and taken as they are (`accept-encoding: identity`). A request is sent once: a kept connection that the
 * server has just closed is a `reset`, since a signed request must not be sent twice with one nonce.
 */
export function makeSend(options: SendOptions): Send {
  const pool = { keepAlive: true, timeout: IDLE_MS, maxSockets: options.maxSockets ?? 50, maxTotalSockets: 250 };
  const pools: Pools = { http: new http.Agent(pool), https: new https.Agent(pool) };
  return async (request) => {
    const stop = new AbortController();
    const progress: Progress = { isConnected: false };
    const { promise: late, resolve: giveUp } = Promise.withResolvers<HttpFailure>();
    const timer = setTimeout(() => {
      giveUp(timeOut(request.url.host, options.timeoutMs, progress));
      stop.abort();
    }, options.timeoutMs);
    try {
      return await Promise.race([late, exchange(request, options, pools, { progress, signal: stop.signal })]);
    } catch (error) {
      return failure('connect', errorCode(error), `the request to ${request.url.host} could not be made`);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Kept connections: Node does not say of a TLS socket that is handed on whether its handshake is over. */
const CONNECTED = new WeakSet<Socket>();

async function exchange(
  request: HttpRequest,
  options: SendOptions,
  pools: Pools,
  { progress, signal }: { progress: Progress; signal: AbortSignal },
): Promise<HttpResponse | HttpFailure> {
  const { protocol, host } = request.url;
  if (protocol !== 'https:' && protocol !== 'http:') return failure('blocked', null, `${protocol} is not HTTP`);
  const route = options.guard === undefined ? null : await options.guard(request.url);
  if (route?.kind === 'failure') return route;
  const { promise, resolve } = Promise.withResolvers<HttpResponse | HttpFailure>();
  const call = open(request, pools, route?.addresses ?? null, signal);
  let answered = false;
  call.on('socket', (socket) => {
    progress.isConnected = CONNECTED.has(socket);
    socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      CONNECTED.add(socket);
      progress.isConnected = true;
    });
  });
  call.on('response', (response) => {
    answered = true;
    resolve(collect(response, host, options));
  });
  call.on('error', (error) => resolve(failureOf(error, progress, host)));
  call.on('close', () => {
    if (!answered) resolve(failure('reset', null, `${host} closed the connection without an answer`));
  });
  call.end(request.body);
  return await promise;
}

function open(
  request: HttpRequest,
  pools: Pools,
  addresses: readonly LookupAddress[] | null,
  signal: AbortSignal,
): http.ClientRequest {
  const { url, method, headers } = request;
  const secure = url.protocol === 'https:';
  return (secure ? https : http).request({
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    method,
    headers: { 'accept-encoding': 'identity', ...headers },
    agent: secure ? pools.https : pools.http,
    signal,
    ...(addresses === null ? {} : { lookup: lookupIn(addresses) }),
  });
}

/** A look-up that knows nothing but the addresses that were checked. */
function lookupIn(addresses: readonly LookupAddress[]): NonNullable<http.RequestOptions['lookup']> {
  return (hostname, { all }, callback) => {
    const [first] = addresses;
    if (first === undefined) callback(new Error(`${hostname} has no address`), '');
    else if (all) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

function collect(
  response: http.IncomingMessage,
  host: string,
  options: SendOptions,
): Promise<HttpResponse | HttpFailure> {
  const { promise, resolve } = Promise.withResolvers<HttpResponse | HttpFailure>();
  const body = makeBody(options.maxBytes);
  const whole = () => resolve(responseOf(response, body.text()));
  const cut = (error?: unknown) => resolve(failure('reset', errorCode(error), `the answer of ${host} was cut short`));
  response.on('data', (chunk: Buffer) => {
    body.add(chunk);
    if (body.receivedBytes <= options.maxBytes) return;
    if (options.truncate === true) whole();
    else resolve(failure('too_large', null, `the answer of ${host} is longer than ${options.maxBytes} bytes`));
    response.destroy();
  });
  // A body that is cut short ends in `error` or `close` without an `end`.
  response.on('end', whole);
  response.on('error', cut);
  response.on('close', () => cut());
  return promise;
}

function responseOf(response: http.IncomingMessage, body: string): HttpResponse {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(response.headersDistinct)) headers[name] = (values ?? []).join(', ');
  return { kind: 'response', status: response.statusCode ?? 0, headers, body };
}

/** Before the connection stands nothing of the request was sent: nobody can have received it. */
function timeOut(host: string, timeoutMs: number, { isConnected }: Progress): HttpFailure {
  if (isConnected) return failure('timeout', null, `${host} gave no whole answer within ${timeoutMs} ms`);
  return failure('connect', 'ETIMEDOUT', `no connection to ${host} within ${timeoutMs} ms`);
}

function failureOf(error: Error, { isConnected }: Progress, host: string): HttpFailure {
  const code = errorCode(error);
  if (code !== null && TLS_CODE.test(code)) return failure('tls', code, `no trusted connection to ${host}: ${code}`);
  if (code === 'HPE_HEADER_OVERFLOW') return failure('too_large', code, `the headers of ${host} are too long`);
  if (isConnected) return failure('reset', code, `the connection to ${host} broke: ${code ?? error.message}`);
  return failure('connect', code, `no connection to ${host}: ${code ?? error.message}`);
}

/** OpenSSL's verdicts on certificates and Node's own. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const TLS_CODE = new RegExp(
  '^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|UNABLE_TO_|ERROR_IN_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|' +
    'PATH_LENGTH_|HOSTNAME_MISMATCH)',
);

function failure(error: HttpFailure['error'], code: string | null, reason: string): HttpFailure {
  return { kind: 'failure', error, code, reason };
}
