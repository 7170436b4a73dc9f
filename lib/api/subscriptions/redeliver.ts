import { readChangeWrite } from '../../base/conditional-write.ts';
import { parseTime, toIso } from '../../base/time.ts';
import { type Delivery, type DeliveryMessage, type DeliveryState, reopen } from '../../deliver/delivery.ts';
import type { Subscription } from '../../deliver/subscription.ts';
import type { Position } from '../../job/store.ts';
import { encodeCursor, PAGE_MAX, positionOf } from '../http/cursor.ts';
import { isEventId } from '../http/ids.ts';
import { invalid, problem } from '../http/problem.ts';
import { type ApiResponse, json } from '../http/types.ts';
import type { ApiPorts } from '../ports.ts';
import { deliveryView } from '../views.ts';
import { badCursor, findTarget, inChunks, noSuchDelivery } from './deliveries.ts';
import { noSuchSubscription } from './subscriptions.ts';

const SAVE_TRIES = 5;
/** One request to redeliver looks at this many pages of deliveries at most, and says where to go on. */
const REDELIVER_PAGES = 5;

type RedeliverPorts = Pick<ApiPorts, 'subscriptions' | 'deliveries' | 'sendDeliveries' | 'clock' | 'log'>;

/** Sends one event again, whatever became of it. What was still under way for it is dropped: its round is over. */
export async function redeliverOne(ports: RedeliverPorts, id: string, eventId: string): Promise<ApiResponse> {
  const subscription = await findTarget(ports, id);
  if (subscription === null) return noSuchSubscription();
  if (subscription.state === 'disabled') return isDisabled();
  const redelivered = isEventId(eventId) ? await redeliver(ports, id, eventId, () => true) : null;
  if (redelivered === null) return noSuchDelivery();
  if (redelivered === 'busy') {
    return problem(409, 'The delivery keeps changing; try again.', { headers: { 'retry-after': '1' } });
  }
  const { delivery, sent } = redelivered;
  if (!sent)
    return problem(503, 'The delivery could not be sent at the moment; try again.', {
      headers: { 'retry-after': '1' },
    });
  return json(202, deliveryView(delivery));
}

interface Since {
  readonly since: string;
  readonly until?: string | undefined;
  readonly cursor?: string | undefined;
  /** Counts, and changes nothing. */
  readonly dryRun?: boolean | undefined;
}

const UNDELIVERED: ReadonlySet<DeliveryState> = new Set<DeliveryState>(['exhausted', 'canceled', 'skipped']);

/**
 * Sends again what was made in that time and did not arrive: exhausted, canceled or skipped. What waits is on its way
 * anyhow.
 */
export async function redeliverSince(
  ports: RedeliverPorts,
  id: string,
  { since, until, cursor, dryRun = false }: Since,
): Promise<ApiResponse> {
  const span = {
    since: toIso(parseTime(since) ?? 0),
    until: toIso(until === undefined ? ports.clock() : (parseTime(until) ?? 0)),
  };
  if (span.until < span.since)
    return invalid('The body is invalid', [{ field: 'until', problem: 'expected a time after since' }]);
  const subscription = await findTarget(ports, id);
  if (subscription === null) return noSuchSubscription();
  if (subscription.state === 'disabled' && !dryRun) return isDisabled();
  const list = `redeliver ${id}`;
  const after = cursor === undefined ? null : positionOf(list, cursor, isEventId);
  if (cursor !== undefined && after === null) return badCursor();
  return json(202, await redeliverSpan(ports, subscription, { ...span, dryRun }, list, after));
}

interface Counts {
  readonly redelivered: number;
  readonly failed: number;
}

async function redeliverSpan(
  ports: RedeliverPorts,
  subscription: Pick<Subscription, 'id'>,
  span: { since: string; until: string; dryRun: boolean },
  list: string,
  from: Position | null,
): Promise<Counts & { nextCursor?: string }> {
  let counts: Counts = { redelivered: 0, failed: 0 };
  let after = from;
  for (let pages = 0; pages < REDELIVER_PAGES; pages += 1) {
    const page = await ports.deliveries.list(subscription.id, { limit: PAGE_MAX, after });
    const within = page.filter(({ createdAt }) => createdAt >= span.since && createdAt <= span.until);
    const undelivered = within.filter(({ state }) => UNDELIVERED.has(state));
    const more = span.dryRun
      ? { redelivered: undelivered.length, failed: 0 }
      : await redeliverAll(ports, subscription, undelivered);
    counts = { redelivered: counts.redelivered + more.redelivered, failed: counts.failed + more.failed };
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_MAX || last.createdAt < span.since) return counts;
    after = { createdAt: last.createdAt, id: last.eventId };
  }
  return after === null ? counts : { ...counts, nextCursor: encodeCursor(list, [after.createdAt, after.id]) };
}

async function redeliverAll(
  ports: RedeliverPorts,
  subscription: Pick<Subscription, 'id'>,
  deliveries: readonly Delivery[],
): Promise<{ redelivered: number; failed: number }> {
  const isUndelivered = ({ state }: Delivery): boolean => UNDELIVERED.has(state);
  const results = await inChunks(deliveries, ({ eventId }) =>
    redeliver(ports, subscription.id, eventId, isUndelivered),
  );
  const redelivered = results.filter((result) => result !== null && result !== 'busy' && result.sent).length;
  const failed = results.filter((result) => result === 'busy' || (result !== null && !result.sent)).length;
  return { redelivered, failed };
}

type Redelivered = { readonly delivery: Delivery; readonly sent: boolean } | 'busy' | null;

/** The record is opened before its message is sent: a message that is lost leaves a delivery that `reconcile` finds. */
async function redeliver(
  ports: RedeliverPorts,
  id: string,
  eventId: string,
  isWanted: (delivery: Delivery) => boolean,
): Promise<Redelivered> {
  const opened = await readChangeWrite(
    SAVE_TRIES,
    () => ports.deliveries.get(id, eventId),
    async (before) => {
      if (before === null || !isWanted(before)) return null;
      const delivery: Delivery = { ...reopen(before, toIso(ports.clock())), round: before.round + 1 };
      return (await ports.deliveries.save(delivery)) === 'saved' ? delivery : 'conflict';
    },
  );
  if (opened === null) return null;
  if (opened === 'conflict') return 'busy';
  return { delivery: opened, sent: await send(ports, { subscription: id, eventId, round: opened.round }) };
}

async function send(ports: RedeliverPorts, message: DeliveryMessage): Promise<boolean> {
  try {
    const [taken] = await ports.sendDeliveries([message]);
    return taken === true;
  } catch (error) {
    ports.log.warn('api.redeliver', {
      subscription: message.subscription,
      event: message.eventId,
      reason: String(error),
    });
    return false;
  }
}

function isDisabled(): ApiResponse {
  return problem(409, 'The subscription is disabled; enable it first.');
}
