import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import type { Job } from '../../lib/job/job.ts';
import type { Judgement } from '../../lib/job/judgement.ts';
import type { Observation } from '../../lib/job/observation.ts';
import { isTerminal, PHASES } from '../../lib/job/phase.ts';
import { endUnpollable, reopen, stopJob, transition } from '../../lib/job/transition.ts';
import { START_MS } from '../fakes/clock.ts';
import { aDetail, aJob, aMessage } from '../fakes/records.ts';
import { fakeVendor } from '../fakes/vendor.ts';

const vendor = fakeVendor(() => START_MS);
const SECOND = 1000;
const status = (word: string): Observation => ({ kind: 'status', word, detail: aDetail() });
const missing: Observation = { kind: 'missing', reason: 'the vendor does not know the job' };
const weak: Observation = { ...missing, believedAfterMs: 600_000 };
const troubles: Observation[] = [
  { kind: 'throttled', retryAfterMs: 100, reason: 'throttled' },
  { kind: 'unreachable', reason: 'reset' },
  { kind: 'denied', what: 'key', reason: 'refused' },
  { kind: 'denied', what: 'scope', reason: 'refused' },
  { kind: 'malformed', reason: 'HTML' },
  { kind: 'unasked', reason: 'pace' },
];

/** Plays observations, each at its second after the start. */
function play(job: Job, ...looks: [seconds: number, Observation][]): Job {
  return looks.reduce(
    (at, [seconds, seen]) => transition(at, seen, vendor.judge, START_MS + seconds * SECOND).job,
    job,
  );
}

