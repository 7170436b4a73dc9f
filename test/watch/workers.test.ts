import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeStart, roleOf, type Shift, workersFor } from '../../lib/watch/workers.ts';
import { fakeClock, START_MS } from '../fakes/clock.ts';

const SETTINGS = { maxWorkers: 4, watchSeconds: 50, callsPerSecond: 5, vendorTimeoutMs: 5000 };
const REMAINING_MS = 70_000;
const SHIFT: Shift = { worker: 2, of: 3, untilMs: START_MS + 50_000, deadlineMs: START_MS + REMAINING_MS };
const SCHEDULED = { version: '0', 'detail-type': 'Scheduled Event', source: 'aws.scheduler', detail: '{}' };

function setUp(
  settings = SETTINGS,
  options: { visible?: () => Promise<number>; invoke?: (shift: Shift) => Promise<string | null> } = {},
) {
  const clock = fakeClock();
  const invoked: Shift[] = [];
  const lines: { level: string; message: string; fields: unknown }[] = [];
  let looks = 0;
  const note = (level: string) => (message: string, fields: unknown) => void lines.push({ level, message, fields });
  const start = makeStart(
    {
      visible: async () => {
        looks += 1;
        return await (options.visible ?? (async () => 100_000))();
      },
      invoke: async (shift) => {
        invoked.push(shift);
        return (await options.invoke?.(shift)) ?? null;
      },
      log: { info: note('info'), warn: note('warn'), error: note('error') },
      clock,
    },
    settings,
  );
  return { clock, start, invoked, lines, looks: () => looks };
}

describe('the number of workers', () => {
  it.each<[number, number, Partial<typeof SETTINGS>]>([
    [0, 1, {}],
    [1, 1, {}],
    [1250, 1, {}],
    [1251, 2, {}],
    [2500, 2, {}],
    [3751, 4, {}],
    [1_000_000, 4, {}],
    [1_000_000, 2, { maxWorkers: 2 }],
    [1_000_000, 1, { maxWorkers: 1 }],
    // A shorter tick does less, a longer one more.
    [251, 2, { watchSeconds: 10 }],
    [20_000, 1, { watchSeconds: 800 }],
    // Each needs one whole call a second of a scope.
    [1_000_000, 1, { callsPerSecond: 1 }],
    [1_000_000, 3, { callsPerSecond: 3 }],
  ])('for %i visible messages is %i with %o', (visible, workers, settings) => {
    expect(workersFor(visible, { ...SETTINGS, ...settings })).toBe(workers);
  });

  it('is within its bounds whatever SQS says, and never less for more messages', () => {
    const settings = fc.record({
      maxWorkers: fc.integer({ min: 1, max: 4 }),
      watchSeconds: fc.integer({ min: 1, max: 840 }),
      callsPerSecond: fc.integer({ min: 1, max: 1000 }),
      vendorTimeoutMs: fc.constant(5000),
    });
    fc.assert(
      fc.property(fc.nat(10 ** 7), fc.nat(10 ** 7), settings, (some, more, given) => {
        const workers = workersFor(some, given);
        expect(Number.isInteger(workers)).toBe(true);
        expect(workers).toBeGreaterThanOrEqual(1);
        expect(workers).toBeLessThanOrEqual(Math.min(given.maxWorkers, given.callsPerSecond));
        expect(workersFor(some + more, given)).toBeGreaterThanOrEqual(workers);
      }),
    );
  });
});

describe('an event', () => {
  it.each([[SCHEDULED], [null], [undefined], [{}], ['by hand'], [[1]], [42]])('%o is a tick', (event) => {
    expect(roleOf(event, SETTINGS, START_MS)).toEqual({ kind: 'first' });
  });

  it('with a shift is that of a sibling until its time is over', () => {
    expect(roleOf(SHIFT, SETTINGS, SHIFT.untilMs - 1)).toEqual({ kind: 'sibling', shift: SHIFT });
    expect(roleOf(SHIFT, SETTINGS, SHIFT.untilMs)).toEqual({ kind: 'stale', shift: SHIFT });
  });

  it.each<[object, string]>([
    [{ ...SHIFT, worker: 1 }, 'worker: '],
    [{ ...SHIFT, worker: 4 }, 'worker: expected at most "of"'],
    [{ ...SHIFT, worker: 2.5 }, 'worker: '],
    [{ ...SHIFT, worker: '2' }, 'worker: '],
    [{ ...SHIFT, of: 5 }, 'of: '],
    [{ ...SHIFT, of: 1 }, 'of: '],
    [{ ...SHIFT, untilMs: '2026' }, 'untilMs: '],
    [{ ...SHIFT, deadlineMs: null }, 'deadlineMs: '],
    [{ ...SHIFT, more: 1 }, 'more: '],
    [{ worker: 2 }, 'of: '],
    [{ of: 2 }, 'worker: '],
    [{ untilMs: 1 }, 'worker: '],
  ])('%o is malformed: %s', (event, reason) => {
    expect(roleOf(event, SETTINGS, START_MS)).toEqual({ kind: 'malformed', reason: expect.stringContaining(reason) });
  });

  it('for more workers than may be is malformed', () => {
    expect(roleOf(SHIFT, { ...SETTINGS, maxWorkers: 2 }, START_MS).kind).toBe('malformed');
  });

  it('of any kind is one of the four', () => {
    const fields = fc.record(
      { worker: fc.anything(), of: fc.anything(), untilMs: fc.anything(), deadlineMs: fc.anything() },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fields), fc.integer(), (event, nowMs) => {
        expect(['first', 'sibling', 'stale', 'malformed']).toContain(roleOf(event, SETTINGS, nowMs).kind);
      }),
    );
  });
});

