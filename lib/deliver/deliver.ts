import { toIso, toMs } from '../base/time.ts';
import { type Gate, makeGate } from './bulkhead.ts';
import { type Health, type Hold, makeHealth, type Pass, soon } from './circuit.ts';
import { decide, parseDeliveryMessage, type ReceivedMessage } from './decide.ts';
import { type Delivery, end } from './delivery.ts';
import { type DisablePorts, disableIfDue, publishDisabled } from './disable.ts';
import { attemptFields, whatNext } from './outcome.ts';
import type { DeliveryStore, SubscriptionStore } from './ports.ts';
import { stepSeconds } from './retry.ts';
import { type PostPorts, post } from './sinks/webhook.ts';

export interface DeliverPorts extends PostPorts, DisablePorts {
  readonly deliveries: Pick<DeliveryStore, 'get' | 'save' | 'addAttempt'>;
  readonly subscriptions: Pick<SubscriptionStore, 'get' | 'save' | 'setCircuit' | 'beginTurn' | 'setProof'>;
  /** Hides the message for so long; it comes back by itself. */
  readonly hide: (receiptHandle: string, seconds: number) => Promise<void>;
  /** Sends a message's body to the dead deliveries queue. */
  readonly bury: (body: string, reason: string) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
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
export type Deliver = (message: ReceivedMessage) => Promise<Result>;

interface Context {
  readonly ports: DeliverPorts;
  readonly settings: DeliverSettings;
  readonly gate: Gate;
  readonly health: Health;
  readonly message: ReceivedMessage;
  /** While an attempt is under way nobody else begins one, unless it was cut off and this time has passed. */
  readonly leaseMs: number;
}

/** What an attempt's reads and writes may take on top of the call itself. */
const LEASE_MARGIN_MS = 15_000;
/** Waits for an endpoint are written when the record would be this far behind: long before it looks overdue. */
const BEHIND_MAX_MS = 5 * 60_000;

/**
 * Handles one message of the deliveries queue. The record decides what it is good for; attempts are counted there, before they
 * are made. Rejects only if a store or a queue is at fault: the message must then be kept, and the next receive goes on.
 */
export function makeDeliver(ports: DeliverPorts, settings: DeliverSettings): Deliver {
  const leaseMs = settings.timeoutMs + LEASE_MARGIN_MS;
  const gate = makeGate();
  const health = makeHealth(ports, leaseMs);
  return (message) => handle({ ports, settings, gate, health, message, leaseMs });
}

async function handle(context: Context): Promise<Result> {
  const { ports, message } = context;
  const content = parseDeliveryMessage(message.body);
  if (content === null) return await bury(context, 'the body is no delivery message');
  const delivery = await ports.deliveries.get(content.subscription, content.eventId);
  const decision = decide(delivery, content, message, ports.clock());
  switch (decision.kind) {
    case 'drop':
      return 'done';
    case 'bury':
      return await bury(context, decision.reason);
    case 'wait':
      return await wait(context, decision.waitMs);
    case 'exhaust':
      return await exhaust(context, decision.delivery, decision.reason);
    case 'attempt':
      return await visit(context, decision.delivery);
    default:
      return decision satisfies never;
  }
}

/** The delivery is due: is there a place at the endpoint, or are enough of this process there already? */
async function visit(context: Context, delivery: Delivery): Promise<Result> {
  const { ports } = context;
  const place = await context.gate.enter(delivery.subscription);
  if (place === null) return await postpone(context, delivery, soon(ports.clock()));
  let beganMs: number | null = null;
  try {
    const pass = await admit(context, delivery);
    if (typeof pass === 'string') return pass;
    beganMs = ports.clock();
    return await attempt(context, delivery, pass);
  } finally {
    place.leave(beganMs === null ? null : ports.clock() - beganMs);
  }
}

/** Is there anybody to deliver to, and may the endpoint be called? */
async function admit(context: Context, delivery: Delivery): Promise<Pass | Result> {
  const { ports, settings, health } = context;
  const subscription = await ports.subscriptions.get(delivery.subscription);
  if (subscription === null) return await cancel(context, delivery, 'the subscription was deleted');
  if (subscription.state === 'disabled') {
    await publishDisabled(ports, settings.stage, subscription);
    return await cancel(context, delivery, 'the subscription is disabled');
  }
  const admission = await health.admit(subscription);
  return admission.kind === 'wait' ? await postpone(context, delivery, admission) : admission;
}

/**
 * The order of effects. Whatever is cut off after 1 comes back with the same message, at the latest when the lease has run out;
 * after 2 the endpoint may then get the event twice, with one id. Numbers without an item are attempts cut off before 3.
 */
async function attempt(context: Context, delivery: Delivery, pass: Pass): Promise<Result> {
  const { ports, settings, health, message } = context;
  const { subscription } = pass;
  const claimed = await claim(context, delivery); //                                                   1 the record: ours, one attempt more
  if (claimed === null) return 'keep';
  const posted = await post(ports, subscription, { id: claimed.eventId, json: claimed.eventJson }); // 2 the call
  const number = claimed.attempts;
  await ports.deliveries.addAttempt(claimed.subscription, claimed.eventId, { ...posted.attempt, number }); // 3 what came of it
  const disabled = await disableIfDue(ports, subscription, posted.outcome); //         4 the endpoint, if it is done for
  if (disabled !== null) await publishDisabled(ports, settings.stage, disabled);
  const next = whatNext(claimed, posted.outcome, disabled, {
    ...settings,
    random: ports.random(),
    nowMs: ports.clock(),
  });
  ports.log.info('delivery.attempted', attemptFields(next, posted, message.messageId));
  if ((await ports.deliveries.save(next)) === 'conflict') return 'keep'; //                            5 the record: what is next
  if (next.state === 'delivered')
    await health.succeeded(pass); //                                     6 the endpoint's health
  else if (disabled === null) await health.failed(pass, posted.outcome);
  else await health.disabled(pass);
  if (next.state === 'waiting') return await wait(context, toMs(next.nextAttemptAt) - ports.clock()); // 7 the message
  return next.state === 'exhausted' ? await bury(context, 'no attempt is left') : 'done';
}

/** null: the record has changed since it was read. It decides anew when the message comes back. */
async function claim({ ports, message, leaseMs }: Context, delivery: Delivery): Promise<Delivery | null> {
  const claimed: Delivery = {
    ...delivery,
    owner: message.messageId,
    attempts: delivery.attempts + 1,
    unfinished: delivery.unfinished + 1,
    nextAttemptAt: toIso(ports.clock() + leaseMs),
  };
  const written = await ports.deliveries.save(claimed);
  return written === 'saved' ? { ...claimed, version: claimed.version + 1 } : null;
}

async function exhaust(context: Context, delivery: Delivery, reason: string): Promise<Result> {
  const { ports } = context;
  const owned = { ...delivery, owner: context.message.messageId };
  if ((await ports.deliveries.save(end(owned, 'exhausted', reason, toIso(ports.clock())))) === 'conflict')
    return 'keep';
  return await bury(context, reason);
}

async function cancel({ ports }: Context, delivery: Delivery, reason: string): Promise<Result> {
  const written = await ports.deliveries.save(end(delivery, 'canceled', reason, toIso(ports.clock())));
  if (written === 'conflict') return 'keep';
  ports.log.info('delivery.canceled', { subscription: delivery.subscription, eventId: delivery.eventId, reason });
  return 'done';
}

/** Waits for the endpoint without an attempt. */
async function postpone(context: Context, delivery: Delivery, { untilMs, spreadMs }: Hold): Promise<Result> {
  const { ports, message } = context;
  const dueMs = untilMs + Math.floor(spreadMs * ports.random());
  if (dueMs - toMs(delivery.nextAttemptAt) > BEHIND_MAX_MS) {
    const waiting = { ...delivery, owner: message.messageId, nextAttemptAt: toIso(dueMs) };
    if ((await ports.deliveries.save(waiting)) === 'conflict') return 'keep';
  }
  return await wait(context, dueMs - ports.clock());
}

async function wait({ ports, message }: Context, waitMs: number): Promise<Result> {
  await ports.hide(message.receiptHandle, stepSeconds(waitMs));
  return 'keep';
}

async function bury({ ports, message }: Context, reason: string): Promise<Result> {
  await ports.bury(message.body, reason);
  ports.log.error('delivery.buried', { messageId: message.messageId, reason });
  return 'done';
}