describe('transition', () => {
  it.each([
    ['INIT', 'pending'],
    ['init', 'pending'],
    ['Running', 'running'],
    ['SUCCESS', 'succeeded'],
    ['fail', 'failed'],
  ])('reads the vendor word %s as %s', (word, phase) => {
    expect(play(aJob(), [1, status(word)])).toMatchObject({ phase, vendorStatus: word, seq: 1, polls: 1 });
  });

  it('makes no transition of the same word, also in another case of letters', () => {
    const job = play(aJob(), [1, status('processing')], [2, status('RUNNING')], [3, status('running')]);
    expect(job.history.map(({ kind, vendorStatus }) => [kind, vendorStatus])).toEqual([
      ['unknown_status', 'processing'],
      ['changed', 'RUNNING'],
    ]);
  });

  it('tells an unknown word once, keeps the phase, and goes on', () => {
    const job = play(
      aJob(),
      [1, status('RUNNING')],
      [2, status('Zombie')],
      [3, status('ZOMBIE')],
      [4, status('RUNNING')],
      [5, status('zombie')],
      [6, status('SUCCESS')],
    );
    expect(job.history.map(({ kind, phase }) => `${kind}:${phase}`)).toEqual([
      'changed:running',
      'unknown_status:running',
      'changed:running',
      'changed:succeeded',
    ]);
  });

  it.each(troubles)('learns nothing from trouble: %o', (trouble) => {
    const before = play(aJob(), [1, status('RUNNING')]);
    const after = play(before, [2, trouble]);
    expect({ ...after, polls: 0, lastPolledAt: null }).toEqual({ ...before, polls: 0, lastPolledAt: null });
  });

  it('never changes a job that has ended', () => {
    const ended = play(aJob(), [1, status('FAIL')]);
    for (const seen of [status('SUCCESS'), missing, ...troubles]) expect(play(ended, [9, seen])).toBe(ended);
  });

  describe('missing', () => {
    it('loses a job only after three misses, far enough apart and late enough', () => {
      expect(play(aJob(), [1, missing], [60, missing]).phase).toBe('pending');
      expect(play(aJob(), [1, missing], [2, missing], [119, missing]).phase).toBe('pending');
      expect(play(aJob(), [1, missing], [60, missing], [121, missing]).phase).toBe('lost');
      expect(play(aJob(), [130, missing], [131, missing], [132, missing]).phase).toBe('pending');
      expect(play(aJob(), [130, missing], [131, missing], [132, missing], [250, missing]).phase).toBe('lost');
    });

    it('starts over when any answer knows the job', () => {
      const job = play(aJob(), [1, missing], [60, missing], [100, status('RUNNING')], [130, missing], [140, missing]);
      expect(job.misses?.count).toBe(2);
      expect(job.phase).toBe('running');
    });

    it('is not disturbed by trouble in between', () => {
      expect(play(aJob(), [1, missing], [60, missing], [90, troubles[1] as Observation], [125, missing]).phase).toBe(
        'lost',
      );
    });

    it('counts the grace from the submission, also where that is ahead of this clock', () => {
      const ahead = aJob({ submittedAt: toIso(START_MS + 300 * SECOND) });
      const looks: [number, Observation][] = [
        [1, missing],
        [60, missing],
        [130, missing],
      ];
      expect(play(ahead, ...looks, [420, missing]).phase).toBe('pending');
      expect(play(ahead, ...looks, [421, missing]).phase).toBe('lost');
    });

    it.each([
      ['first', [weak, missing, missing, missing]],
      ['in between', [missing, weak, missing, missing]],
      ['last', [missing, missing, weak, weak]],
    ])('is believed late if a weak witness stood %s', (_, [a, b, c, d]) => {
      const misses: [number, Observation][] = [
        [130, a as Observation],
        [131, b as Observation],
        [729, c as Observation],
      ];
      expect(play(aJob(), ...misses).phase).toBe('pending');
      expect(play(aJob(), ...misses, [730, d as Observation]).phase).toBe('lost');
      const known = play(aJob(), ...misses, [729, status('RUNNING')], [730, missing], [731, missing], [850, missing]);
      expect(known.phase).toBe('lost');
    });

    it('takes a grace of zero at its word: three misses are enough', () => {
      const job = aJob({ notFoundGraceSeconds: 0 });
      expect(play(job, [1, missing], [2, missing]).phase).toBe('pending');
      expect(play(job, [1, missing], [2, missing], [3, missing]).phase).toBe('lost');
    });
  });

  describe('at the deadline', () => {
    const soon = aJob({ deadlineAt: toIso(START_MS + 60 * SECOND) });

    it.each([
      ['RUNNING', ['running', 'timed_out']],
      ['SUCCESS', ['succeeded']],
      ['FAIL', ['failed']],
    ])('asks once more: %s makes %j', (word, phases) => {
      expect(play(soon, [61, status(word)]).history.map(({ phase }) => phase)).toEqual(phases);
    });

    it('lets a FAIL that wants to be seen twice become final', () => {
      const vendorJudge = {
        ...vendor,
        judge: (): Judgement => ({
          phase: 'running',
          memory: { rolledBack: false, failSeenAt: toIso(START_MS + 61 * SECOND) },
          pollWithinMs: 10_000,
        }),
      };
      const first = transition(soon, status('FAIL'), vendorJudge.judge, START_MS + 61 * SECOND).job;
      expect(first.phase).toBe('running');
      expect(transition(first, status('FAIL'), vendor.judge, START_MS + 72 * SECOND).job.phase).toBe('failed');
      const late = transition(first, status('FAIL'), vendorJudge.judge, START_MS + 661 * SECOND).job;
      expect(late.phase).toBe('timed_out');
    });

    it('waits ten minutes for a job that can not be asked, then says why', () => {
      const unreachable: Observation = { kind: 'unreachable', reason: 'no route' };
      expect(play(soon, [61, unreachable], [659, unreachable]).phase).toBe('pending');
      const ended = play(soon, [61, unreachable], [660, unreachable]);
      expect(ended.phase).toBe('timed_out');
      expect(ended.history.at(-1)?.error?.message).toContain('no route');
      expect(endUnpollable(soon, 'denied', START_MS + 660 * SECOND).phase).toBe('timed_out');
      expect(endUnpollable(soon, 'denied', START_MS + 659 * SECOND)).toBe(soon);
    });
  });

  it('stops an open job once and leaves an ended one', () => {
    const stopped = stopJob(aJob(), START_MS);
    expect(stopped).toMatchObject({ phase: 'stopped', seq: 1 });
    expect(stopJob(stopped, START_MS)).toBe(stopped);
  });

  it('opens a job again with a new deadline and a sequence that goes on', () => {
    const lost = play(aJob(), [1, missing], [60, missing], [125, missing]);
    const nowMs = START_MS + 3600 * SECOND;
    const again = reopen(lost, aMessage({ timeoutSeconds: 600 }), { sentMs: nowMs, nowMs, owner: 'message-2' });
    expect(again).toMatchObject({ phase: 'pending', seq: 2, owner: 'message-2', misses: null, endedAt: null });
    expect(again.deadlineAt).toBe(toIso(nowMs + 600 * SECOND));
  });

  it('never ends a job by an answer that did not say so, whatever comes in whatever order', () => {
    const words = ['INIT', 'RUNNING', 'odd', 'SUCCESS', 'FAIL'];
    const look = fc.oneof(fc.constantFrom(...words).map(status), fc.constant(missing), fc.constantFrom(...troubles));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), look), { maxLength: 60 }), (looks) => {
        let nowMs = START_MS;
        let job = aJob();
        const given = new Set<string>();
        for (const [seconds, seen] of looks) {
          nowMs += seconds * SECOND;
          const before = job;
          if (seen.kind === 'status' && !isTerminal(job.phase)) given.add(seen.word);
          job = transition(job, seen, vendor.judge, nowMs).job;
          expect(job.seq - before.seq).toBeGreaterThanOrEqual(0);
          if (isTerminal(before.phase)) expect(job).toBe(before);
        }
        if (job.phase === 'succeeded') expect(given.has('SUCCESS')).toBe(true);
        if (job.phase === 'failed') expect(given.has('FAIL')).toBe(true);
        expect(job.history.filter(({ phase }) => isTerminal(phase)).length).toBeLessThanOrEqual(1);
        expect(job.history.map(({ seq }) => seq)).toEqual(job.history.map((_, index) => index + 1));
      }),
      { numRuns: 1000 },
    );
  });

  it('knows every phase as open or ended', () => {
    expect(PHASES.filter((phase) => !isTerminal(phase))).toEqual(['pending', 'running', 'rolling_back']);
  });
});
