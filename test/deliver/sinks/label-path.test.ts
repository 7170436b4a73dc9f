import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillLabels } from '../../../lib/deliver/sinks/label-path.ts';
import { sampleEvent } from '../../../lib/events/sample.ts';
import { aSubscription } from '../../fakes/subscriptions.ts';
import { anEvent, aWorld } from '../../fakes/webhook-world.ts';

const URL_OF = 'https://hooks.example.com/v1/{label.run}/done?x=1';

describe('a label in the path', () => {
  test.each([
    ['run-1', 'https://hooks.example.com/v1/run-1/done?x=1'],
    ['a/b', 'https://hooks.example.com/v1/a%2Fb/done?x=1'],
    ['a\\b', 'https://hooks.example.com/v1/a%5Cb/done?x=1'],
    ['?q#f', 'https://hooks.example.com/v1/%3Fq%23f/done?x=1'],
    ['...', 'https://hooks.example.com/v1/.../done?x=1'],
    ['..;/x', 'https://hooks.example.com/v1/..%3B%2Fx/done?x=1'],
    ['%2e', null],
    ['.', null],
    ['..', null],
    ['%2e%2e', null],
    ['.%2E', null],
    ['', null],
  ])('%j makes it %j', (run, url) => {
    expect(fillLabels(URL_OF, () => ({ run }))).toMatchObject(
      url === null ? { kind: 'unfit' } : { kind: 'filled', url },
    );
  });

  test('that is absent, or named like a member of an object, makes none', () => {
    for (const labels of [{}, { other: 'x' }, { run: 5 }]) expect(fillLabels(URL_OF, () => labels).kind).toBe('unfit');
    expect(fillLabels('https://h.example/{label.constructor}', () => ({})).kind).toBe('unfit');
  });

  test('makes no URL longer than servers take', () => {
    const often = (times: number) =>
      fillLabels(`https://hooks.example.com/${'{label.run}'.repeat(times)}`, () => ({ run: '界'.repeat(250) }));
    expect(often(3).kind).toBe('filled');
    expect(often(4)).toMatchObject({
      kind: 'unfit',
      reason: "with the job's labels the URL is longer than 8192 characters",
    });
  });

  test('never leaves its place: host, segments and query stay as they are', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('', '.', 'x', '%2e'), (run, before) => {
        const filled = fillLabels(`https://hooks.example.com/v1/${before}{label.run}/done?x=1`, () => ({ run }));
        if (filled.kind === 'unfit') return;
        const { host, pathname, search, hash } = new URL(filled.url);
        expect([host, search, hash]).toEqual(['hooks.example.com', '?x=1', '']);
        const [, version, , done, ...more] = pathname.split('/');
        expect([version, done, more]).toEqual(['v1', 'done', []]);
      }),
      { numRuns: 1000 },
    );
  });
});

test('the labels that all jobs of a group share lead its events', async () => {
  const world = aWorld({ subscriptions: [aSubscription({ url: URL_OF, types: ['jobwatch.*'] })] });
  const sample = { id: 'evt_1', at: '2026-11-20T10:00:00.000Z', subscription: 'sub_a', labels: { run: '7' } };
  await world.publish([sampleEvent('test', { ...sample, type: 'jobwatch.group.completed' })]);
  await world.run();
  expect(world.calls.map(({ url }) => url)).toEqual(['https://hooks.example.com/v1/7/done?x=1']);
});

test('a delivery whose job lacks the label is canceled with the reason, without a call', async () => {
  const world = aWorld({ subscriptions: [aSubscription({ url: URL_OF, types: ['jobwatch.*'] })] });
  await world.publish([anEvent()]);
  await world.run();
  expect(world.calls).toEqual([]);
  expect(world.theDelivery()).toMatchObject({
    state: 'canceled',
    reason: 'the label run is absent, but the URL needs it',
    attempts: 1,
  });
  expect(await world.subscriptions.get('sub_a')).toMatchObject({ state: 'active', failingSince: null });
});
