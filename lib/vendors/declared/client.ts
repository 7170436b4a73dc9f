import type { HttpRequest, HttpResponse } from '../../base/http.ts';
import { httpDateMs, namedWaitMs } from '../../base/http-headers.ts';
import type { Clock } from '../../base/time.ts';
import { encodeQuery, type Query } from '../kit/canonical.ts';
import type { Client, Protocol } from '../kit/client.ts';
import {
  boundRetry,
  type ClassifiedFault,
  classOfStatus,
  retryAfterMs,
  rowOf,
  shownCode,
  withPatience,
} from '../kit/faults.ts';
import { parseObject } from '../kit/json.ts';
import type { Session } from '../kit/session.ts';
import type { BearerAccount } from './account.ts';
import type { DeclaredCloud } from './declaration.ts';
import { valueAt } from './pointer.ts';

export type BearerSession = Session<BearerAccount>;

/** A GET request. Only one for a single job can be told that the job is unknown. */
export interface BearerGet {
  /** Encoded. */
  readonly path: string;
  readonly query: Query;
  readonly about: 'job' | 'list';
}

export type BearerClient = Client<BearerAccount, BearerGet>;

export function bearerProtocol(cloud: DeclaredCloud, clock: Clock): Protocol<BearerAccount, BearerGet> {
  const originOf = ({ account, scope }: BearerSession) => account.endpoints?.[scope.api] ?? cloud.origin;
  return {
    authenticate: async () => null,
    originOf,
    sign: (session, get) => getRequest(originOf(session), session.account, get),
    restMs: (response) => restMs(response, cloud, clock),
    classify: (response, get) => readFault(response, get, cloud, clock),
  };
}

function getRequest(origin: string, { token }: BearerAccount, { path, query }: BearerGet): HttpRequest {
  const url = new URL(query.length === 0 ? path : `${path}?${encodeQuery(query)}`, origin);
  return {
    method: 'GET',
    url,
    headers: { host: url.host, accept: 'application/json', authorization: `Bearer ${token}` },
  };
}

/** The class of an error by its code; by its status where no row has the code. */
function readFault(response: HttpResponse, get: BearerGet, cloud: DeclaredCloud, clock: Clock): ClassifiedFault {
  const body = parseObject(response.body);
  const fault = { status: response.status, code: shownCode(valueAt(body, cloud.errorCode)), message: '' };
  const row = rowOf(fault, cloud.faults);
  const byStatus = classOfStatus(response.status);
  const isMiss = row?.means === 'missing' && get.about === 'job' && response.status === 404;
  const known = row?.means === 'missing' && !isMiss ? byStatus : (row?.means ?? byStatus);
  const named = retryAfterMs(response);
  const faultClass = withPatience(known, response.status, named);
  const wishMs = named ?? (faultClass === 'throttled' ? rateLimitMs(response, cloud, clock) : null);
  const mayBeOfOneId = fault.code !== null && row?.isOfAll !== true;
  return { fault, faultClass, retryAfterMs: wishMs, mayBeOfOneId };
}

/** `Retry-After`, or that no call is left. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function restMs(response: HttpResponse, cloud: DeclaredCloud, clock: Clock): number | null {
  const dateMs = httpDateMs(response.headers['date']);
  const named = namedWaitMs(response, dateMs, Number.POSITIVE_INFINITY);
  if (named !== null) return boundRetry(named);
  return response.headers['ratelimit-remaining']?.trim() === '0' ? rateLimitMs(response, cloud, clock) : null;
}

/** Until the next call is free, by `RateLimit-Reset` in seconds since the epoch. */
function rateLimitMs({ headers }: HttpResponse, { rateLimitReset }: DeclaredCloud, clock: Clock): number | null {
  const resetMs = secondsOf(headers['ratelimit-reset']) * 1000;
  const leftMs = resetMs - (httpDateMs(headers['date']) ?? clock());
  if (!Number.isFinite(leftMs) || leftMs <= 0) return null;
  if (rateLimitReset === 'nextCall') return boundRetry(leftMs);
  const limit = secondsOf(headers['ratelimit-limit']);
  return limit > 0 ? boundRetry(Math.ceil(leftMs / limit)) : null;
}

/** A whole number; NaN for anything else. */
function secondsOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : Number.NaN;
}
