import type { AccountLookup } from '../../lib/account.ts';
import { makeAdmission } from '../../lib/admission.ts';
import { postStop } from '../../lib/api/jobs.ts';
import { submit } from '../../lib/api/submit.ts';
import { makeDeliver } from '../../lib/deliver.ts';
import { makeBatch } from '../../lib/deliver-batch.ts';
import { deniedEvent } from '../../lib/event.ts';
import type { Job } from '../../lib/job.ts';
import { makeKeys } from '../../lib/keys.ts';
import { makeTell, resendOverdue } from '../../lib/outbox.ts';
import { makePace } from '../../lib/pace.ts';
import { isTerminal } from '../../lib/phase.ts';
import { reconcile } from '../../lib/reconcile.ts';
import { runTick } from '../../lib/tick.ts';
import { toIso } from '../../lib/time.ts';
import type { Access, Call } from '../../lib/vendor.ts';
import { makeWatch } from '../../lib/watch.ts';
import { aSubscription } from '../fakes/subscriptions.ts';
import { ACCOUNT, BODY, idOf } from '../fakes/world.ts';
import { type Action, drawChaos, type JobPlan } from './chaos.ts';
import { makeLives } from './lives.ts';
import { answerer, asker, VENDOR_TIMEOUT_MS } from './outside.ts';
import { makeStores, SECRET } from './stores.ts';
import { makeWatchdogs } from './watchdogs.ts';

const MINUTE = 60_000;
/** Longer than a tick's own long polls: fewer steps for the same play. */
const LONG_POLL_MS = 20_000;
const CALM_MAX_MS = 8 * 60 * MINUTE;
const WAITS_SECONDS = [5, 30, 60, 60, 60, 120, 120, ...Array.from({ length: 30 }, () => 300)];

/**
 * One schedule: the real watch, reconcile, outbox, deliver and API on nasty fakes, as many processes whose effects
 * interleave, with everything that can go wrong going wrong for a while. Then the faults stop and the rest is played out.
 */