describe('a scheduled tick', () => {
  it('starts siblings, each with its part and the end of this tick', async () => {
    const { start, invoked, lines } = setUp(SETTINGS, { visible: async () => 2501 });
    const started = await start(SCHEDULED, REMAINING_MS);
    await started?.settled;
    const times = { of: 3, untilMs: START_MS + 50_000, deadlineMs: START_MS + 70_000 };
    expect(started?.shift).toEqual({ worker: 1, ...times });
    expect(invoked).toEqual([
      { worker: 2, ...times },
      { worker: 3, ...times },
    ]);
    expect(lines).toEqual([]);
    // What it sends is what a sibling takes.
    for (const event of invoked)
      expect(roleOf(JSON.parse(JSON.stringify(event)), SETTINGS, START_MS).kind).toBe('sibling');
  });

  it('that has waited to lead promises no more than its invocation still has', async () => {
    const { start, invoked } = setUp({ ...SETTINGS, watchSeconds: 57 });
    const started = await start(SCHEDULED, REMAINING_MS - 25_000);
    // A call and its writes take 13 s of the 45 that are left.
    expect(started?.shift).toMatchObject({ untilMs: START_MS + 32_000, deadlineMs: START_MS + 45_000 });
    expect(invoked).toMatchObject([2, 3, 4].map((worker) => ({ worker, untilMs: START_MS + 32_000 })));
  });

  it('that has little to do works alone', async () => {
    const { start, invoked } = setUp(SETTINGS, { visible: async () => 1250 });
    expect((await start(SCHEDULED, REMAINING_MS))?.shift).toMatchObject({ worker: 1, of: 1 });
    expect(invoked).toEqual([]);
  });

  it('makes no request at all where one worker is the most', async () => {
    const { start, invoked, looks } = setUp({ ...SETTINGS, maxWorkers: 1 });
    expect((await start(SCHEDULED, REMAINING_MS))?.shift).toMatchObject({ worker: 1, of: 1 });
    expect([invoked.length, looks()]).toEqual([0, 0]);
  });

  it('works alone if the depth of the queue is not to be had', async () => {
    const visible = () => Promise.reject(new Error('no queue'));
    const { start, invoked, lines } = setUp(SETTINGS, { visible });
    expect((await start(SCHEDULED, REMAINING_MS))?.shift).toMatchObject({ worker: 1, of: 1 });
    expect(invoked).toEqual([]);
    expect(lines).toMatchObject([{ level: 'error', message: 'watch.fault', fields: { what: 'visible' } }]);
  });

  it.each<[string, () => Promise<string | null>, string]>([
    ['refused', async () => 'AccessDeniedException', 'AccessDeniedException'],
    ['cut off', () => Promise.reject(new Error('no credentials')), 'Error: no credentials'],
  ])('keeps its part, and says so, when a sibling is %s', async (_, invoke, error) => {
    const { start, lines } = setUp(SETTINGS, { invoke: async ({ worker }) => (worker === 3 ? invoke() : null) });
    const started = await start(SCHEDULED, REMAINING_MS);
    await started?.settled;
    expect(started?.shift).toMatchObject({ worker: 1, of: 4 });
    expect(lines).toEqual([{ level: 'error', message: 'watch.sibling.fault', fields: { worker: 3, of: 4, error } }]);
  });

  it('begins its own work without waiting for its siblings', async () => {
    const { start } = setUp(SETTINGS, { invoke: () => new Promise(() => undefined) });
    expect((await start(SCHEDULED, REMAINING_MS))?.shift.of).toBe(4);
  });
});

describe('a sibling', () => {
  it('looks at no queue and starts nobody', async () => {
    const { start, invoked, looks } = setUp();
    expect((await start(SHIFT, REMAINING_MS))?.shift).toEqual(SHIFT);
    expect([invoked.length, looks()]).toEqual([0, 0]);
  });

  it('that comes late ends when the tick ends that started it', async () => {
    const { start, clock } = setUp();
    clock.advance(30_000);
    expect((await start(SHIFT, REMAINING_MS))?.shift).toEqual(SHIFT);
  });

  it('that comes too late does nothing, and says so', async () => {
    const { start, clock, lines } = setUp();
    clock.advance(51_000);
    expect(await start(SHIFT, REMAINING_MS)).toBeNull();
    expect(lines).toEqual([{ level: 'warn', message: 'watch.sibling.late', fields: { ...SHIFT, lateMs: 1000 } }]);
  });

  it('of a clock far ahead works no longer than a tick', async () => {
    const { start } = setUp();
    const ahead = { ...SHIFT, untilMs: SHIFT.untilMs + 3_600_000, deadlineMs: SHIFT.deadlineMs + 3_600_000 };
    expect((await start(ahead, REMAINING_MS))?.shift).toEqual(SHIFT);
  });

  it('whose event is malformed does nothing, and says what was expected', async () => {
    const { start, lines } = setUp();
    expect(await start({ ...SHIFT, of: 9 }, REMAINING_MS)).toBeNull();
    expect(lines).toEqual([
      { level: 'error', message: 'watch.event.malformed', fields: { reason: expect.stringMatching(/^of: .*4/) } },
    ]);
  });
});
