import { postStop } from '../../lib/api/jobs/jobs.ts';
import { submit } from '../../lib/api/jobs/submit.ts';
import { toIso } from '../../lib/base/time.ts';
import { makeCloseCallbacks } from '../../lib/deliver/callbacks.ts';
import { CALLBACK_KINDS } from '../../lib/job/callbacks.ts';
import { aSubscription } from '../fakes/subscriptions.ts';
import { BODY, idOf } from '../fakes/world.ts';
import type { Action, JobPlan } from './chaos.ts';
import type { Scene } from './scene.ts';
import { SECRET } from './stores.ts';

/** The people: they send and submit, repeat themselves, stop, purge, subscribe, and mistype. */
export function makeDeployer(scene: Scene) {
  const { clock, startMs, random, turns, pending, deliveries, jobs, world } = scene;

  async function act({ atMs, kind, job }: Action): Promise<void> {
    await turns.sleep(startMs + atMs - clock());
    scene.note('deployer', job === undefined ? kind : `${kind} ${job.name} ${idOf(job.name)}`);
    if (kind === 'purge') scene.purge();
    else if (kind === 'purge deliveries') deliveries.purge();
    else if (kind === 'bad message') scene.sendTypo();
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
    if (kind === 'send' || kind === 'remind') return scene.sendAsDeployer(job, JSON.stringify(body));
    const life = scene.startLife('api');
    const ports = {
      groups: life.ports('groups', scene.groups),
      stage: 'test',
      callbacks: {
        kinds: new Set(CALLBACK_KINDS),
        keep: life.effect('callbacks.keep', scene.callbackTokens.keep),
        close: makeCloseCallbacks({
          deliveries: life.ports('deliveries', world.deliveries),
          send: life.effect('deliveries.send', scene.sendDeliveries),
          clock: scene.wallClock(),
        }),
      },
      apis: new Map([[world.vendor.api, world.vendor]]),
      jobs: { ...life.ports('jobs', jobs), idsOfDay: jobs.idsOfDay },
      pending: {
        wake: life.effect('wake', pending.wake),
        submit: life.effect('submit', async (text: string) => scene.sendAsDeployer(job, text)),
      },
      clock: scene.wallClock(),
      log: scene.log('api'),
    };
    if (kind === 'stop') {
      scene.stopped.add(job.name);
      return void (await postStop(ports, idOf(job.name)).catch(scene.forgive));
    }
    const atMs = clock();
    scene.wanted.push({ job: job.name, atMs });
    const answer = await submit(ports, body).catch(scene.forgive);
    if (answer?.status === 202 && JSON.stringify(answer).includes(idOf(job.name)))
      scene.accepted.push({ job: job.name, atMs, body: JSON.stringify(body) });
  }

  function bodyOf(job: JobPlan) {
    const submittedAt = toIso(clock() + Math.round((random() - 0.5) * 1_200_000));
    return {
      ...BODY,
      jobId: job.name,
      timeoutSeconds: job.timeoutSeconds,
      notFoundGraceSeconds: job.graceSeconds,
      ...(job.group === undefined ? {} : { group: job.group }),
      labels: { [`by${Math.floor(random() * 4)}`]: 'x' },
      ...(random() < 0.5 ? { submittedAt } : {}),
      ...scene.callbacksFor(job.name),
    };
  }

  return act;
}
