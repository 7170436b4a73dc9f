import { describe, expect, test } from 'vitest';
import { jobIdOf } from '../../lib/job/identity.ts';
import { parseWatchMessage } from '../../lib/job/watch-message.ts';
import { API_FACTS } from '../../lib/vendors/registry.ts';
import type { Received } from '../../local/receiver.ts';
import { makeSeededRandom } from '../../local/simulator/faults.ts';
import { parseScenario } from '../../local/simulator/scenario.ts';
import { TRIAL_FAULTS } from '../../local/trial/faults.ts';
import { makeKiller } from '../../local/trial/killer.ts';
import { makeLedger } from '../../local/trial/ledger.ts';
import { randomJob } from '../../local/trial/random-jobs.ts';

const VARIETY = { scopes: 3, accounts: 2, longestSeconds: 20 };

function someJobs(seed: number, count: number) {
  const random = makeSeededRandom(seed);
  return Array.from({ length: count }, (_, number) => randomJob(random, number, VARIETY));
}

describe('random jobs', () => {
  test('are what the queue and the simulator take, each under the id that jobwatch gives it', () => {
    const jobs = someJobs(7, 2000);
    for (const { id, message } of jobs) {
      const parsed = parseWatchMessage(message, API_FACTS);
      expect(parsed).toMatchObject({ ok: true });
      if (parsed.ok) expect(jobIdOf(parsed.value)).toBe(id);
    }
    const specs = jobs.flatMap(({ spec }) => (spec === null ? [] : [spec]));
    expect(parseScenario({ jobs: specs, faults: [...TRIAL_FAULTS] }).jobs).toHaveLength(specs.length);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(2000);
  });

  test('end in every phase in which a watch can end', () => {
    const ends = new Set(someJobs(7, 2000).map(({ expected }) => expected));
    expect([...ends].sort()).toEqual([
      'canceled',
      'failed',
      'lost',
      'rollback_failed',
      'stopped',
      'succeeded',
      'timed_out',
    ]);
  });

  test('are the same for the same seed', () => {
    expect(someJobs(7, 50)).toEqual(someJobs(7, 50));
    expect(someJobs(7, 50)).not.toEqual(someJobs(8, 50));
  });
});

describe('the ledger', () => {
  const told = (id: string, seq: number, phase: string, type = 'changed', problem: string | null = null): Received => ({
    atMs: 0,
    id,
    type: `jobwatch.job.${type}`,
    jobId: 'job_1',
    event: { data: { seq, phase } },
    problem,
    isVerified: true,
  });
  const ledgerOf = (...deliveries: Received[]) => {
    const ledger = makeLedger();
    ledger.expect('job_1', 'succeeded');
    for (const delivery of deliveries) ledger.note(delivery);
    return { open: ledger.open(), ...ledger.read() };
  };
  const running = told('e1', 1, 'running');
  const succeeded = told('e2', 2, 'succeeded', 'succeeded');

  test.each<[string, Received[], object]>([
    ['is open while no end is told', [running], { open: 1, lost: [expect.stringContaining('no end was told')] }],
    ['is settled by its end and all before it', [succeeded, running], { open: 0, lost: [], wrong: [], events: 2 }],
    ['is open while an event is missing', [succeeded], { open: 1, lost: ['job_1: 1 of 2 events were delivered'] }],
    ['counts what comes again', [running, running, succeeded, succeeded], { open: 0, events: 2, duplicates: 2 }],
    [
      'does not believe what is not verified',
      [running, told('e2', 2, 'succeeded', 'succeeded', 'no signature')],
      { open: 1, refused: 1, refusals: ['no signature'] },
    ],
    [
      'is wrong if it ended otherwise',
      [told('e1', 1, 'failed', 'failed')],
      { wrong: ['job_1: succeeded was expected, and failed was told'] },
    ],
    [
      'is wrong if it ended twice',
      [told('e1', 1, 'succeeded', 'succeeded'), succeeded],
      { wrong: ['job_1: 2 ends were told: succeeded, succeeded'] },
    ],
  ])('of a job %s', (_, deliveries, expected) => {
    expect(ledgerOf(...deliveries)).toMatchObject(expected);
  });
});

describe('a killer', () => {
  const systemOf = (pids: readonly number[]) => {
    const killed: string[] = [];
    return { killed, pids: () => pids, kill: async (name: string) => void killed.push(name) };
  };

  test('strikes its victim at one of its next requests, and nobody at those of others', async () => {
    const killer = makeKiller(() => 0.9);
    const system = systemOf([1]);
    const kill = killer.kill(system);
    for (let request = 0; request < 1000; request += 1) killer.onRequest('deliver');
    expect(system.killed).toEqual([]);
    while (system.killed.length === 0) killer.onRequest('watch');
    expect(await kill).toBe(true);
    expect(killer.kills()).toEqual({ watch: 1, deliver: 0 });
  });

  test('strikes the tick of the schedule where a woken worker does not come', async () => {
    const draws = [0.2, 0.9, 0, 0];
    const killer = makeKiller(() => draws.shift() ?? 0, ['watch', 'wake']);
    const killed: string[] = [];
    const pids = (name: string) => (name === 'watch' ? [1] : []);
    const kill = killer.kill({ pids, kill: async (name) => void killed.push(name) });
    for (let request = 0; request < 2; request += 1) killer.onRequest('wake');
    // What was tried with the one is over.
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (let request = 0; request < 2; request += 1) killer.onRequest('watch');
    expect(await kill).toBe(true);
    expect(killer.kills()).toEqual({ watch: 1, wake: 0, deliver: 0 });
  });

  test('counts no kill where there was nobody to kill', async () => {
    const killer = makeKiller(() => 0);
    const kill = killer.kill(systemOf([]));
    killer.onRequest('watch');
    killer.onRequest('watch');
    expect(await kill).toBe(false);
    expect(killer.kills()).toEqual({ watch: 0, deliver: 0 });
  });
});
