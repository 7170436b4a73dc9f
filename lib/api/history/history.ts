import { toIso } from '../../base/time.ts';
import { type ApiResponse, json } from '../http/types.ts';
import { keptFor } from '../kept.ts';
import { bucketsOf, RANGES, type Range, rangeBegin } from './buckets.ts';
import { makeSent, type SentPorts } from './deliveries.ts';
import { type EndsPorts, type Looked, makeEnds } from './ends.ts';

/** Whoever asks within this time gets the same response. */
const KEPT_MS = 60_000;
/** The same, while records are left to be read. */
const KEPT_UNREAD_MS = 1000;

/**
 * Ends, how soon they were seen, and deliveries over time, from the records that there are: nothing is counted before
 * somebody asks. A limit that was reached is said.
 */
export function makeHistory(ports: EndsPorts & SentPorts): (range: Range) => Promise<ApiResponse> {
  const [ends, sent] = [makeEnds(ports), makeSent(ports)];

  async function make(range: Range) {
    const nowMs = ports.clock();
    const since = toIso(rangeBegin(range, nowMs));
    const [ended, delivered] = await Promise.all([ends(since), sent(since)]);
    const unread = ended.unread + delivered.unread;
    const body = {
      range,
      since,
      bucketSeconds: RANGES[range].bucketMs / 1000,
      jobs: reachOf(ended),
      deliveries: reachOf(delivered),
      ...bucketsOf(range, nowMs, ended.rows, delivered.rows),
    };
    return { response: json(200, body), unread };
  }

  const keep = (range: Range) =>
    keptFor(
      ({ unread }) => (unread > 0 ? KEPT_UNREAD_MS : KEPT_MS),
      ports.clock,
      () => make(range),
    );
  const kept = { '24h': keep('24h'), '7d': keep('7d') } as const satisfies Record<Range, unknown>;
  return async (range) => (await kept[range]()).response;
}

function reachOf({ since, isCut, unread }: Looked<unknown>) {
  return { isWhole: !isCut && unread === 0, since, unread };
}
