import type { Chaos } from './chaos.ts';
import { makeDeployer } from './deployer.ts';
import { reconcilePass, startDeliver } from './others.ts';
import { makeScene, type Scene } from './scene.ts';
import { LONG_POLL_MS, startWatch } from './watching.ts';

const MINUTE = 60_000;
/** Handed over late, a batch's lease is not what it is taken to be. */
const BATCH_LEASE_MS = 60_000;
const CALM_MAX_MS = 8 * 60 * MINUTE;

/**
 * One schedule: the real watch, reconcile, outbox, deliver and API on nasty fakes, as many processes whose effects
 * interleave, with everything that can go wrong going wrong for a while. Then the faults stop and the rest is played
 * out.
 */
export async function playSchedule(
  seed: number,
  isTraced = false,
  draw?: (random: () => number) => Chaos,
): Promise<Scene> {
  const scene = makeScene(seed, isTraced, draw);
  const { chaos, clock, startMs, random, turns, pending, deliveries, handles, jobs, groups, world, isChaos } = scene;
  let over = false;

  async function watchLoop(slot: number): Promise<void> {
    let worker = startWatch(scene, `watch ${slot}`);
    await turns.sleep(random() * MINUTE);
    while (!over && (slot === 0 || isChaos())) {
      const beganMs = clock();
      if (pending.size() > 0) await worker.tick();
      if (worker.isDead()) worker = startWatch(scene, `watch ${slot}`);
      await turns.sleep(beganMs + MINUTE - clock());
    }
  }

  /** Lambda's pollers: two invocations at a time. What it would delete it never is told. */
  async function wakeLoop(slot: number): Promise<void> {
    let worker = startWatch(scene, `wake ${slot}`);
    while (!over) {
      await turns.sleep(scene.nextVisibleMs(pending, LONG_POLL_MS) - clock() + random() * 100);
      const batch = await pending.receive(1 + Math.floor(random() * 10), 0);
      if (batch.length === 0) continue;
      await turns.sleep(random() < 0.05 ? random() * BATCH_LEASE_MS : 30);
      const leaseEndsMono = clock() + BATCH_LEASE_MS;
      await worker.woken(batch.map((message) => ({ ...message, leaseEndsMono })));
      if (worker.isDead()) worker = startWatch(scene, `wake ${slot}`);
    }
  }

  async function reconcileLoop(): Promise<void> {
    while (!over) {
      await turns.sleep(5 * MINUTE);
      await reconcilePass(scene).catch(scene.forgive);
    }
  }

  async function deliverLoop(): Promise<void> {
    let process = startDeliver(scene);
    while (!over) {
      await turns.sleep(scene.nextVisibleMs(deliveries, LONG_POLL_MS) - clock() + random() * 10_000);
      const messages = await deliveries.receive(10, 0);
      const Records = messages.map(({ messageId, receiptHandle, body, sentMs }) => {
        handles.set(receiptHandle, messageId);
        return { messageId, receiptHandle, body, attributes: { SentTimestamp: String(sentMs) } };
      });
      const { batchItemFailures } = await process.batch({ Records });
      const kept = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      if (process.life.isDead()) process = startDeliver(scene);
      else for (const message of messages) if (!kept.has(message.messageId)) await deliveries.remove(message);
    }
  }

  /** Sees whether the rest has been played out: nothing open, nothing queued, nothing waiting, twice in a row. */
  async function monitor(): Promise<void> {
    await turns.sleep(Math.max(chaos.forMs, ...chaos.actions.map(({ atMs }) => atMs)) + MINUTE);
    for (let quiet = 0; quiet < 2 && clock() < startMs + chaos.forMs + CALM_MAX_MS; ) {
      const waits = world.deliveries.all().some(({ state }) => state === 'waiting');
      const isQuiet = pending.size() + deliveries.size() + jobs.open().length + groups.open().length === 0 && !waits;
      quiet = isQuiet ? quiet + 1 : 0;
      await turns.sleep(6 * MINUTE);
    }
    over = true;
  }

  const loops = [
    ...Array.from({ length: chaos.workers }, (_, slot) => watchLoop(slot)),
    ...(chaos.wakes ? [wakeLoop(0), wakeLoop(1)] : []),
    reconcileLoop(),
    deliverLoop(),
    monitor(),
    ...chaos.actions.map(makeDeployer(scene)),
  ];
  for (const loop of loops) loop.catch((error: unknown) => scene.unexpected(error));
  await turns.run(() => over || scene.surprises.length > 0);
  return scene;
}
