import { type Admit, makeAdmission } from '../../lib/admission/admission.ts';
import { makeKeyBreaker } from '../../lib/admission/key-breaker.ts';
import type { KeyBreaker } from '../../lib/admission/key-permit.ts';
import { makePace } from '../../lib/admission/pace.ts';
import { BINS, binOf } from '../../lib/cadence/bins.ts';
import type { Counts } from '../../lib/cadence/counts.ts';
import { makePublish, type Publish } from '../../lib/deliver/outbox.ts';
import { deniedEvent } from '../../lib/events/event.ts';
import type { AccountLookup } from '../../lib/vendors/account.ts';
import type { Access, Call } from '../../lib/vendors/vendor.ts';
import { runTick } from '../../lib/watch/tick.ts';
import { makeWatch } from '../../lib/watch/watch.ts';
import { START_MS } from '../fakes/clock.ts';
import { ACCOUNT, SETTINGS } from '../fakes/world.ts';
import type { Life } from './lives.ts';
import { poller, VENDOR_TIMEOUT_MS } from './outside.ts';
import type { Scene } from './scene.ts';

/** Longer than a tick's own long polls: fewer steps for the same play. */
export const LONG_POLL_MS = 20_000;

/** One life of a `watch` function, with a memory of its own. */
export function startWatch(scene: Scene, name: string) {
  const { chaos, clock, turns, pending, world, watchdogs } = scene;
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
  const tick = (): Promise<unknown> => {
    tickEndsMs = clock() + 70_000;
    return runTick(
      watch,
      { ...ports, sleep: turns.sleep, noteTick: async () => undefined, leaveUnderWay: keys.leaveUnderWay },
      { ...settings, workers: 1 },
      () => tickEndsMs - clock(),
    );
  };
  return { tick, isDead: life.isDead };
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
