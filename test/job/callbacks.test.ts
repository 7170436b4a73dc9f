import { describe, expect, it } from 'vitest';
import { addCallbacks, beating, type CallbackRequest, callbackHash, closingsOf } from '../../lib/job/callbacks.ts';
import { addTransitions } from '../../lib/job/history.ts';
import { merge, newJob } from '../../lib/job/job.ts';
import { reopen, stopJob } from '../../lib/job/transition.ts';
import { START_MS } from '../fakes/clock.ts';
import { aJob, aMessage } from '../fakes/records.ts';

const task = (token: string, heartbeat = false): CallbackRequest => ({ kind: 'stepfunctions', token, heartbeat });
const hashes = (callbacks: readonly { hash: string }[] | 'full' | undefined) =>
  callbacks === 'full' ? callbacks : callbacks?.map(({ hash }) => hash);
const LATER = START_MS + 60_000;
const when = { sentMs: LATER, nowMs: LATER, owner: null };

describe('the callbacks of a record', () => {
  it('are named by a hash that shows nothing of the token', () => {
    const job = newJob(aMessage({ callbacks: [task('canary-token'), task('canary-token')] }), when);
    expect(job.callbacks).toEqual([
      { kind: 'stepfunctions', hash: callbackHash(task('canary-token')), heartbeat: false, afterSeq: 0 },
    ]);
    expect(JSON.stringify(job)).not.toContain('canary');
    expect(callbackHash({ kind: 'durable', id: 'canary-token' })).not.toBe(callbackHash(task('canary-token')));
  });

  it('are absent where a message has none', () => {
    expect('callbacks' in newJob(aMessage(), when)).toBe(false);
  });

  it('come together up to three that wait; a fourth is too many', () => {
    const job = aJob({ callbacks: addCallbacks(aJob(), [task('a'), task('b')], 0) as never });
    expect(hashes(addCallbacks(job, [task('b'), task('c')], 0))).toEqual(
      ['a', 'b', 'c'].map((one) => callbackHash(task(one))),
    );
    expect(addCallbacks(job, [task('c'), task('d')], 0)).toBe('full');
    expect(addCallbacks(job, [task('a')], 0)).toBe(job.callbacks);
  });

  it('make room when they are closed and told, the oldest first', () => {
    const waiting = aJob({
      callbacks: addCallbacks(
        aJob(),
        ['a', 'b', 'c'].map((one) => task(one)),
        0,
      ) as never,
    });
    const ended = stopJob(waiting, LATER);
    expect(addCallbacks(ended, [task('d')], 0)).toBe('full');
    const told = { ...ended, notifiedSeq: ended.seq };
    expect(hashes(addCallbacks(told, [task('d')], 0))).toEqual(['b', 'c', 'd'].map((one) => callbackHash(task(one))));
  });

  it('are closed by the first end after they came, and by no later one', () => {
    const first = stopJob(merge(aJob(), aMessage({ callbacks: [task('first', true)] }), START_MS), LATER);
    const again = reopen({ ...first, notifiedSeq: first.seq }, aMessage({ callbacks: [task('second', true)] }), when);
    expect(hashes(beating(again))).toEqual([callbackHash(task('second'))]);
    const second = stopJob(again, LATER + 1000);
    expect(closingsOf(second).map(({ callback, entry }) => [callback.hash, entry.seq])).toEqual([
      [callbackHash(task('first')), 1],
      [callbackHash(task('second')), 3],
    ]);
    expect(beating(second)).toEqual([]);
  });

  it('are not closed by what is no end', () => {
    const job = merge(aJob(), aMessage({ callbacks: [task('a')] }), START_MS);
    expect(closingsOf(addTransitions({ ...job, phase: 'running' }, []))).toEqual([]);
  });

  it('come even with a message that is too old to bring anything else', () => {
    const ended = stopJob(aJob(), LATER);
    const opened = reopen({ ...ended, notifiedSeq: ended.seq }, aMessage(), { ...when, sentMs: LATER + 1 });
    const late = merge(opened, aMessage({ labels: { late: 'yes' }, callbacks: [task('late')] }), START_MS);
    expect([late.labels, hashes(late.callbacks)]).toEqual([{}, [callbackHash(task('late'))]]);
  });
});
