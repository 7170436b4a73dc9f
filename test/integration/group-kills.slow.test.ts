import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Group } from '../../client/responses.ts';
import type { GroupEventData } from '../../lib/events/group-event.ts';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { SAMPLE_CREDENTIALS, sampleAccounts } from '../../local/simulator/samples.ts';
import type { Simulator } from '../../local/simulator/simulator.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { type Stack, startStack } from '../../local/stack.ts';

/**
 * Goal: a group is told once, whoever dies at whatever moment. Method: `wake`, `watch` and `reconcile`, packaged and as
 * processes, die by SIGKILL at one request to AWS after the other while groups of four apis and two accounts end.
 */
const projectId = '7b7705dce1e847b08b3b16dda67fec24';
const ALIBABA = { region: 'cn-hangzhou' };
const HUAWEI = { region: 'eu-de', projectId, account: 'huawei' };
const APIS = [
  { api: 'alibaba.nlb', end: 'Succeeded', place: ALIBABA },
  { api: 'alibaba.alb', end: 'Succeeded', place: ALIBABA },
  { api: 'huawei.elb.v1', end: 'SUCCESS', place: HUAWEI },
  { api: 'huawei.elb.v3', end: 'COMPLETE', place: HUAWEI },
] as const;
/** Requests that a victim makes before it dies, each in its turn: those of an end are among the first. */
const WATCH_DIES_AT = [25, 3, 40, 8, 14, 60, 20, 5];
const RECONCILE_DIES_AT = [20, 26, 32, 38, 44];
const QUICK = { POLL_MIN_SECONDS: '1', POLL_MAX_SECONDS: '3' };
/** So long after the deadline a group of jobs that have ended is incomplete for sure. */
const LATER_MS = 16 * 60_000;

describe('groups under SIGKILL', () => {
  let simulator: Simulator;
  let receiver: Receiver;
  let stack: Stack;
  const arrivals = new Map<string, () => void>();
  const watchDiesAt = [...WATCH_DIES_AT];
  /** `wake` and `watch` are victims in turn, whichever leads. */
  const left: Record<string, number[]> = { wake: watchDiesAt, watch: watchDiesAt, reconcile: [...RECONCILE_DIES_AT] };
  const made: Record<string, number> = {};
  const kills: Record<string, number> = { wake: 0, watch: 0, reconcile: 0 };

  beforeAll(async () => {
    simulator = await startSimulator({ scenario: { credentials: [...SAMPLE_CREDENTIALS] } });
    receiver = await startReceiver(({ type, event }) =>
      arrivals.get(`${type} ${(event as { subject?: string })?.subject}`)?.(),
    );
    stack = await startStack({
      accounts: sampleAccounts(simulator),
      speed: 60,
      leaseSeconds: 4,
      paused: true,
      isolation: { wake: 'process', watch: 'process', reconcile: 'process' },
      environment: { wake: QUICK, watch: QUICK },
      onRequest: (caller) => {
        const at = left[caller]?.[0];
        if (at === undefined) return;
        made[caller] = (made[caller] ?? 0) + 1;
        if ((made[caller] ?? 0) < at) return;
        left[caller]?.shift();
        made[caller] = 0;
        kills[caller] = (kills[caller] ?? 0) + 1;
        void stack.system.kill(caller);
      },
      onError: () => undefined,
    });
    const { secret } = await stack.api.post<{ secret: string }>('/subscriptions', {
      url: receiver.url,
      types: ['jobwatch.group.*'],
    });
    receiver.trust(secret);
  }, 90_000);

  afterAll(async () => {
    await stack?.system.close();
    await receiver?.close();
    await simulator?.close();
  }, 30_000);

  const arrival = (key: string) => new Promise<void>((resolve) => arrivals.set(key, resolve));
  const toldOf = (id: string) => {
    const mine = receiver.received.filter(({ event }) => (event as { subject?: string } | null)?.subject === id);
    expect(mine.filter(({ problem }) => problem !== null)).toEqual([]);
    return [...new Map(mine.map((one) => [one.id, one])).values()].map(({ type, event }) => ({
      type: type.replace('jobwatch.group.', ''),
      data: (event as { data: GroupEventData }).data,
    }));
  };

  async function submit(id: string, size: number, count: number, more: object = {}): Promise<void> {
    const jobs = Array.from({ length: count }, (_, at) => {
      const { api, end, place } = APIS[at % APIS.length] ?? APIS[0];
      const jobId = `${id}-${at}`;
      const project = 'projectId' in place ? { projectId: place.projectId } : {};
      const word = at === 1 ? (api.startsWith('huawei') ? 'FAIL' : 'Failed') : end;
      simulator.addJob({ api, jobId, ...project, steps: [{ status: word }] });
      return { api, jobId, ...place, ...more };
    });
    const { rejected } = await stack.api.post<{ rejected: unknown[] }>('/jobs', { group: { id, size }, jobs });
    expect(rejected).toEqual([]);
  }

  it('are told once each, completed or incomplete, with all that became of them', { timeout: 120_000 }, async () => {
    const completed = arrival('jobwatch.group.completed whole');
    const incomplete = arrival('jobwatch.group.completed part');
    await submit('whole', 12, 12);
    await submit('part', 5, 4, { timeoutSeconds: 60 });
    stack.system.resume();
    await completed;
    await stack.system.skip(LATER_MS);
    await incomplete;

    const whole = toldOf('whole');
    expect(whole.map(({ type }) => type).toSorted()).toEqual(['completed', 'failing']);
    expect(whole.find(({ type }) => type === 'completed')?.data).toMatchObject({
      outcome: 'failed',
      phases: { succeeded: 11, failed: 1 },
      badEnds: [{ api: 'alibaba.alb', jobId: 'whole-1', phase: 'failed' }],
    });
    const part = toldOf('part');
    expect(part.map(({ type }) => type).toSorted()).toEqual(['completed', 'failing']);
    expect(part.find(({ type }) => type === 'completed')?.data).toMatchObject({
      outcome: 'incomplete',
      phases: { succeeded: 3, failed: 1 },
    });
    const { members, outcome } = await stack.api.get<Group>('/groups/part');
    expect([outcome, members.length]).toEqual(['incomplete', 4]);
    expect((kills['wake'] ?? 0) + (kills['watch'] ?? 0)).toBeGreaterThan(2);
    expect(kills['reconcile']).toBeGreaterThan(0);
  });
});
