import { describe, expect, it } from 'vitest';
import { CONFIGURATIONS, lawOf } from '../../bench/latency/configurations.ts';
import { type Measured, withNew } from '../../bench/latency/measured.ts';
import { peersOn } from '../../bench/latency/peers.ts';
import { untilPhase } from '../../bench/latency/run.ts';
import { latencyText } from '../../bench/latency/section.ts';
import { spreadOf, stagesOf } from '../../bench/latency/stages.ts';
import { buildOf } from '../../bench/packaged.ts';
import { makeSeededRandom } from '../../local/simulator/faults.ts';
import type { Template } from '../../local/template/template.ts';

const spread = { mean: 2, p50: 1, p95: 5, p99: 6, most: 7 };

function aRow(over: Partial<Measured> = {}): Measured {
  const whole = { whole: spread, untilPolled: spread, untilRecorded: spread, untilReceived: spread };
  const counts = { jobs: 24, callsPerJob: 2, pollsPerJob: 3, sqsRequestsPerPoll: null, load: 0.5 };
  const peers = [{ name: 'a loop', callsPerJob: 13, whole: spread }];
  return {
    configuration: 'idle-5s-learned',
    build: 'watch 50 s',
    date: '2026-11-21',
    ...counts,
    ...whole,
    peers,
    ...over,
  };
}

describe('the stages of an end', () => {
  it('add up to the time from the end to the webhook', () => {
    const told = [0, 10].map((late) => ({
      lastedSeconds: 5,
      endedMs: 1000,
      polledMs: 2500 + late * 1000,
      recordedMs: 2600 + late * 1000,
      receivedMs: 3000 + late * 1000,
    }));
    const { jobs, whole, untilPolled, untilRecorded, untilReceived } = stagesOf(told);
    expect([jobs, whole.mean, untilPolled.mean]).toEqual([2, 7, 6.5]);
    expect(untilPolled.mean + untilRecorded.mean + untilReceived.mean).toBeCloseTo(whole.mean, 10);
    expect(whole.most).toBe(12);
  });

  it('have percentiles that so many values are not above', () => {
    const { p50, p95, p99, most } = spreadOf(Array.from({ length: 100 }, (_, index) => 100 - index));
    expect([p50, p95, p99, most]).toEqual([50, 95, 99, 100]);
    expect(spreadOf([3])).toEqual({ mean: 3, p50: 3, p95: 3, p99: 3, most: 3 });
  });
});

describe('jobs that come alone', () => {
  it('wait for the moment of the minute that is theirs', () => {
    expect(untilPhase(61_000, 5000)).toBe(4000);
    expect(untilPhase(66_000, 5000)).toBe(59_000);
    expect(untilPhase(0, 0)).toBe(0);
  });
});

describe('the configurations', () => {
  it('have a name each, and jobs of their law', () => {
    expect(new Set(CONFIGURATIONS.map(({ name }) => name)).size).toBe(CONFIGURATIONS.length);
    expect(lawOf({ law: 'short' }, 3).durations[1]).toBeCloseTo(5, 3);
  });
});

describe('the build', () => {
  const source = (properties: object) => ({
    type: 'AWS::Lambda::EventSourceMapping',
    properties: { EventSourceArn: { 'Fn::GetAtt': ['PendingQueue', 'Arn'] }, ...properties },
  });
  const templateWith = (resources: Template['resources']): Template => ({
    resources: {
      WatchLambdaFunction: { type: '', properties: { Environment: { Variables: { WATCH_SECONDS: '57' } } } },
      Other: { type: 'AWS::Lambda::EventSourceMapping', properties: { EventSourceArn: 'DeliveriesQueue' } },
      ...resources,
    },
    outputs: {},
  });

  it('is named by what decides when a job is polled', () => {
    expect(buildOf(templateWith({}))).toBe('watch 57 s');
    expect(buildOf(templateWith({ Wake: source({ Enabled: true }) }))).toBe('watch 57 s, wake');
    expect(buildOf(templateWith({ Wake: source({ Enabled: false }) }))).toBe('watch 57 s');
  });
});

describe('peers', () => {
  it('poll the same jobs, and are late by what their next poll is after the end', async () => {
    const [loop, waiter] = await peersOn([5, 6], makeSeededRandom(1));
    expect(loop).toMatchObject({ callsPerJob: 3, whole: { mean: 0.5, most: 1 } });
    expect(waiter?.whole.mean).toBeGreaterThan(0);
  });
});

describe('the section', () => {
  it('keeps what other builds have shown, one row each', () => {
    const after = aRow({ build: 'watch 57 s, wake' });
    const rows = withNew(withNew([aRow()], [after]), [{ ...after, jobs: 12 }]);
    expect(rows.map(({ build, jobs }) => [build, jobs])).toEqual([
      ['watch 50 s', 24],
      ['watch 57 s, wake', 12],
    ]);
  });

  it('shows them side by side, with the peers of the latest', () => {
    const text = latencyText([aRow(), aRow({ build: 'watch 57 s, wake', peers: [] }), aRow({ configuration: 'gone' })]);
    expect(text).toContain(
      '| jobwatch, watch 50 s | 24 | 2.00 | 1.00 | 5.00 | 6.00 | 7.00 | 2.00 | 3.00 | – | – | 0.5 |',
    );
    expect(text).toContain('| jobwatch, watch 57 s, wake |');
    expect(text).not.toContain('a loop (computed)');
    expect(latencyText([aRow()])).toContain('| a loop (computed) |');
  });
});
