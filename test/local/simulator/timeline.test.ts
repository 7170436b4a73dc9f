import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advanceTimeline, countPoll, startTimeline } from '../../../local/simulator/timeline.ts';
import { aJob, aSimulator, callAlibaba, showV1 } from './support.ts';

test('a timeline by time skips what passed unseen and dates each step by the end of the one before', () => {
  const steps = [{ forSeconds: 2 }, { forSeconds: 3 }, {}];
  const progress = startTimeline(1000);
  expect(advanceTimeline(steps, progress, 2999)).toEqual(progress);
  expect(advanceTimeline(steps, progress, 3000)).toMatchObject({ stepIndex: 1, enteredAtMs: 3000 });
  expect(advanceTimeline(steps, progress, 99_000)).toMatchObject({ stepIndex: 2, enteredAtMs: 6000 });
});

test('a step by polls lasts for exactly so many answers', () => {
  const steps = [{ forPolls: 2 }, {}];
  const once = countPoll(steps, startTimeline(0), 10);
  expect(once).toMatchObject({ stepIndex: 0, pollsInStep: 1 });
  expect(countPoll(steps, once, 20)).toEqual({ stepIndex: 1, enteredAtMs: 20, pollsInStep: 0 });
});

test('a timeline never goes back, and looking often or seldom comes to the same', () => {
  const steps = fc
    .array(fc.record({ forSeconds: fc.nat({ max: 50 }) }), { maxLength: 6 })
    .map((timed) => [...timed, {}]);
  fc.assert(
    fc.property(
      steps,
      fc.array(fc.nat({ max: 200_000 }), { maxLength: 20 }),
      fc.nat({ max: 200_000 }),
      (all, looks, end) => {
        let progress = startTimeline(0);
        for (const atMs of looks.filter((look) => look <= end).sort((a, b) => a - b)) {
          const next = advanceTimeline(all, progress, atMs);
          expect(next.stepIndex).toBeGreaterThanOrEqual(progress.stepIndex);
          progress = next;
        }
        expect(advanceTimeline(all, progress, end)).toEqual(advanceTimeline(all, startTimeline(0), end));
      },
    ),
  );
});

test('a job goes through its steps by the clock that it is given', async () => {
  await using simulator = await aSimulator();
  const steps = [{ status: 'INIT', forSeconds: 2 }, { status: 'RUNNING', forSeconds: 3 }, { status: 'SUCCESS' }];
  simulator.addJob(aJob({ api: 'huawei.elb.v1', steps }));
  const seen: unknown[] = [];
  for (const seconds of [0, 2, 2, 1]) {
    simulator.tick(seconds);
    seen.push((await showV1(simulator)).json.status);
  }
  expect(seen).toEqual(['INIT', 'RUNNING', 'RUNNING', 'SUCCESS']);
  expect((await showV1(simulator)).json).toMatchObject({
    begin_time: '2026-11-20T10:00:00.000Z',
    end_time: '2026-11-20T10:00:05.000Z',
  });
});

test('a job goes through its steps by the answers that showed it', async () => {
  await using simulator = await aSimulator();
  const steps = [{ status: 'Processing', forPolls: 2 }, { status: 'Succeeded' }];
  simulator.addJob(aJob({ api: 'alibaba.nlb', steps }));
  const seen: unknown[] = [];
  for (let poll = 0; poll < 3; poll += 1) seen.push((await callAlibaba(simulator, { query: 'JobId=j1' })).json.Status);
  expect(seen).toEqual(['Processing', 'Processing', 'Succeeded']);
  expect(simulator.counters().polls).toEqual({ 'alibaba.nlb/-/j1': 3 });
});

test('a job is unknown before it appears and after it vanishes', async () => {
  await using simulator = await aSimulator();
  simulator.addJob(aJob({ api: 'alibaba.nlb', appearsAfterSeconds: 5, vanishesAfterSeconds: 60 }));
  const statuses: number[] = [];
  for (const seconds of [0, 4, 1, 54, 1]) {
    simulator.tick(seconds);
    statuses.push((await callAlibaba(simulator, { query: 'JobId=j1' })).status);
  }
  expect(statuses).toEqual([404, 404, 200, 200, 404]);
});

test('a job that starts on its first poll waits for it', async () => {
  await using simulator = await aSimulator();
  const steps = [{ status: 'RUNNING', forSeconds: 5 }, { status: 'SUCCESS' }];
  simulator.addJob(aJob({ api: 'huawei.elb.v1', startsOn: 'firstPoll', steps }));
  simulator.tick(1000);
  expect((await showV1(simulator)).json).toMatchObject({ status: 'RUNNING', begin_time: '2026-11-20T10:16:40.000Z' });
  simulator.tick(5);
  expect((await showV1(simulator)).json.status).toBe('SUCCESS');
});

test('adding a job again starts it over', async () => {
  await using simulator = await aSimulator();
  const job = aJob({ api: 'huawei.elb.v1', steps: [{ status: 'RUNNING', forSeconds: 5 }, { status: 'SUCCESS' }] });
  simulator.addJob(job);
  simulator.tick(5);
  expect((await showV1(simulator)).json.status).toBe('SUCCESS');
  simulator.addJob(job);
  expect((await showV1(simulator)).json.status).toBe('RUNNING');
});
