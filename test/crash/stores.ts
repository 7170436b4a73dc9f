import type { SendDeliveries } from '../../lib/deliver/outbox.ts';
import type { Event } from '../../lib/events/event.ts';
import type { Job } from '../../lib/job/job.ts';
import { isTerminal } from '../../lib/job/phase.ts';
import { fakeServices, LOST } from '../fakes/aws-services.ts';
import { memoryCallbackTokens } from '../fakes/callback-tokens.ts';
import { fakeClock, START_MS, seededRandom } from '../fakes/clock.ts';
import { memoryDeliveries } from '../fakes/deliveries.ts';
import { fakeGroups } from '../fakes/groups.ts';
import { fakeJobs } from '../fakes/jobs.ts';
import { fakeKeyStates } from '../fakes/key-states.ts';
import { fakeLeaderStore } from '../fakes/leader.ts';
import { type FakePending, fakePending } from '../fakes/pending.ts';
import { memorySecrets } from '../fakes/secrets.ts';
import { aSubscription, memorySubscriptions } from '../fakes/subscriptions.ts';
import { fakeVendor } from '../fakes/vendor.ts';
import type { Chaos, JobPlan } from './chaos.ts';
import { makeTurns } from './turns.ts';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** What outlives every process: time, chance, queues, tables, the world outside, and what it has seen. */
export function makeStores(seed: number, draw: (random: () => number) => Chaos) {
  const random = seededRandom(seed);
  const chaos = draw(random);
  const clock = fakeClock();
  const isChaos = () => clock() < START_MS + chaos.forMs;
  const during = (probability: number) => isChaos() && random() < probability;
  const nasty = {
    clock,
    random,
    movesClock: false,
    twinRate: chaos.twins,
    staleRate: chaos.stale,
    sampleRate: chaos.sample,
  };
  const pending = fakePending(nasty);
  const deliveries = fakePending({ ...nasty, twinRate: chaos.twins / 2, leaseSeconds: 180 });
  const jobs = fakeJobs(clock);
  const groups = fakeGroups(clock);
  const vendor = fakeVendor(clock);
  const toAll = aSubscription({ id: 'sub_all', url: 'https://all/', types: ['jobwatch.*'] });
  const toEnds = aSubscription({ id: 'sub_ends', url: 'https://ends/', types: [] });
  const secret = { current: SECRET, previous: null };
  const world = {
    vendor,
    subscriptions: memorySubscriptions(toAll, toEnds),
    deliveries: memoryDeliveries(clock),
    secrets: memorySecrets({ sub_all: secret, sub_ends: secret }),
    keyStates: fakeKeyStates(),
    leader: fakeLeaderStore(),
    rejected: [] as { body: string; reason: string }[],
    dead: [] as { body: string; reason: string }[],
    /** Deliveries that were given up because each attempt was cut off, and put back by people. */
    redriven: 0,
    /** Messages of deliveries whose handling was cut off, by a death or by a store. */
    cutOffs: 0,
    posts: [] as { host: string; id: string; body: string }[],
    lateFromMs: null as number | null,
  };
  // Drawn apart from the rest, so that schedules are as they were without workflows.
  const luck = seededRandom(seed + 1_000_003);
  const callbackTokens = memoryCallbackTokens(clock);
  /** Services answer with trouble at times, and an answer may be lost after the fact. */
  const services = fakeServices((_request, moment) => {
    if (!isChaos() || luck() >= chaos.endpointTrouble) return null;
    if (moment === 'after') return LOST;
    return luck() < 0.5 ? { error: 'ThrottlingException', status: 400, failure: null, body: '' } : null;
  });
  /** Of each job's messages some come from workflows that wait: two of them at most, so that none is refused. */
  function callbacksFor(name: string) {
    if (luck() < 0.5) return {};
    const token = `task-${seed}-${name}-${Math.floor(luck() * 2)}`;
    if (services.workflows.stateOf('stepfunctions', token) === 'unknown')
      services.workflows.open('stepfunctions', token);
    return { callbacks: [{ kind: 'stepfunctions', token, heartbeat: luck() < 0.5 }] };
  }
  const polled: { readonly jobId: string; readonly atMs: number; readonly what: string }[] = [];
  const told = new Map<string, { event: Event; variants: Set<string> }>();
  const sent: { readonly job: string; readonly atMs: number; readonly body: string; isPurged: boolean }[] = [];
  /** Whatever asked for a watch, whether its message was ever sent or not. */
  const wanted: { readonly job: string; readonly atMs: number }[] = [];
  const handles = new Map<string, string>();

  for (const { name, steps } of chaos.jobs) vendor.script(name, steps);
  if (chaos.refuseAbove !== null) jobs.refuseAbove(chaos.refuseAbove);
  const turns = makeTurns(clock, random);

  /** Somebody looks at the dead messages and puts them back. */
  function redriveLater(body: string): void {
    world.redriven += 1;
    void turns.sleep(60_000).then(() => deliveries.send(body));
  }

  /** An end of a group that is told before so many of its jobs have an end in their records. */
  const early: string[] = [];

  function noteGroupTold({ type, subject, data }: Event): void {
    const { outcome, group } = data as { outcome?: string; group?: { size: number } };
    if (type !== 'jobwatch.group.completed' || group === undefined || outcome === 'incomplete') return;
    const mine = jobs.all().filter((job) => job.group?.id === subject);
    const ended = mine.filter(({ history }) => history.some(({ phase }) => isTerminal(phase)));
    if (ended.length < group.size) early.push(`${subject} is told when ${ended.length} of ${group.size} have ended`);
  }

  function purge(): void {
    pending.purge();
    for (const message of sent) message.isPurged = true;
  }

  /** Right after the write of an end both queues may be purged: what is owed is in the record alone. */
  async function nastySave(job: Job) {
    const saved = await jobs.save(job);
    if (saved.kind === 'saved' && isTerminal(job.phase) && during(chaos.purgeAtEnd)) {
      purge();
      deliveries.purge();
    }
    return saved;
  }

  const sendDeliveries: SendDeliveries = async (messages) =>
    messages.map((message) => {
      if (during(chaos.throttle)) return false;
      return deliveries.send(JSON.stringify(message)) !== '';
    });

  return {
    callbackTokens,
    services,
    callbacksFor,
    seed,
    chaos,
    random,
    clock,
    startMs: START_MS,
    turns,
    isChaos,
    during,
    pending,
    deliveries,
    jobs,
    groups,
    world,
    polled,
    told,
    early,
    sent,
    wanted,
    handles,
    stopped: new Set<string>(),
    /** Submissions that the API answered with 202, by the time of the request. */
    accepted: [] as { readonly job: string; readonly atMs: number; readonly body: string }[],
    redriveLater,
    purge,
    nastySave,
    sendDeliveries,
    /** When the next message can be received, within so many milliseconds. */
    nextVisibleMs: (queue: FakePending, withinMs: number) =>
      Math.min(clock() + withinMs, ...queue.alive().map(({ visibleMs }) => Math.max(visibleMs, clock()))),
    async delayDelivery(receiptHandle: string, seconds: number): Promise<void> {
      const messageId = handles.get(receiptHandle) ?? '';
      await deliveries.delay({ ...BARE, receiptHandle, messageId }, seconds);
    },
    sendAsDeployer({ name }: JobPlan, body: string): void {
      sent.push({ job: name, atMs: clock(), body, isPurged: false });
      wanted.push({ job: name, atMs: clock() });
      pending.send(body);
    },
    sendTypo(): void {
      const name = `typo-${sent.length}`;
      sent.push({ job: name, atMs: clock(), body: '', isPurged: false });
      pending.send(JSON.stringify({ api: 'test.api', jobid: name }));
    },
    /** A repeat has to be the same event, labels apart. */
    noteTold(events: readonly Event[]): void {
      for (const event of events) {
        noteGroupTold(event);
        const known = told.get(event.id) ?? { event, variants: new Set<string>() };
        known.variants.add(JSON.stringify(event).replace(/"labels":\{[^}]*\}/, ''));
        told.set(event.id, known);
      }
    },
  };
}

export type Stores = ReturnType<typeof makeStores>;

const BARE = { body: '', reattach: null, attributesJson: '{}', sentMs: 0, receivedMs: 0, leaseEndsMono: 0 };
