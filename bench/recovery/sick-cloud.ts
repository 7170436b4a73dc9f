import type { HttpFailure, HttpRequest, HttpResponse, Send } from '../../lib/base/http.ts';
import type { VirtualTime } from './virtual-time.ts';

export const OUTAGES = ['reset', 'hang', 'refused', 'DNS', '500', 'throttle'] as const;
export type Outage = (typeof OUTAGES)[number];

const ANSWER_MS = 150;
const TIME_OUT_MS = 5000;

/** Both clouds: every job runs for ever. While the outage lasts, what `isSick` names is answered by it alone. */
export function makeSickCloud({ clock, sleep }: VirtualTime) {
  /** When each job was polled: what the vendor has answered about it. */
  const polled = new Map<string, number>();
  let signedInVain = 0;
  let outage: { readonly kind: Outage; readonly isSick: (url: URL) => boolean } | null = null;

  const send: Send = async (request) => {
    const { kind } = outage?.isSick(request.url) ? outage : { kind: null };
    if (kind === 'hang') await sleep(TIME_OUT_MS);
    else await sleep(ANSWER_MS);
    if (kind !== null && 'authorization' in request.headers) signedInVain += 1;
    return kind === null ? answer(request) : failureOf(kind);
  };

  function answer({ url, headers }: HttpRequest): HttpResponse {
    if (!('authorization' in headers)) return json({ error_code: 'APIGW.0301' }, 401);
    const ids = url.host.endsWith('aliyuncs.com')
      ? [...url.searchParams].filter(([name]) => name.startsWith('JobIds.')).map(([, id]) => id)
      : [url.pathname.replace(/.*\//, '')];
    for (const id of ids) polled.set(id, clock());
    if (url.host.endsWith('aliyuncs.com')) return json({ Jobs: ids.map((Id) => ({ Id, Status: 'Processing' })) });
    const job = { job_id: ids[0], status: 'RUNNING' };
    return json(url.pathname.startsWith('/v3/') ? { job } : job);
  }

  return {
    send,
    polled,
    /** Requests of the outage that bore a signature. */
    signedInVain: () => signedInVain,
    begin(kind: Outage, isSick: (url: URL) => boolean): void {
      outage = { kind, isSick };
    },
    end(): void {
      outage = null;
    },
  };
}

function json(value: unknown, status = 200): HttpResponse {
  return { kind: 'response', status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function failureOf(kind: Outage): HttpResponse | HttpFailure {
  if (kind === '500') return json({ error_msg: 'out of order' }, 500);
  if (kind === 'throttle') return json({ error_code: 'APIGW.0308', Code: 'Throttling' }, 429);
  const failure = (error: HttpFailure['error'], code: string | null): HttpFailure => ({
    kind: 'failure',
    error,
    code,
    reason: 'the outage',
  });
  if (kind === 'hang') return failure('timeout', null);
  if (kind === 'reset') return failure('reset', 'ECONNRESET');
  return failure('connect', kind === 'DNS' ? 'ENOTFOUND' : 'ECONNREFUSED');
}