export async function playSchedule(seed: number, isTraced = false) {
  const stores = makeStores(seed, drawChaos);
  const { chaos, clock, random, turns, pending, deliveries: deliveriesQueue, jobs, world } = stores;
  const lives = makeLives(stores, isTraced);
  const { startLife, log, note, wallClock } = lives;
  const watchdogs = makeWatchdogs(stores, lives.unexpected);
  const ask = asker(stores);
  const send = answerer(stores);
  let over = false;
  const table = {
    ...jobs,
    async save(job: Job) {
      const saved = await stores.nastySave(job);
      if (saved === 'saved') watchdogs.noteWritten(job);
      return saved;
    },
  };

  function startWatch(name: string) {
    const life = startLife(name);
    const wall = wallClock();
    const queue = watchdogs.guardQueue(life.ports('pending', pending));
    let tickEndsMs = 0;
    const tell = makeTell({
      subscriptions: life.ports('subscriptions', world.subscriptions),
      deliveries: life.ports('deliveries', world.deliveries),
      send: life.effect('deliveries.send', stores.sendDeliveries),
      clock: wall,
    });
    const keys = makeKeys(
      {
        standings: life.ports('standings', world.standings),
        tellDenied: async ({ id, denial }) => {
          if (denial === null) return;
          const { account, since: deniedSince, reason } = denial;
          await tell([deniedEvent('test', { subject: id, account, deniedSince, reason })]);
        },
        clock: wall,
        sleep: turns.sleep,
        random,
      },
      { trialMs: 13_000 },
    );
    const pace = makePace({ callsPerSecond: 1000, inFlightMax: 50 }, random);
    const admit = makeAdmission(
      { accounts: life.effect('accounts', async () => account()), keys, pace, clock: wall, sleep: turns.sleep },
      { workers: 1 },
    );
    const asking = async (call: Call, access: Access) => {
      const mayBegin = await access.spend();
      if (mayBegin) watchdogs.beforeAsking(tickEndsMs);
      return await askEffect(call, mayBegin);
    };
    const askEffect = life.effect('ask', ask);
    const ports = {
      pending: {
        ...queue,
        async receive(max: number, waitSeconds: number) {
          const now = await queue.receive(max, 0);
          if (now.length > 0 || waitSeconds === 0) return now;
          await turns.sleep(stores.nextVisibleMs(pending, LONG_POLL_MS) - clock());
          return queue.receive(max, 0);
        },
      },
      reject: life.effect(
        'reject',
        async (message: { body: string; reason: string }) => void world.rejected.push(message),
      ),
      jobs: watchdogs.guardTold(life.ports('jobs', table)),
      tell: async (events: Parameters<typeof tell>[0]) => {
        stores.noteTold(events);
        await watchdogs.aroundTelling(events, () => tell(events));
      },
      vendors: new Map([[world.vendor.api, { ...world.vendor, ask: asking }]]),
      admit,
      pages: { get: () => undefined, learn: async () => undefined, recall: async () => undefined },
      log: log(name),
      clock: wall,
      mono: clock,
      random,
    };
    const settings = {
      stage: 'test',
      watchSeconds: chaos.watchSeconds,
      pollMinMs: chaos.pollMinMs,
      pollMaxMs: 300_000,
      vendorTimeoutMs: VENDOR_TIMEOUT_MS,
    };
    const watch = makeWatch(ports, settings);
    const tick = (): Promise<unknown> => {
      tickEndsMs = clock() + 70_000;
      return runTick(watch, { ...ports, noteTick: async () => undefined }, settings, () => tickEndsMs - clock());
    };
    return { tick, isDead: life.isDead };
  }

  function account(): AccountLookup {
    if (clock() >= stores.startMs + chaos.accountFromMs) return ACCOUNT;
    return { kind: 'absent', reason: 'account "default" does not exist', version: null };
  }

  async function watchLoop(slot: number): Promise<void> {
    let worker = startWatch(`watch ${slot}`);
    await turns.sleep(random() * MINUTE);
    while (!over && (slot === 0 || stores.isChaos())) {
      const beganMs = clock();
      if (pending.size() > 0) await worker.tick();
      if (worker.isDead()) worker = startWatch(`watch ${slot}`);
      await turns.sleep(beganMs + MINUTE - clock());
    }
  }

  async function reconcileLoop(): Promise<void> {
    while (!over) {
      await turns.sleep(5 * MINUTE);
      const life = startLife('reconcile');
      const wall = wallClock();
      const resending = {
        deliveries: life.ports('deliveries', world.deliveries),
        send: life.effect('deliveries.send', stores.sendDeliveries),
        clock: wall,
      };
      const { overdue, openCount, get, disown } = jobs;
      const pass = reconcile({
        visibleMessages: async () => ({ pending: pending.visible(), deliveries: deliveriesQueue.visible() }),
        jobs: { ...life.ports('jobs', { get, disown }), overdue, openCount },
        wake: life.effect('wake', pending.wake),
        deliveries: {
          subscriptions: async () => (await world.subscriptions.list()).map(({ id }) => id),
          resendOverdue: (late) => resendOverdue(resending, late),
        },
        log: log('reconcile'),
        clock: wall,
      });
      await pass.catch(lives.forgive);
    }
  }

  async function deliverLoop(): Promise<void> {
    let process = startDeliver();
    while (!over) {
      await turns.sleep(stores.nextVisibleMs(deliveriesQueue, LONG_POLL_MS) - clock() + random() * 10_000);
      const messages = await deliveriesQueue.receive(10, 0);
      const Records = messages.map(({ messageId, receiptHandle, body, sentMs }) => {
        stores.handles.set(receiptHandle, messageId);
        return { messageId, receiptHandle, body, attributes: { SentTimestamp: String(sentMs) } };
      });
      const { batchItemFailures } = await process.batch({ Records });
      const kept = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      if (process.life.isDead()) process = startDeliver();
      else for (const message of messages) if (!kept.has(message.messageId)) await deliveriesQueue.remove(message);
    }
  }

  function startDeliver() {
    const life = startLife('deliver');
    const deliver = makeDeliver(
      {
        deliveries: life.ports('deliveries', world.deliveries),
        subscriptions: life.ports('subscriptions', world.subscriptions),
        secrets: world.secrets,
        send: life.effect('post', send),
        hide: life.effect('deliveries.hide', stores.hideDelivery),
        bury: async (body, reason) => void world.dead.push({ body, reason }),
        tell: async () => undefined,
        clock: wallClock(),
        random,
        log: log('deliver'),
      },
      { stage: 'test', waitsSeconds: WAITS_SECONDS, timeoutMs: 15_000 },
    );
    return { life, batch: makeBatch(deliver, log('deliver')) };
  }

  async function act({ atMs, kind, job }: Action): Promise<void> {
    await turns.sleep(stores.startMs + atMs - clock());
    note('deployer', job === undefined ? kind : `${kind} ${job.name} ${idOf(job.name)}`);
    if (kind === 'purge') stores.purge();
    else if (kind === 'purge deliveries') deliveriesQueue.purge();
    else if (kind === 'bad message') stores.sendTypo();
    else if (kind === 'subscribe') await subscribe();
    else if (job !== undefined) await actOn(job, kind);
  }

  async function subscribe(): Promise<void> {
    await world.subscriptions.create(aSubscription({ id: 'sub_late', url: 'https://late/', types: ['jobwatch.*'] }));
    await world.secrets.create('sub_late', SECRET);
    world.lateFromMs = clock();
  }

  async function actOn(job: JobPlan, kind: Action['kind']): Promise<void> {
    const body = bodyOf(job);
    if (kind === 'send' || kind === 'remind') return stores.sendAsDeployer(job, JSON.stringify(body));
    const life = startLife('api');
    const deps = {
      apis: new Map([[world.vendor.api, world.vendor]]),
      jobs: { ...life.ports('jobs', table), idsOfDay: jobs.idsOfDay },
      pending: {
        wake: life.effect('wake', pending.wake),
        submit: life.effect('submit', async (text: string) => stores.sendAsDeployer(job, text)),
      },
      now: wallClock(),
      log: log('api'),
    };
    if (kind === 'stop') {
      stores.stopped.add(job.name);
      return void (await postStop(deps, idOf(job.name)).catch(lives.forgive));
    }
    const atMs = clock();
    stores.wanted.push({ job: job.name, atMs });
    const answer = await submit(deps, body).catch(lives.forgive);
    if (answer?.status === 202 && JSON.stringify(answer).includes(idOf(job.name)))
      stores.accepted.push({ job: job.name, atMs });
  }

  function bodyOf(job: JobPlan) {
    const submittedAt = toIso(clock() + Math.round((random() - 0.5) * 20 * MINUTE));
    return {
      ...BODY,
      jobId: job.name,
      timeoutSeconds: job.timeoutSeconds,
      notFoundGraceSeconds: job.graceSeconds,
      labels: { [`by${Math.floor(random() * 4)}`]: 'x' },
      ...(random() < 0.5 ? { submittedAt } : {}),
    };
  }

  /** Sees whether the rest has been played out: nothing open, nothing queued, nothing waiting, twice in a row. */
  async function monitor(): Promise<void> {
    await turns.sleep(Math.max(chaos.forMs, ...chaos.actions.map(({ atMs }) => atMs)) + MINUTE);
    for (let quiet = 0; quiet < 2 && clock() < stores.startMs + chaos.forMs + CALM_MAX_MS; ) {
      const waits = world.deliveries.all().some(({ state }) => state === 'waiting');
      const isQuiet = pending.size() + deliveriesQueue.size() + jobs.open().length === 0 && !waits;
      quiet = isQuiet ? quiet + 1 : 0;
      await turns.sleep(6 * MINUTE);
    }
    over = true;
  }

  const loops = [
    ...Array.from({ length: chaos.workers }, (_, slot) => watchLoop(slot)),
    reconcileLoop(),
    deliverLoop(),
    monitor(),
    ...chaos.actions.map(act),
  ];
  for (const loop of loops) loop.catch((error: unknown) => lives.unexpected(error));
  await turns.run(() => over || lives.surprises.length > 0);
  return {
    ...stores,
    surprises: lives.surprises,
    trace: lives.lines,
    terminal: (phase: string) => isTerminal(phase as never),
  };
}

export type Played = Awaited<ReturnType<typeof playSchedule>>;
