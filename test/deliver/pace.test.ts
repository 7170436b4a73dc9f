import { describe, expect, test } from 'vitest';
import { toIso, toMs } from '../../lib/base/time.ts';
import { makeDeliver } from '../../lib/deliver/deliver.ts';
import { robotId } from '../../lib/deliver/sinks/secret-url.ts';
import { FAKES, ROBOT_URLS, type Robot } from '../fakes/robots.ts';
import { aSubscription } from '../fakes/subscriptions.ts';
import { anEvent, aWorld, START_MS } from '../fakes/webhook-world.ts';

const MINUTE_MS = 60_000;
const LIMITS: Readonly<Record<Robot, number>> = { dingtalk: 20, feishu: 100, wecom: 20, slack: 60 };

/** Many workers over the stores of one world, and one robot behind all of its subscriptions. */
async function aCrowd(format: Robot, { events = 60, workers = 20, subscriptions = 1, lateMs = (): number => 0 } = {}) {
  const url = ROBOT_URLS[format];
  const targets = Array.from({ length: subscriptions }, (_, at) =>
    aSubscription({ id: `sub_${at}`, format, url: 'masked', robot: robotId(url), types: ['jobwatch.*'] }),
  );
  const world = aWorld({ subscriptions: targets });
  for (const { id } of targets) {
    await world.secrets.remove(id);
    await world.secrets.create(id, null, { url });
  }
  const robot = FAKES[format]();
  const calls: number[] = [];
  const sinks = world.sinksOver(async (request) => {
    calls.push(world.time.nowMs);
    const answered = robot.answer(request, world.time.nowMs);
    await new Promise<void>((resolve) => setImmediate(resolve));
    return answered;
  });
  const settings = { stage: 'test', waitsSeconds: [5, 300, 1800], timeoutMs: 15_000 };
  const crew = Array.from({ length: workers }, () => makeDeliver({ ...world.ports, sinks }, settings));
  await world.publish(Array.from({ length: events }, (_, at) => anEvent({ id: `evt_${at}` })));
  let turn = 0;
  /** From one visibility to the next; what is visible together is handled together, each by the next worker. */
  const run = async () => {
    while (world.queue.length > 0) {
      const nextMs = Math.min(...world.queue.map(({ visibleAtMs }) => visibleAtMs));
      world.time.nowMs = Math.max(world.time.nowMs, nextMs) + lateMs();
      const due = world.queue.filter(({ visibleAtMs }) => visibleAtMs <= world.time.nowMs);
      await Promise.all(
        due.map(async (message) => {
          message.visibleAtMs = world.time.nowMs + 180_000;
          turn += 1;
          const { messageId, body, sentAtMs } = message;
          const result = await crew[turn % workers]?.({ messageId, body, sentAtMs, receiptHandle: messageId });
          if (result === 'done') world.queue.splice(world.queue.indexOf(message), 1);
        }),
      );
    }
  };
  return { world, robot, calls, run };
}

const mostInAMinute = (calls: readonly number[]) =>
  Math.max(...calls.map((from) => calls.filter((at) => at >= from && at < from + MINUTE_MS).length));

describe('a robot', () => {
  test.each(Object.keys(FAKES) as Robot[])(
    '%s gets 60 ends that come at once, over 20 workers, and never too many a minute',
    async (format) => {
      const { world, robot, calls, run } = await aCrowd(format);
      await run();
      expect(world.deliveries.all().map(({ state, attempts }) => `${state} ${attempts}`)).toEqual(
        Array.from({ length: 60 }, () => 'delivered 1'),
      );
      expect(robot.refused).toEqual([]);
      expect(robot.locks()).toBe(0);
      expect(mostInAMinute(calls)).toBeLessThanOrEqual(LIMITS[format]);
      expect(world.dead).toEqual([]);
    },
  );

  test('gets the messages of all its subscriptions at one pace', async () => {
    const { world, robot, calls, run } = await aCrowd('dingtalk', { events: 30, subscriptions: 3 });
    await run();
    expect(world.deliveries.all().filter(({ state }) => state === 'delivered')).toHaveLength(90);
    expect(robot.refused).toEqual([]);
    expect(mostInAMinute(calls)).toBeLessThanOrEqual(20);
  });

  test('is not called too often by workers that come late, now more and now less', async () => {
    let seed = 7;
    const lateMs = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed % 12_000;
    };
    const { world, robot, calls, run } = await aCrowd('wecom', { lateMs });
    await run();
    expect(world.deliveries.all().filter(({ state }) => state === 'delivered')).toHaveLength(60);
    expect(robot.refused).toEqual([]);
    expect(mostInAMinute(calls)).toBeLessThanOrEqual(20);
  });

  test('that was locked by somebody else rests for ten minutes, and nothing is lost or counted as failing', async () => {
    const { world, robot, run } = await aCrowd('dingtalk', { events: 5 });
    // Somebody else has used the minute up.
    const url = new URL(ROBOT_URLS.dingtalk);
    for (let at = 0; at < 21; at += 1) robot.answer({ method: 'POST', url, headers: {}, body: '{}' }, START_MS - 1);
    expect(robot.locks()).toBe(1);
    await run();
    expect(world.deliveries.all().map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'delivered'));
    expect(world.time.nowMs).toBeGreaterThan(START_MS + 10 * MINUTE_MS);
    const [first] = await world.subscriptions.list();
    expect(first).toMatchObject({ state: 'active', failingSince: null });
    expect(robot.locks()).toBe(1);
  });
});

test('a wait for a slot is in the record and is no attempt', async () => {
  const { world } = await aCrowd('dingtalk', { events: 3, workers: 1 });
  for (const message of [...world.queue]) {
    const { messageId, body, sentAtMs } = message;
    const deliver = makeDeliver(
      {
        ...world.ports,
        sinks: world.sinksOver(async () => ({ kind: 'response', status: 500, headers: {}, body: '' })),
      },
      { stage: 'test', waitsSeconds: [5], timeoutMs: 15_000 },
    );
    await deliver({ messageId, body, sentAtMs, receiptHandle: messageId });
  }
  const waiting = world.deliveries.all().filter(({ attempts }) => attempts === 0);
  expect(waiting.map(({ slotAt, nextAttemptAt, state }) => [slotAt, nextAttemptAt, state])).toEqual([
    [toIso(START_MS + 4000), toIso(START_MS + 4000), 'waiting'],
    [toIso(START_MS + 8000), toIso(START_MS + 8000), 'waiting'],
  ]);
  expect(toMs(waiting[0]?.slotAt ?? '')).toBe(START_MS + 4000);
});
