import { asciiJson } from '../../base/ascii-json.ts';
import { toIso } from '../../base/time.ts';
import { labelsIn } from '../../deliver/sinks/label-path.ts';
import { attemptOf, sendThrough } from '../../deliver/sinks/sink.ts';
import { testEvent } from '../../events/event.ts';
import { sampleEvent } from '../../events/sample.ts';
import type { EventType } from '../../events/types.ts';
import { type ApiResponse, json } from '../http/types.ts';
import type { ApiPorts } from '../ports.ts';
import { findSubscription, noSuchSubscription } from './subscriptions.ts';

/**
 * Calls the endpoint here and now, also while it is disabled, and returns what it said. Leaves no delivery behind. A
 * place that is told at a pace is told at once all the same, and a slot of its own is taken for it.
 */
export async function testSubscription(
  ports: Pick<ApiPorts, 'stage' | 'subscriptions' | 'sinks' | 'slots' | 'randomId' | 'clock'>,
  id: string,
  type: EventType | undefined,
): Promise<ApiResponse> {
  const subscription = await findSubscription(ports, id);
  if (subscription === null) return noSuchSubscription();
  const at = toIso(ports.clock());
  const eventId = `evt_${ports.randomId()}`;
  const labels = Object.fromEntries(labelsIn(subscription.url).map((key) => [key, 'sample']));
  const event =
    type === undefined
      ? testEvent(ports.stage, { id: eventId, subscription: id, at })
      : sampleEvent(ports.stage, { id: eventId, type, at, subscription: id, labels });
  const pace = ports.sinks.get(subscription.kind)?.pace?.(subscription) ?? null;
  if (pace !== null) await ports.slots.take(pace.key, pace.intervalMs, ports.clock());
  const sent = await sendThrough(ports.sinks, subscription, { id: eventId, json: asciiJson(event), attempt: 1 });
  return json(200, { eventId, ...attemptOf(sent.detail) });
}
