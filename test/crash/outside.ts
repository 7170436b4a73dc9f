import type { HttpFailure, HttpRequest, HttpResponse } from '../../lib/base/http.ts';
import { NO_DETAIL, type Observation } from '../../lib/job/observation.ts';
import type { Access, Call, PollResult } from '../../lib/vendors/vendor.ts';
import type { Stores } from './stores.ts';

export const VENDOR_TIMEOUT_MS = 5000;
/** The pace was polled before. */
const NO_ACCESS: Access = {
  account: { vendor: 'huawei', accessKeyId: 'AK', accessKeySecret: 'SK' },
  acquire: async () => true,
};
const LONG = 'x'.repeat(5000);

/** The vendor, sick at times. What it truly said about a job is noted. */
export function poller({ chaos, clock, random, turns, during, world, polled }: Stores) {
  const isWordy = chaos.refuseAbove !== null;

  return async function ask(call: Call, mayBegin: boolean): Promise<PollResult> {
    if (!mayBegin) return unasked(call);
    await turns.sleep(random() * VENDOR_TIMEOUT_MS * 0.5);
    if (during(chaos.vendorTrouble)) world.vendor.next(aTrouble(random));
    const answer = await world.vendor.poll(call, NO_ACCESS);
    const observations = new Map([...answer.observations].map(([id, seen]) => [id, isWordy ? wordy(seen) : seen]));
    for (const [jobId, seen] of observations) {
      polled.push({ jobId, atMs: clock(), what: seen.kind === 'status' ? seen.word : seen.kind });
    }
    await turns.sleep(random() * VENDOR_TIMEOUT_MS * 0.5);
    return { ...answer, observations };
  };
}

function unasked({ jobIds }: Call): PollResult {
  const observation: Observation = { kind: 'unasked', reason: 'no time is left' };
  return { observations: new Map(jobIds.map((id) => [id, observation])), keyRefusals: 0, keyDoubts: 0, pages: null };
}

function aTrouble(random: () => number): Observation {
  const reason = 'trouble on purpose';
  const kinds: Observation[] = [
    { kind: 'throttled', retryAfterMs: null, reason },
    { kind: 'throttled', retryAfterMs: 30_000, reason },
    { kind: 'unreachable', reason },
    { kind: 'unreachable', reason },
    { kind: 'malformed', reason },
    { kind: 'unasked', reason },
    { kind: 'denied', what: 'key', reason },
    { kind: 'denied', what: 'scope', reason },
    { kind: 'status', word: 'PONDERING', detail: NO_DETAIL },
  ];
  return kinds[Math.floor(random() * kinds.length)] as Observation;
}

/** An answer that makes a large record, which the store refuses. */
function wordy(seen: Observation): Observation {
  if (seen.kind !== 'status') return seen;
  return { ...seen, detail: { ...NO_DETAIL, error: { code: 'E', message: LONG } } };
}

/** The endpoints, sick at times. */
export function answerer({ chaos, turns, random, during, world }: Stores) {
  return async function send({ url, headers, body = '' }: HttpRequest): Promise<HttpResponse | HttpFailure> {
    await turns.sleep(random() * 2000);
    if (during(chaos.endpointTrouble)) {
      if (random() < 0.5) return { kind: 'failure', error: 'timeout', code: null, reason: 'no answer' };
      return { kind: 'response', status: 500, headers: {}, body: '' };
    }
    world.posts.push({ host: url.host, id: headers['webhook-id'] ?? '', body });
    return { kind: 'response', status: 200, headers: {}, body: '' };
  };
}
