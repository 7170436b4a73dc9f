import { makeCallbackApi } from '../../lib/adapters/aws/callbacks.ts';
import { type Admit, makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import type { KeyBreaker } from '../../lib/admission/key-permit.ts';
import { makePace } from '../../lib/admission/pace.ts';
import { BINS, binOf } from '../../lib/cadence/bins.ts';
import type { Counts } from '../../lib/cadence/counts.ts';
import { makeCloseCallbacks } from '../../lib/deliver/callbacks.ts';
import { makePublish, type Publish } from '../../lib/deliver/outbox.ts';
import { deniedEvent } from '../../lib/events/event.ts';
import { CALLBACK_KINDS } from '../../lib/job/callbacks.ts';
import type { AccountLookup } from '../../lib/vendors/account.ts';
import type { Access, Call } from '../../lib/vendors/vendor.ts';
import { makeHeartbeats } from '../../lib/watch/callbacks/heartbeats.ts';
import type { PendingMessage } from '../../lib/watch/ports.ts';
import { runShift } from '../../lib/watch/shift.ts';
import { leadTick, mayGoHome, runTick } from '../../lib/watch/tick.ts';
import { makeLeader } from '../../lib/watch/wake/leader.ts';
import { makeWake } from '../../lib/watch/wake/wake.ts';
import { makeWatch } from '../../lib/watch/watch.ts';
import { START_MS } from '../fakes/clock.ts';
import { ACCOUNT, SETTINGS } from '../fakes/world.ts';
import type { Life } from './lives.ts';
import { poller, VENDOR_TIMEOUT_MS } from './outside.ts';
import type { Scene } from './scene.ts';

/** Longer than a tick's own long polls: fewer steps for the same play. */
export const LONG_POLL_MS = 20_000;
const WOKEN_MS = 60_000;
const WOKEN_SECONDS = 20;

/** One life of a `watch` function, with a memory of its own. */
export function startWatch(scene: Scene, name: string) {
  const { chaos, clock, random, turns, pending, world, watchdogs } = scene;
  const life = scene.startLife(name);
  const wall = scene.wallClock();
  const queue = watchdogs.guardQueue(life.ports('pending', pending));
  let tickEndsMs = 0;
  const publish = makePublish({
    subscriptions: life.ports('subscriptions', world.subscriptions),
    deliveries: life.ports('deliveries', world.deliveries),
    send: life.effect('deliveries.send', scene.sendDeliveries),
    clock: wall,
  });
  const { admit, keys } = admission(scene, life, { publish, clock: wall });
  const polling = async (call: Call, access: Access) => {
    const mayBegin = await access.acquire();
    if (mayBegin) watchdogs.beforePolling(tickEndsMs);
    return await pollEffect(call, mayBegin);
  };
  const pollEffect = life.effect('poll', poller(scene));
  const heartbeats = makeHeartbeats({
    api: makeCallbackApi(scene.services.call),
    readToken: scene.callbackTokens.read,
    clock: wall,
    log: scene.log(name),
  });
  const ports = {
    pending: {
      ...queue,
      async receive(max: number, waitSeconds: number) {
        const isWaiting = waitSeconds > 0 && pending.visible() === 0;
        if (isWaiting) await turns.sleep(scene.nextVisibleMs(pending, LONG_POLL_MS) - clock());
        return queue.receive(max, 0);
      },
    },
    reject: life.effect(
      'reject',
      async (message: { body: string; reason: string }) => void world.rejected.push(message),
    ),
    jobs: watchdogs.guardPublished(life.ports('jobs', scene.jobs)),
    groups: life.ports('groups', scene.groups),
    publish: async (events: Parameters<typeof publish>[0]) => {
      scene.noteTold(events);
      await watchdogs.aroundPublishing(events, () => publish(events));
    },
    callbacks: {
      kinds: new Set(CALLBACK_KINDS),
      keep: life.effect('callbacks.keep', scene.callbackTokens.keep),
      close: makeCloseCallbacks({
        deliveries: life.ports('deliveries', world.deliveries),
        send: life.effect('deliveries.send', scene.sendDeliveries),
        clock: wall,
      }),
      beat: heartbeats.beat,
    },
    vendors: new Map([[world.vendor.api, { ...world.vendor, poll: polling }]]),
    admit,
    pages: { get: () => undefined, learn: async () => undefined, recall: async () => undefined },
    durations: life.ports('durations', {
      read: async () => historyOf(chaos.lastsSeconds),
      learn: async () => undefined,
    }),
    log: scene.log(name),
    clock: wall,
    mono: clock,
  };
  const { watchSeconds, pollMinMs } = chaos;
  const settings = { ...SETTINGS, watchSeconds, pollMinMs, vendorTimeoutMs: VENDOR_TIMEOUT_MS };
  const watch = makeWatch(ports, settings);
  const { sleep } = turns;
  const store = life.ports('leader', world.leader);
  const nonce = () => String(random());
  const tryToLead = makeLeader({ store, clock: wall, sleep, nonce, paceFullMs: wall, log: scene.log(name) });
  const shiftPorts = { ...ports, sleep, leaveUnderWay: keys.leaveUnderWay };

  async function tick(): Promise<void> {
    tickEndsMs = clock() + 70_000;
    const leadership = chaos.wakes
      ? await leadTick({ ...ports, isEmpty: ports.pending.isEmpty, tryToLead, sleep }, 1)
      : undefined;
    if (leadership === null) return;
    const led = leadership && { leadership, mayGo: mayGoHome(leadership, wall) };
    const tickPorts = { ...shiftPorts, noteTick: async () => undefined };
    await runTick(watch, tickPorts, { ...settings, workers: 1, ...led }, () => tickEndsMs - clock());
  }

  /** An invocation with a batch. */
  async function woken(batch: readonly PendingMessage[]): Promise<void> {
    tickEndsMs = clock() + WOKEN_MS;
    const remainingMs = () => tickEndsMs - clock();
    const wake = makeWake(
      {
        ...ports,
        tryToLead,
        sleep,
        work: async (messages, leadership) => {
          const shift = { ...settings, watchSeconds: WOKEN_SECONDS, workers: 1, batch: messages, leadership };
          await runShift(watch, shiftPorts, { ...shift, mayGo: () => true }, remainingMs);
        },
      },
      settings,
    );
    await wake(batch, remainingMs);
  }

  return { tick, woken, isDead: life.isDead };
}

/** Fifty jobs that all lasted so long. */
function historyOf(seconds: number | null): readonly Counts[] {
  if (seconds === null) return [];
  const bins = new Array<number>(BINS).fill(0);
  const ends = bins.with(binOf(seconds), 50);
  const known = { sinceMs: START_MS, count: 50, lean: 0, faded: 50 };
  return [{ api: 'test.api', operation: null, region: 'eu-1', ...known, ends, censored: bins }];
}

/** Accounts, refused keys and pace, as this life knows them. */
function admission(
  scene: Scene,
  life: Life,
  { publish, clock }: { publish: Publish; clock: () => number },
): { admit: Admit; keys: KeyBreaker } {
  const { random, turns, world } = scene;
  const keys = makeKeyBreaker(
    {
      keyStates: life.ports('keyStates', world.keyStates),
      publishDenied: async ({ id, denial }) => {
        if (denial === null) return;
        const { account, since: deniedSince, reason } = denial;
        await publish([deniedEvent('test', { subject: id, account, deniedSince, reason })]);
      },
      clock,
      sleep: turns.sleep,
      random,
    },
    { probeMs: 13_000 },
  );
  const pace = makePace({ callsPerSecond: 1000, inFlightMax: 50 }, random);
  const admit = makeAdmission({
    accounts: life.effect('accounts', async () => account(scene)),
    keys,
    pace,
    clock,
    sleep: turns.sleep,
  });
  return { admit, keys };
}

function account({ clock, startMs, chaos }: Scene): AccountLookup {
  if (clock() >= startMs + chaos.accountFromMs) return ACCOUNT;
  return { kind: 'absent', reason: 'account "default" does not exist', version: null };
}
