import { toIso, toMs } from '../base/time.ts';
import { type Bulkhead, type Call, makeBulkhead, QUICK_MS } from './bulkhead.ts';
import { type Circuit, makeCircuit, type Permit, shortWait } from './circuit.ts';
import { decide, parseDeliveryMessage, type ReceivedMessage } from './decide.ts';
import { type Delivery, end } from './delivery.ts';
import { type DisablePorts, disableIfDue, publishDisabled } from './disable.ts';
import { attemptFields, whatNext } from './outcome.ts';
import type { DeliveryStore, SubscriptionStore } from './ports.ts';
import { awaitSlot, comeBack, delay, type PostponePorts, postpone } from './postpone.ts';
import { orFree, report } from './report.ts';
import { cutOffWaitMs } from './retry.ts';
import { attemptOf, type Sent, type Sinks, sendThrough, type Target } from './sinks/sink.ts';
import { holdsSlot, type SlotStore } from './slots.ts';
import type { Subscription } from './subscription.ts';

export interface DeliverPorts extends DisablePorts, Omit<PostponePorts, 'deliveries'> {
  readonly sinks: Sinks;
  readonly slots: SlotStore;
  readonly deliveries: Pick<DeliveryStore, 'get' | 'save' | 'addAttempt'>;
  readonly subscriptions: Pick<SubscriptionStore, 'get' | 'save' | 'setCircuit' | 'leaseProbe' | 'setLastSuccess'>;
  /** Sends a message's body to the dead deliveries queue. */
  readonly deadLetter: (body: string, reason: string) => Promise<void>;
}

export interface DeliverSettings {
  readonly stage: string;
  /** Waits between attempts: n waits make n + 1 attempts. */
  readonly waitsSeconds: readonly number[];
  /** The time-out of one attempt. */
  readonly timeoutMs: number;
}

/** `done`: the message may be deleted. `keep`: it comes back, and nothing may delete it. */
export type Result = 'done' | 'keep';
/** Unless `mayProbeFailing` the message waits if its endpoint has been failing; true where nothing is said. */
export type Deliver = (message: ReceivedMessage, mayProbeFailing?: boolean) => Promise<Result>;

/** The ports, and what this process keeps from one message to the next. */
interface WorkerPorts extends DeliverPorts {
  readonly settings: DeliverSettings;
  readonly bulkhead: Bulkhead;
  readonly circuit: Circuit;
  /** While an attempt is under way nobody else begins one, unless it was cut off and this time has passed. */
  readonly leaseMs: number;
}

interface MessagePorts extends WorkerPorts {
  readonly mayProbeFailing: boolean;
}

/** What an attempt's reads and writes may take on top of the call itself. */
const LEASE_MARGIN_MS = 15_000;
/**
 * Handles one message of the deliveries queue. The record decides what it is good for; attempts are counted there,
 * before they are made. Rejects only if a store or a queue is at fault: the message must then be kept, and the next
 * receive goes on.
 */
export function makeDeliver(ports: DeliverPorts, settings: DeliverSettings): Deliver {
  const leaseMs = settings.timeoutMs + LEASE_MARGIN_MS;
  const worker = { ...ports, settings, bulkhead: makeBulkhead(), circuit: makeCircuit(ports, leaseMs), leaseMs };
  return (message, mayProbeFailing = true) => handle({ ...worker, mayProbeFailing }, message);
}

async function handle(ports: MessagePorts, message: ReceivedMessage): Promise<Result> {
  const content = parseDeliveryMessage(message.body);
  if (content === null) return await deadLetter(ports, message, 'the body is no delivery message');
  const delivery = await ports.deliveries.get(content.subscription, content.eventId);
  const decision = decide(delivery, content, message, ports.clock());
  switch (decision.kind) {
    case 'drop':
      return 'done';
    case 'deadLetter':
      return await deadLetter(ports, message, decision.reason);
    case 'wait':
      return await delay(ports, message, decision.waitMs);
    case 'exhaust':
      return await exhaust(ports, message, decision.delivery, decision.reason);
    case 'attempt':
      return await attemptInSlot(ports, message, decision.delivery);
    default:
      return decision satisfies never;
  }
}

