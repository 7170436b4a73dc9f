import { describe, expect, it } from 'vitest';
import { postStop } from '../../lib/api/jobs/jobs.ts';
import { asciiBytes } from '../../lib/base/ascii-json.ts';
import type { Job } from '../../lib/job/job.ts';
import { NO_DETAIL } from '../../lib/job/observation.ts';
import { stopJob } from '../../lib/job/transition.ts';
import type { WatchPorts } from '../../lib/watch/ports.ts';
import { BODY, idOf, LONG_AGO, makeWorld, type World } from '../fakes/world.ts';
import { apiOf, failingAt, MINUTE, settling } from './hooks.ts';

/** A vendor that takes so long for its first answer. */
function slowly(world: World, ms: number): (ports: WatchPorts) => WatchPorts {
  const { vendor } = world;
  let isFirst = true;
  const poll: typeof vendor.poll = async (...args) => {
    if (isFirst) world.clock.advance(ms);
    isFirst = false;
    return vendor.poll(...args);
  };
  return (ports) => ({ ...ports, vendors: new Map([[vendor.api, { ...vendor, poll }]]) });
}

describe('a lease', () => {
  it.each([
    ['FAIL', 109_000, ['remove']],
    ['FAIL', 110_000, []],
    ['FAIL', 113_000, []],
    ['RUNNING', 109_000, ['delay 55']],
    ['RUNNING', 110_000, []],
  ])('%s after %i ms: the message is settled within it and left alone after it', async (word, ms, expected) => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word }]);
    world.submit('a', LONG_AGO);
    const { done, wrap } = settling();
    await world.makeWorker((ports) => wrap(slowly(world, ms)(ports))).tick();
    // That the message is hidden is what counts.
    expect(done.map((what) => what.replace(/\d+/, '55'))).toEqual(expected);
    expect(world.ends(idOf('a'))).toHaveLength(word === 'FAIL' ? 1 : 0);
  });

  it('that is over when a bad message has been moved: the message is moved again, and then deleted', async () => {
    const world = makeWorld();
    world.pending.send('{"bad":true}');
    const slowMove = (ports: WatchPorts): WatchPorts => ({
      ...ports,
      async reject(message) {
        await ports.reject(message);
        world.clock.advance(world.rejected.length === 1 ? 115_000 : 0);
      },
    });
    await world.makeWorker(slowMove).tick();
    expect([world.pending.size(), world.rejected.length]).toEqual([1, 1]);
    await world.runMinutes(3);
    expect([world.pending.size(), world.rejected.length]).toEqual([0, 2]);
    expect(new Set(world.told.map(({ id }) => id)).size).toBe(1);
  });
});

