import { describe, expect, it } from 'vitest';
import { toIso, toMs } from '../../lib/base/time.ts';
import { ACCOUNT, idOf, LONG_AGO, makeWorld, SETTINGS } from '../fakes/world.ts';

describe('watch', () => {
  it('watches a job from its message to its end, and tells every transition once', async () => {
    const world = makeWorld();
    world.vendor.script('a', [
      { fromMs: 0, word: 'INIT' },
      { fromMs: 60_000, word: 'RUNNING' },
      { fromMs: 130_000, word: 'SUCCESS' },
    ]);
    const id = world.submit('a', { ...LONG_AGO, labels: { team: 'net' } });
    await world.runMinutes(5);
    expect(world.told.map(({ type }) => type)).toEqual([
      'jobwatch.job.changed',
      'jobwatch.job.changed',
      'jobwatch.job.succeeded',
    ]);
    expect(world.job(id)).toMatchObject({ phase: 'succeeded', vendorStatus: 'SUCCESS', seq: 3, notifiedSeq: 3 });
    expect(world.jobs.open()).toEqual([]);
    expect(world.pending.size()).toBe(0);
  });

  it('counts every poll in the event, though it writes at most once a minute', async () => {
    const world = makeWorld();
    world.vendor.script('a', [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 100_000, word: 'SUCCESS' },
    ]);
    const id = world.submit('a');
    await world.runMinutes(5);
    expect(world.job(id)?.polls).toBe(world.vendor.calls.length);
  });

  it('moves a bad message to the rejected queue, whole, and leaves the others of the batch alone', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'SUCCESS' }]);
    world.pending.send('{"api":"test.api","region":"eu-1","jobid":"a"}', { attributesJson: '{"by":"x"}' });
    const id = world.submit('a');
    await world.runMinutes(2);
    expect(world.rejected).toMatchObject([
      {
        body: '{"api":"test.api","region":"eu-1","jobid":"a"}',
        reason: 'jobId: required; jobid: unknown field.',
        attributesJson: '{"by":"x"}',
      },
    ]);
    expect(world.told.map(({ type }) => type).toSorted()).toEqual([
      'jobwatch.job.succeeded',
      'jobwatch.message.rejected',
    ]);
    expect(world.ends(id)).toHaveLength(1);
    expect(world.pending.size()).toBe(0);
  });

  it('merges a second message for a watched job and deletes it', async () => {
    const world = makeWorld();
    const worker = world.makeWorker();
    const id = world.submit('a', { labels: { first: '1' } });
    await worker.tick();
    world.submit('a', { labels: { second: '2' }, timeoutSeconds: 172_800 });
    await worker.tick();
    expect(world.job(id)?.labels).toEqual({ first: '1', second: '2' });
    expect(world.pending.size()).toBe(1);
    const { deadlineAt, createdAt } = world.job(id) ?? { deadlineAt: '', createdAt: '' };
    expect(Date.parse(deadlineAt) - Date.parse(createdAt)).toBeGreaterThan(172_700_000);
  });

  it('answers a message for a job that the vendor has ended from the record: nothing is told again', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'FAIL' }]);
    const id = world.submit('a');
    await world.runMinutes(2);
    const calls = world.vendor.calls.length;
    world.submit('a');
    await world.runMinutes(2);
    expect(world.ends(id)).toHaveLength(1);
    expect(world.vendor.calls).toHaveLength(calls);
    expect(world.pending.size()).toBe(0);
  });

  it('opens a job again that jobwatch itself gave up, and ends it with a new event', async () => {
    const world = makeWorld();
    world.vendor.script('a', [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 200_000, word: 'SUCCESS' },
    ]);
    const id = world.submit('a', { timeoutSeconds: 60 });
    await world.runMinutes(3);
    expect(world.job(id)?.phase).toBe('timed_out');
    world.submit('a', { timeoutSeconds: 3600 });
    await world.runMinutes(10);
    expect(world.ends(id).map(({ type }) => type)).toEqual(['jobwatch.job.timed_out', 'jobwatch.job.succeeded']);
    expect(new Set(world.ends(id).map((event) => event.id)).size).toBe(2);
  });

  it('pays what a finished record owes before it deletes a message', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'SUCCESS' }]);
    const id = world.submit('a');
    const worker = world.makeWorker((ports) => ({ ...ports, publish: () => Promise.reject(new Error('no queue')) }));
    await worker.tick();
    expect(world.job(id)).toMatchObject({ phase: 'succeeded', seq: 1, notifiedSeq: 0 });
    expect(world.jobs.open()).toEqual([id]);
    world.submit('a');
    world.clock.advance(130_000);
    await world.runMinutes(3);
    expect(new Set(world.ends(id).map((event) => event.id)).size).toBe(1);
    expect(world.jobs.open()).toEqual([]);
  });

  it('knows when a job was last seen at work, whichever worker has seen it', async () => {
    const world = makeWorld();
    world.vendor.script('a', [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 12 * 60_000, word: 'SUCCESS' },
    ]);
    const id = world.submit('a');
    const startMs = world.clock();
    const [first, second] = [world.makeWorker(), world.makeWorker()];
    await first.tick();
    world.clock.set(startMs + 10 * 60_000);
    await second.tick();
    expect(world.job(id)).toMatchObject({ phase: 'running', seq: 1 });
    world.clock.set(startMs + 12 * 60_000);
    await first.tick();
    const { phase, lastRunningAt } = world.job(id) ?? {};
    expect(phase).toBe('succeeded');
    expect(toMs(lastRunningAt ?? '')).toBeGreaterThanOrEqual(startMs + 10 * 60_000);
  });

  it('takes over a job whose message was lost only when it is overdue', async () => {
    const world = makeWorld();
    const worker = world.makeWorker();
    const id = world.submit('a');
    await worker.tick();
    const first = world.job(id)?.owner;
    world.pending.purge();
    world.submit('a');
    await worker.tick();
    expect(world.job(id)?.owner).toBe(first);
    expect(world.pending.size()).toBe(0);
    world.clock.advance(16 * 60_000);
    world.submit('a');
    await worker.tick();
    expect(world.job(id)?.owner).not.toBe(first);
    expect(world.pending.size()).toBe(1);
  });

  it('keeps a job whose account is absent, says so, calls nobody, and goes on when the account appears', async () => {
    const world = makeWorld();
    world.accounts.clear();
    world.vendor.script('a', [{ fromMs: 0, word: 'SUCCESS' }]);
    const id = world.submit('a');
    const worker = world.makeWorker();
    await world.runMinutes(5, worker);
    expect(world.vendor.calls).toEqual([]);
    expect(world.told.map(({ type, data }) => [type, data])).toEqual([
      ['jobwatch.account.denied', { account: 'default', reason: 'account "default" does not exist' }],
    ]);
    expect(world.job(id)?.waiting).toMatchObject({ reason: 'account "default" does not exist', denied: true });
    world.accounts.set('default', ACCOUNT);
    await world.runMinutes(3, worker);
    expect(world.ends(id)).toHaveLength(1);
  });

  it('counts the polls since the last write also when the next look is put off', async () => {
    const world = makeWorld();
    world.vendor.script('a', [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 400_000, word: 'SUCCESS' },
    ]);
    const id = world.submit('a', LONG_AGO);
    const worker = world.makeWorker(undefined, { ...SETTINGS, pollMaxMs: 10_000 });
    await world.runMinutes(2, worker);
    expect(world.vendor.calls.length).toBeGreaterThan(world.job(id)?.polls ?? 0);
    world.accounts.clear();
    await world.runMinutes(3, worker);
    expect(world.job(id)?.polls).toBe(world.vendor.calls.length);
    expect(world.job(id)?.lastRunningAt).toBe(toIso(world.vendor.calls.at(-1)?.atMs ?? 0));
    world.accounts.set('default', ACCOUNT);
    await world.runMinutes(5, worker);
    expect(world.ends(id)).toMatchObject([{ data: { timing: { polls: world.vendor.calls.length } } }]);
  });

  it('refuses a wake message whose id is not that of its body, and one without a record', async () => {
    const world = makeWorld();
    world.pending.send(
      JSON.stringify({ api: 'test.api', region: 'eu-1', account: 'default', projectId: null, jobId: 'a' }),
      { reattach: idOf('b') },
    );
    world.pending.send(
      JSON.stringify({ api: 'test.api', region: 'eu-1', account: 'default', projectId: null, jobId: 'a' }),
      { reattach: idOf('a') },
    );
    await world.runMinutes(2);
    expect(world.rejected.map(({ reason }) => reason).toSorted()).toEqual([
      'reattach: is not the id of the job in the body.',
      'reattach: there is no record of this job to go on with.',
    ]);
  });
});

describe('watch, when something around it fails', () => {
  it('says why a job waits whose account can not be read, and ends it after its deadline', async () => {
    const world = makeWorld();
    const id = world.submit('a', { timeoutSeconds: 60 });
    const worker = world.makeWorker(
      (ports) => ports,
      undefined,
      () => Promise.reject(new Error('AccessDenied')),
    );
    await world.runMinutes(3, worker);
    expect(world.job(id)?.waiting?.reason).toContain('could not be read');
    await world.runMinutes(12, worker);
    expect(world.ends(id).map(({ type }) => type)).toEqual(['jobwatch.job.timed_out']);
  });

  it('uses an answer though what was learned beside it can not be kept', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'SUCCESS' }]);
    const id = world.submit('a');
    const down = () => Promise.reject(new Error('down'));
    const pages = { get: () => undefined, learn: down, recall: down };
    await world.makeWorker((ports) => ({ ...ports, pages })).tick();
    expect(world.ends(id)).toHaveLength(1);
    expect(world.vendor.calls).toHaveLength(1);
  });
});
