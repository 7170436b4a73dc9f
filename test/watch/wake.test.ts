import { describe, expect, it } from 'vitest';
import type { PendingMessage } from '../../lib/watch/ports.ts';
import type { Follower, Leadership } from '../../lib/watch/wake/leader.ts';
import { makeWake } from '../../lib/watch/wake/wake.ts';
import { fakeClock } from '../fakes/clock.ts';

const LEADER: Leadership = {
  kind: 'leader',
  leads: () => true,
  wokenMs: 0,
  noteReceiving: async () => undefined,
  keepUntil: async () => undefined,
  end: async () => undefined,
};
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A batch of two, while others lead as `answers` says in turn, the last one for ever. */
async function wake(
  answers: readonly (Leadership | Follower | 'fault')[],
  leaseMs = 60_000,
  after: () => Promise<void> = async () => undefined,
) {
  const clock = fakeClock();
  const delayed: { messageId: string; seconds: number }[] = [];
  const worked: string[][] = [];
  let tries = 0;
  const batch = ['a', 'b'].map((messageId) => ({ messageId, leaseEndsMono: clock() + leaseMs }) as PendingMessage);
  const beganMs = clock();
  const run = makeWake(
    {
      pending: {
        delay: async ({ messageId }, seconds) => {
          delayed.push({ messageId, seconds });
          return 'done';
        },
      },
      tryToLead: async () => {
        const answer = answers[Math.min(tries, answers.length - 1)];
        tries += 1;
        if (answer === 'fault' || answer === undefined) throw new Error('the table is throttled');
        return answer;
      },
      work: async (messages) => {
        worked.push(messages.map(({ messageId }) => messageId));
        await after();
      },
      clock,
      mono: clock,
      sleep: clock.sleep,
      log: SILENT,
    },
    { vendorTimeoutMs: 5000 },
  );
  await run(batch, () => beganMs + 60_000 - clock());
  return { delayed, worked, tookMs: clock() - beganMs };
}

const RECEIVING: Follower = { kind: 'follower', receives: true, untilMs: 0 };
const BUSY: Follower = { kind: 'follower', receives: false, untilMs: 0 };
const BACK = [
  { messageId: 'a', seconds: 0 },
  { messageId: 'b', seconds: 0 },
];

describe('a batch of the queue', () => {
  it('is worked on by whoever leads', async () => {
    expect(await wake([LEADER])).toEqual({ delayed: [], worked: [['a', 'b']], tookMs: 0 });
  });

  it('goes back to a leader that receives, and its worker goes soon', async () => {
    const { delayed, worked, tookMs } = await wake([RECEIVING]);
    expect([delayed, worked]).toEqual([BACK, []]);
    expect(tookMs).toBeLessThanOrEqual(1250);
  });

  it('went back, and its worker leads next with nothing in hand', async () => {
    expect(await wake([RECEIVING, RECEIVING, LEADER])).toMatchObject({ delayed: BACK, worked: [[]] });
  });

  it('is kept while the leader is soon done, and worked on then', async () => {
    expect(await wake([BUSY, BUSY, LEADER])).toMatchObject({ delayed: [], worked: [['a', 'b']] });
  });

  it('goes back when the time is over', async () => {
    const { delayed, worked, tookMs } = await wake([BUSY]);
    expect([delayed, worked]).toEqual([BACK, []]);
    expect(tookMs).toBeLessThan(60_000 - 5000);
  });

  it('that breaks its worker gives the lead back', async () => {
    let isOver = false;
    const end = async () => {
      isOver = true;
    };
    const breaking: Leadership = { ...LEADER, end };
    const { delayed } = await wake([breaking], 60_000, () => Promise.reject(new TypeError('a mistake of ours')));
    expect(isOver).toBe(true);
    expect(delayed.map(({ seconds }) => seconds)).toEqual([10, 10]);
  });

  it('is left alone for a while when nobody can say who leads', async () => {
    const { delayed } = await wake(['fault']);
    expect(delayed.map(({ seconds }) => seconds)).toEqual([10, 10]);
  });

  it('is not touched once its lease is over', async () => {
    expect((await wake([RECEIVING], 0)).delayed).toEqual([]);
  });
});
