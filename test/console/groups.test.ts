import { describe, expect, test } from 'vitest';
import type { Group } from '../../client/responses.ts';
import { lanesOf } from '../../console/groups/lanes.ts';
import { toIso } from '../../lib/base/time.ts';
import { START_MS } from '../fakes/clock.ts';

const at = (seconds: number) => toIso(START_MS + seconds * 1000);

function aMember(phase: string, fromSeconds: number, more: Partial<Group['members'][number]> = {}) {
  return {
    id: `job_${phase}`,
    api: 'alibaba.nlb',
    account: 'default',
    region: 'eu-1',
    jobId: phase,
    phase,
    vendorStatus: null,
    operation: null,
    submittedAt: at(fromSeconds),
    endedAt: null,
    expectedEndAt: null,
    error: null,
    ...more,
  };
}

function aGroup(members: Group['members'], more: Partial<Group> = {}): Group {
  const open = { outcome: null, failingAt: null, endedAt: null, deadlineAt: null, expectedEndAt: null };
  return {
    id: 'g',
    size: 2,
    joined: 2,
    createdAt: at(0),
    submittedAt: at(0),
    labels: {},
    phases: {},
    ...open,
    members,
    ...more,
  };
}

describe('lanes of a group', () => {
  test('begin with the first submission, and reach to the end, to now, or to when the slowest is expected', () => {
    const done = aMember('succeeded', 10, { endedAt: at(40) });
    const slow = aMember('running', 20, { expectedEndAt: at(100) });
    const { lanes, axisMs, nowMs, expectedMs } = lanesOf(
      aGroup([done, slow], { expectedEndAt: at(100) }),
      START_MS + 60_000,
    );
    expect(lanes.map(({ fromMs, toMs, isOpen }) => [fromMs, toMs, isOpen])).toEqual([
      [0, 30_000, false],
      [10_000, 50_000, true],
    ]);
    expect([nowMs, expectedMs, lanes[1]?.expectedMs]).toEqual([50_000, 90_000, 90_000]);
    expect(axisMs).toBeGreaterThanOrEqual(90_000);
  });

  test('of a group that has ended have no now and expect nothing', () => {
    const members = [aMember('failed', 0, { endedAt: at(5), expectedEndAt: at(900) })];
    const { lanes, axisMs, nowMs, expectedMs } = lanesOf(aGroup(members, { outcome: 'failed' }), START_MS + 9e9);
    expect([nowMs, expectedMs, lanes[0]?.expectedMs]).toEqual([null, null, null]);
    expect(axisMs).toBeLessThan(6000);
  });

  test('are none for a group without members, and never end before they begin', () => {
    expect(lanesOf(aGroup([]), START_MS)).toMatchObject({ lanes: [], axisMs: 1020 });
    const ahead = lanesOf(aGroup([aMember('pending', 60)]), START_MS).lanes[0];
    expect(ahead?.toMs).toBe(ahead?.fromMs);
  });
});