/** The delivery is due: is there a slot at the endpoint, or are enough of this process there already? */
async function attemptInSlot(ports: MessagePorts, message: ReceivedMessage, delivery: Delivery): Promise<Result> {
  const slot = await ports.bulkhead.acquire(delivery.callback?.kind ?? delivery.subscription);
  if (slot === null) return await postpone(ports, message, delivery, shortWait(ports.clock(), QUICK_MS));
  let call: Call | null = null;
  try {
    // The services that workflows run on are no endpoint of somebody's: they have no circuit.
    const permit = delivery.callback === undefined ? await admit(ports, message, delivery) : null;
    if (typeof permit === 'string') return permit;
    const beganMs = ports.clock();
    try {
      const { result, isAnswered } = await attempt(ports, message, delivery, permit);
      call = { tookMs: ports.clock() - beganMs, isAnswered };
      return result;
    } finally {
      call ??= { tookMs: ports.clock() - beganMs, isAnswered: false };
      if (permit !== null) ports.circuit.ended(permit);
    }
  } finally {
    slot.release(call);
  }
}

/** Is there anybody to deliver to, and may the endpoint be called? */
async function admit(ports: MessagePorts, message: ReceivedMessage, delivery: Delivery): Promise<Permit | Result> {
  const subscription = await ports.subscriptions.get(delivery.subscription);
  if (subscription === null) return await cancel(ports, message, delivery, 'the subscription was deleted');
  if (subscription.state === 'disabled') {
    await publishDisabled(ports, ports.settings.stage, subscription);
    return await cancel(ports, message, delivery, 'the subscription is disabled');
  }
  const slotMs = await slotOf(ports, subscription, delivery);
  if (slotMs > ports.clock()) return await awaitSlot(ports, message, delivery, slotMs);
  const admission = await ports.circuit.admit(subscription, ports.mayProbeFailing);
  return admission.kind === 'wait' ? await postpone(ports, message, delivery, admission) : admission;
}

/** When the endpoint's pace allows a call: now, or from a slot on. None is taken for an endpoint that rests. */
async function slotOf(ports: MessagePorts, subscription: Subscription, delivery: Delivery): Promise<number> {
  const nowMs = ports.clock();
  const pace = ports.sinks.get(subscription.kind)?.pace?.(subscription) ?? null;
  const isResting = subscription.openUntil !== null && toMs(subscription.openUntil) > nowMs;
  if (pace === null || isResting || holdsSlot(delivery, pace, nowMs)) return nowMs;
  return await ports.slots.take(pace.key, pace.intervalMs, nowMs);
}

/**
 * The order of effects. Whatever is cut off after 1 comes back with the same message, at the latest when the lease has
 * run out; after 2 the endpoint may then get the event twice, with one id. Numbers without an item are attempts cut off
 * before 3.
 */
async function attempt(
  ports: WorkerPorts,
  message: ReceivedMessage,
  delivery: Delivery,
  permit: Permit | null,
): Promise<{ readonly result: Result; readonly isAnswered: boolean }> {
  const claimed = await orFree(ports.circuit, permit, () => claim(ports, message, delivery)); //  1 the record: ours, one more
  if (claimed === null) {
    if (permit !== null) await ports.circuit.released(permit);
    return { result: await comeBack(ports, message), isAnswered: false };
  }
  const { eventId: id, eventJson: json, attempts: number } = claimed;
  const mayBeTaken = claimed.unfinished > 1 || claimed.callback?.mayBeClosed === true;
  const outgoing = { id, json, attempt: number, mayBeTaken };
  const target = permit?.subscription ?? callbackTarget(claimed);
  const sent = await orFree(ports.circuit, permit, () => sendThrough(ports.sinks, target, outgoing)); //  2 the call
  const isAnswered = sent.detail.status !== null;
  let next: Delivery | null = null;
  try {
    next = await note(ports, { message, claimed, permit, sent }); //                3 to 5
  } finally {
    // Whatever became of the record: what the endpoint has answered is known, and nobody is to wait for its lease.
    if (permit !== null) await report(ports.circuit, permit, next, sent); //                6 the endpoint's circuit
  }
  if (next === null) return { result: await comeBack(ports, message), isAnswered };
  return { result: await settle(ports, message, next), isAnswered }; //             7 the message
}

