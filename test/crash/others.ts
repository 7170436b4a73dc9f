import { makeCallbackApi } from '../../lib/adapters/aws/callbacks.ts';
import type { SignedCall } from '../../lib/adapters/aws/signed-call.ts';
import { makeBatch } from '../../lib/deliver/batch.ts';
import { makeDeliver } from '../../lib/deliver/deliver.ts';
import { CALLBACKS } from '../../lib/deliver/delivery.ts';
import { makePublish } from '../../lib/deliver/outbox.ts';
import { resendOverdue } from '../../lib/deliver/resend.ts';
import { makeCallback } from '../../lib/deliver/sinks/callback.ts';
import type { Sink } from '../../lib/deliver/sinks/sink.ts';
import { makeWebhook } from '../../lib/deliver/sinks/webhook.ts';
import { reconcileGroups } from '../../lib/watch/groups/reconcile.ts';
import { type ReconcileReport, reconcile } from '../../lib/watch/reconcile.ts';
import { LOST } from '../fakes/aws-services.ts';
import { memorySlots } from '../fakes/slots.ts';
import { answerer } from './outside.ts';
import type { Scene } from './scene.ts';

const WAITS_SECONDS = [5, 30, 60, 60, 60, 120, 120, ...Array.from({ length: 30 }, () => 300)];

/** One life of a `deliver` function. */
export function startDeliver(scene: Scene) {
  const { world, random, log } = scene;
  const life = scene.startLife('deliver');
  const delay = life.effect('deliveries.hide', scene.delayDelivery);
  const send = life.effect('post', answerer(scene));
  const webhook = makeWebhook({
    send,
    secrets: world.secrets,
    clock: scene.wallClock(),
    checkUrl: () => [],
    consoleUrl: '',
  });
  // A call that may have been taken is not made again by the client: then its answer is lost.
  const call: SignedCall = (request) => {
    let calls = 0;
    const once = () => scene.services.call(request);
    return life.effect('callback', async () => (calls++ === 0 ? await once() : LOST))();
  };
  const readToken = life.effect('tokens.read', scene.callbackTokens.read);
  const closing = { api: makeCallbackApi(call), readToken, clock: scene.wallClock() };
  const deliver = makeDeliver(
    {
      deliveries: life.ports('deliveries', world.deliveries),
      subscriptions: life.ports('subscriptions', world.subscriptions),
      sinks: new Map<string, Sink>([
        ['webhook', webhook],
        ['stepfunctions', makeCallback(closing, 'stepfunctions')],
      ]),
      slots: memorySlots(),
      delay,
      deadLetter: async (body, reason) => {
        if (/^\d+ attempts were interrupted$/.test(reason)) scene.redriveLater(body);
        else world.dead.push({ body, reason });
      },
      publish: async () => undefined,
      clock: scene.wallClock(),
      random,
      log: log('deliver'),
    },
    { stage: 'test', waitsSeconds: WAITS_SECONDS, timeoutMs: 15_000 },
  );
  const counting = {
    ...log('deliver'),
    error: (message: string, fields?: Readonly<Record<string, unknown>>) => {
      if (message === 'delivery.fault') world.cutOffs += 1;
      log('deliver').error(message, fields);
    },
  };
  return { life, batch: makeBatch(deliver, { delay, random, log: counting }) };
}

/** One pass of `reconcile`, by a process of its own. */
export async function reconcilePass(scene: Scene): Promise<ReconcileReport> {
  const { world, jobs, pending, deliveries } = scene;
  const life = scene.startLife('reconcile');
  const wall = scene.wallClock();
  const resending = {
    deliveries: life.ports('deliveries', world.deliveries),
    send: life.effect('deliveries.send', scene.sendDeliveries),
    clock: wall,
  };
  const publish = makePublish({
    ...resending,
    deliveries: life.ports('deliveries', world.deliveries),
    subscriptions: life.ports('subscriptions', world.subscriptions),
  });
  const { dueBefore, openCount, get, clearOwner } = jobs;
  return await reconcile({
    deniedAccounts: async () => new Set<string>(),
    visibleMessages: async () => ({ pending: pending.visible(), deliveries: deliveries.visible() }),
    jobs: { ...life.ports('jobs', { get, clearOwner }), dueBefore, openCount },
    wake: life.effect('wake', pending.wake),
    groups: (faults) =>
      reconcileGroups(
        {
          groups: life.ports('groups', scene.groups),
          jobs: life.ports('jobs', { get }),
          publish: async (events) => {
            scene.noteTold(events);
            await publish(events);
          },
          stage: 'test',
          log: scene.log('reconcile'),
          clock: wall,
        },
        faults,
      ),
    deliveries: {
      subscriptions: async () => [CALLBACKS, ...(await world.subscriptions.list()).map(({ id }) => id)],
      resendOverdue: (late) => resendOverdue(resending, late),
      cancelForDisabled: async () => 0,
      removeSettled: async () => 0,
    },
    unreadable: () => 0,
    report: () => undefined,
    log: scene.log('reconcile'),
    clock: wall,
  });
}
