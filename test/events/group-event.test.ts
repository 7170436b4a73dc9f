import { CloudEvent } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { asciiBytes, asciiJson } from '../../lib/base/ascii-json.ts';
import { toIso } from '../../lib/base/time.ts';
import { type SubscriptionFilter, wants } from '../../lib/deliver/subscription.ts';
import { EVENT_MAX_BYTES } from '../../lib/events/event.ts';
import { groupEvent } from '../../lib/events/group-event.ts';
import { EVENT_TYPES } from '../../lib/events/types.ts';
import type { Decision, GroupSummary } from '../../lib/job/group/group.ts';
import { START_MS } from '../fakes/clock.ts';
import { aSubscription } from '../fakes/subscriptions.ts';

const NOW = toIso(START_MS);
const HEAD = { id: 'release/42', size: 3, createdAt: NOW };

function decided(more: Partial<GroupSummary> = {}): Decision {
  const summary: GroupSummary = {
    outcome: 'failed',
    phases: { succeeded: 2, failed: 1 },
    badEnds: [],
    submittedAt: NOW,
    endedAt: NOW,
    labels: { team: 'net' },
    apis: ['alibaba.nlb', 'huawei.elb.v3'],
    accounts: ['a', 'b'],
    ...more,
  };
  return { by: null, at: toIso(START_MS + 5000), summary };
}
const event = groupEvent('prod', HEAD, 'completed', decided());

describe('the event of a group', () => {
  it('says what the contract says and nothing else, and is a CloudEvent', () => {
    expect(JSON.parse(asciiJson(event))).toEqual({
      specversion: '1.0',
      id: expect.stringMatching(/^evt_[a-z2-7]{26}$/),
      type: 'jobwatch.group.completed',
      time: toIso(START_MS + 5000),
      source: '/jobwatch/prod',
      subject: 'release/42',
      datacontenttype: 'application/json',
      data: {
        group: { id: 'release/42', size: 3, labels: { team: 'net' } },
        outcome: 'failed',
        phases: { succeeded: 2, failed: 1 },
        badEnds: [],
        submittedAt: NOW,
        endedAt: NOW,
      },
    });
    expect(() => new CloudEvent(JSON.parse(asciiJson(event)))).not.toThrow();
    expect(EVENT_TYPES).toContain(event.type);
  });

  it('has an id of its kind and its group, which an id that is free again does not repeat', () => {
    const ids = [
      event,
      groupEvent('prod', HEAD, 'failing', decided()),
      groupEvent('prod', { ...HEAD, id: 'h' }, 'completed', decided()),
      groupEvent('prod', { ...HEAD, createdAt: toIso(START_MS + 1) }, 'completed', decided()),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    expect(groupEvent('dev', HEAD, 'completed', decided({ outcome: 'succeeded' })).id).toBe(event.id);
  });

  it('stays within the limit, however long labels and errors are', () => {
    const labels = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`key${at}`, '\u8a9e'.repeat(256)]));
    const bad = { id: `job_${'a'.repeat(26)}`, api: 'huawei.elb.v3', phase: 'failed', endedAt: NOW } as const;
    const badEnds = Array.from({ length: 20 }, (_, at) => ({
      ...bad,
      jobId: `${'j'.repeat(120)}${at}`,
      error: { code: 'c'.repeat(64), message: 'm'.repeat(256) },
    }));
    const large = groupEvent('prod', { ...HEAD, id: '\u8a9e'.repeat(256) }, 'completed', decided({ labels, badEnds }));
    expect(asciiBytes(large)).toBeLessThanOrEqual(EVENT_MAX_BYTES);
    expect(large.data.group.labels).toEqual(labels);
    expect(groupEvent('prod', HEAD, 'completed', decided({ badEnds })).data.badEnds).toEqual(badEnds);
  });

  it.each<[string, readonly string[], SubscriptionFilter, boolean]>([
    ['no types: the ends of jobs', [], {}, false],
    ['every type', ['jobwatch.*'], {}, true],
    ['all of groups', ['jobwatch.group.*'], {}, true],
    ['its own type', ['jobwatch.group.completed'], {}, true],
    ['another type', ['jobwatch.group.failing', 'jobwatch.job.*'], {}, false],
    ['the api of one member', ['jobwatch.*'], { api: 'huawei.elb.v3' }, true],
    ['an api that no member has', ['jobwatch.*'], { api: 'huawei.elb.v1' }, false],
    ['the account of one member', ['jobwatch.*'], { account: 'b' }, true],
    ['an account that no member has', ['jobwatch.*'], { account: 'c' }, false],
    ['a label that all share', ['jobwatch.*'], { labels: { team: 'net' } }, true],
    ['another label', ['jobwatch.*'], { labels: { team: 'web' } }, false],
    ['all of them', ['jobwatch.*'], { api: 'alibaba.nlb', account: 'a', labels: { team: 'net' } }, true],
  ])('is wanted by a subscription to %s, or not', (_what, types, filter, isWanted) => {
    expect(wants(aSubscription({ types, filter }), event)).toBe(isWanted);
  });
});