interface Made {
  readonly message: ReceivedMessage;
  readonly claimed: Delivery;
  readonly permit: Permit | null;
  readonly sent: Sent;
}

/** The record after the attempt; null: it has changed since. */
async function note(ports: WorkerPorts, { message, claimed, permit, sent }: Made): Promise<Delivery | null> {
  const { subscription, eventId, attempts } = claimed;
  const made = { ...attemptOf(sent.detail), number: attempts };
  await ports.deliveries.addAttempt(subscription, eventId, made); //                3 what came of it
  const disabled = permit && (await disableIfDue(ports, permit.subscription, sent)); //  4 the endpoint, if it is done
  if (disabled !== null) await publishDisabled(ports, ports.settings.stage, disabled);
  const schedule = { ...ports.settings, random: ports.random(), nowMs: ports.clock() };
  const next = whatNext(claimed, sent, disabled, schedule);
  ports.log.info('delivery.attempted', attemptFields(next, sent, message.messageId));
  return (await ports.deliveries.save(next)) === 'saved' ? next : null; //          5 the record: what is next
}

function callbackTarget({ callback }: Delivery): Target {
  return { id: callback?.hash ?? '', kind: callback?.kind ?? 'stepfunctions', format: 'cloudevents', url: '' };
}

/** null: the record has changed since it was read. It decides anew when the message comes back. */
async function claim(ports: WorkerPorts, message: ReceivedMessage, delivery: Delivery): Promise<Delivery | null> {
  const claimed: Delivery = {
    ...delivery,
    owner: message.messageId,
    attempts: delivery.attempts + 1,
    unfinished: delivery.unfinished + 1,
    nextAttemptAt: toIso(ports.clock() + Math.max(ports.leaseMs, cutOffWaitMs(delivery, ports.settings))),
    ...(typeof delivery.slotAt === 'string' ? { slotAt: null } : {}),
  };
  const written = await ports.deliveries.save(claimed);
  return written === 'saved' ? { ...claimed, version: claimed.version + 1 } : null;
}

async function settle(ports: WorkerPorts, message: ReceivedMessage, next: Delivery): Promise<Result> {
  if (next.state === 'waiting') return await delay(ports, message, toMs(next.nextAttemptAt) - ports.clock());
  return next.state === 'exhausted' ? await deadLetter(ports, message, 'all attempts have failed') : 'done';
}

async function exhaust(
  ports: WorkerPorts,
  message: ReceivedMessage,
  delivery: Delivery,
  reason: string,
): Promise<Result> {
  const owned = { ...delivery, owner: message.messageId };
  const written = await ports.deliveries.save(end(owned, 'exhausted', reason, toIso(ports.clock())));
  return written === 'conflict' ? await comeBack(ports, message) : await deadLetter(ports, message, reason);
}

async function cancel(
  ports: WorkerPorts,
  message: ReceivedMessage,
  delivery: Delivery,
  reason: string,
): Promise<Result> {
  const written = await ports.deliveries.save(end(delivery, 'canceled', reason, toIso(ports.clock())));
  if (written === 'conflict') return await comeBack(ports, message);
  ports.log.info('delivery.canceled', { subscription: delivery.subscription, eventId: delivery.eventId, reason });
  return 'done';
}

async function deadLetter(ports: WorkerPorts, message: ReceivedMessage, reason: string): Promise<Result> {
  await ports.deadLetter(message.body, reason);
  ports.log.error('delivery.buried', { messageId: message.messageId, reason });
  return 'done';
}