describe('a record', () => {
  it('of a job that flaps stays within its bounds, and the job ends and is told', async () => {
    const world = makeWorld();
    for (let flap = 0; flap < 260; flap++) {
      const word = flap % 2 === 0 ? 'INIT' : 'RUNNING';
      const error = { code: 'E', message: 'y'.repeat(900) };
      world.vendor.next({ kind: 'status', word, detail: { ...NO_DETAIL, error } });
    }
    world.vendor.script('a', [{ fromMs: 0, word: 'SUCCESS' }]);
    const id = world.submit('a', { timeoutSeconds: 604_800 });
    await world.runMinutes(400);
    const job = world.job(id);
    expect(job).toMatchObject({ phase: 'succeeded', seq: 261, notifiedSeq: 261 });
    const seqs = job?.history.map(({ seq }) => seq) ?? [];
    expect(seqs.length).toBeLessThanOrEqual(200);
    expect(seqs.length + (job?.droppedTransitions ?? 0)).toBe(261);
    expect([seqs[0], seqs.at(-1)]).toEqual([1, 261]);
    expect(asciiBytes(job)).toBeLessThanOrEqual(64_000);
    expect(new Set(world.told.map((event) => event.id)).size).toBe(261);
  });

  it('that had to be written bare is told as it was written, also by the worker that died in between', async () => {
    const world = makeWorld();
    const error = { code: 'E', message: 'y'.repeat(900) };
    world.vendor.next({ kind: 'status', word: 'FAIL', detail: { ...NO_DETAIL, operation: 'UPGRADE', error } });
    const id = world.submit('a', { ...LONG_AGO, labels: { by: 'z'.repeat(200) } });
    const attempts: unknown[] = [];
    const dying = (ports: WatchPorts): WatchPorts => ({
      ...ports,
      vendors: new Map([
        [
          world.vendor.api,
          {
            ...world.vendor,
            poll: (...args) => {
              world.jobs.refuseAbove(2500);
              return world.vendor.poll(...args);
            },
          },
        ],
      ]),
      publish: async (events) => {
        attempts.push(...events);
        throw new Error('died');
      },
    });
    await world.makeWorker(dying).tick();
    await world.runMinutes(5);
    expect(world.ends(id)).toMatchObject([
      { data: { job: { operation: 'UPGRADE', labels: {} }, error: { code: 'E' } } },
    ]);
    expect(attempts).toEqual(world.ends(id));
  });

  it('that has to be written bare keeps as it was what may have been told', async () => {
    const world = makeWorld();
    const error = { code: 'E', message: 'y'.repeat(900) };
    world.vendor.next({ kind: 'status', word: 'RUNNING', detail: { ...NO_DETAIL, error } });
    const id = world.submit('a', LONG_AGO);
    await world.makeWorker(failingAt('jobs.published', 'before')).tick();
    expect(world.job(id)).toMatchObject({ seq: 1, notifiedSeq: 0 });
    world.jobs.refuseAbove(JSON.stringify(world.job(id)).length - 300);
    await postStop(apiOf(world), id);
    expect(world.job(id)).toMatchObject({ seq: 2, notifiedSeq: 0, detail: NO_DETAIL });
    await world.runMinutes(5);
    const [first, again, end] = world.told;
    expect(world.told).toHaveLength(3);
    expect(again).toEqual(first);
    expect(end).toMatchObject({ type: 'jobwatch.job.stopped', data: { seq: 2 } });
  });

  it('that has to be written bare at each poll tells of an unknown word once', async () => {
    const world = makeWorld();
    const error = { code: 'E', message: 'y'.repeat(900) };
    for (let poll = 0; poll < 20; poll++)
      world.vendor.next({ kind: 'status', word: 'Odd', detail: { ...NO_DETAIL, error } });
    const id = world.submit('a', LONG_AGO);
    world.jobs.refuseAbove(2500);
    await world.runMinutes(8);
    expect(world.vendor.calls.length).toBeGreaterThan(5);
    expect(world.told.map(({ type }) => type)).toEqual(['jobwatch.job.unknown_status']);
    expect(world.job(id)?.vendorStatus).toBe('Odd');
  });

  it('that the store refuses whole is taken over and opened again all the same', async () => {
    const world = makeWorld();
    const labels = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`l${at}`, 'z'.repeat(250)]));
    const id = world.submit('a', LONG_AGO);
    await world.makeWorker().tick();
    world.jobs.refuseAbove(2500);
    world.pending.purge();
    world.clock.advance(18 * MINUTE);
    const second = world.pending.send(JSON.stringify({ ...BODY, jobId: 'a', labels, timeoutSeconds: 60 }));
    await world.makeWorker().tick();
    expect(world.job(id)?.owner).toBe(second);
    const stopped = stopJob(world.job(id) as Job, world.clock());
    expect(await world.jobs.save(stopped)).toMatchObject({ kind: 'saved' });
    await world.runMinutes(2);
    world.vendor.script('a', [{ fromMs: 0, word: 'SUCCESS' }]);
    world.submit('a', { labels });
    await world.runMinutes(4);
    expect(world.ends(id).map(({ type }) => type)).toEqual(['jobwatch.job.stopped', 'jobwatch.job.succeeded']);
    expect(world.pending.size()).toBe(0);
  });

  it('that is refused whatever is left out is said so, and its message is not deleted', async () => {
    const world = makeWorld();
    world.vendor.script('a', [{ fromMs: 0, word: 'SUCCESS' }]);
    world.jobs.refuseAbove(10);
    world.submit('a');
    await world.makeWorker().tick();
    expect(world.lines.map(({ message }) => message)).toContain('job.unwritable');
    expect(world.pending.size()).toBe(1);
    world.jobs.refuseAbove(400_000);
    await world.runMinutes(5);
    expect(world.ends(idOf('a'))).toHaveLength(1);
  });

  it('does not change when the vendor spells its word otherwise', async () => {
    const world = makeWorld();
    world.vendor.script('a', [
      { fromMs: 0, word: 'RUNNING' },
      { fromMs: 10_000, word: 'Running' },
      { fromMs: 20_000, word: 'running' },
      { fromMs: 40_000, word: 'SUCCESS' },
    ]);
    const id = world.submit('a', LONG_AGO);
    await world.runMinutes(3);
    expect(world.job(id)?.history.map(({ vendorStatus }) => vendorStatus)).toEqual(['RUNNING', 'SUCCESS']);
  });
});

describe('a watch', () => {
  it('is polled once more at a deadline that is a whole second, not again and again before it', async () => {
    const world = makeWorld();
    for (let job = 0; job < 10; job++) world.submit(`a${job}`, { ...LONG_AGO, timeoutSeconds: 60 });
    world.clock.advance(59_300);
    const { vendor } = world;
    const poll: typeof vendor.poll = (...args) => {
      world.clock.advance(20);
      return vendor.poll(...args);
    };
    await world.makeWorker((ports) => ({ ...ports, vendors: new Map([[vendor.api, { ...vendor, poll }]]) })).tick();
    expect(world.told.map(({ type }) => type).filter((type) => type === 'jobwatch.job.timed_out')).toHaveLength(10);
    expect(vendor.calls).toHaveLength(2);
  });

  it('lasts seven days at most, however often it is asked for', async () => {
    const world = makeWorld();
    const days = 24 * 60 * MINUTE;
    const id = world.submit('a', { timeoutSeconds: 604_800 });
    const worker = world.makeWorker();
    await worker.tick();
    const endMs = Date.parse(world.job(id)?.createdAt ?? '') + 7 * days;
    for (let day = 1; day < 7; day++) {
      world.clock.advance(days);
      world.submit('a', { timeoutSeconds: 604_800 });
      await worker.tick();
      expect(Date.parse(world.job(id)?.deadlineAt ?? '')).toBeLessThanOrEqual(endMs);
    }
    world.clock.set(endMs);
    await world.runMinutes(3, worker);
    expect(world.job(id)?.phase).toBe('timed_out');
  });
});
