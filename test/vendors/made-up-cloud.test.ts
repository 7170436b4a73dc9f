import { describe, expect, test } from 'vitest';
import type { HttpRequest, Send } from '../../lib/base/http.ts';
import { jobIdOf } from '../../lib/job/identity.ts';
import { parseWatchMessage } from '../../lib/job/watch-message.ts';
import { parseAccount } from '../../lib/vendors/account.ts';
import { CLOUDS } from '../../lib/vendors/clouds.ts';
import { factsOf, makeVendors } from '../../lib/vendors/registry.ts';
import { makeWorld } from '../fakes/world.ts';
import { NIMBUS } from '../fixtures/made-up-cloud/cloud.ts';
import { json } from './support.ts';

const clouds = [...CLOUDS, NIMBUS];
const apis = factsOf(clouds);
const ACCOUNT = { vendor: 'nimbus', pass: 'NIMB123456' };
const BREW = { api: 'nimbus.brews', region: 'lu-na-1', account: 'teapot' };

describe('a cloud that stands in a folder and in a line of the registry', () => {
  test('has its accounts read, and said what they are', () => {
    const parsed = parseAccount(JSON.stringify(ACCOUNT), apis, clouds);
    expect(parsed).toEqual({ ok: true, account: ACCOUNT });
    expect(NIMBUS.kindOf(ACCOUNT)).toBe('pass');
    expect(parseAccount('{"vendor":"nimbus"}', apis, clouds)).toEqual({ ok: false, reason: 'pass: missing' });
    expect(parseAccount('{"vendor":"nimbus"}', apis)).toMatchObject({
      reason: expect.stringMatching(/^vendor: expected "alibaba"/),
    });
  });

  test('has its keys refused in messages', () => {
    const message = { ...BREW, jobId: 'NIMB123456', labels: { note: 'pass NIMB654321' } };
    expect(parseWatchMessage(message, apis)).toEqual({
      ok: false,
      problems: ['jobId', 'labels.note'].map((field) => ({
        field,
        problem: 'looks like a secret, which is not taken here',
      })),
    });
  });

  test('has a job of its watched to the end', async () => {
    const world = makeWorld();
    const requests: HttpRequest[] = [];
    const states = ['steeping', 'steeping', 'ready'];
    const send: Send = async (request) => {
      requests.push(request);
      return json({ state: states[Math.min(requests.length, states.length) - 1] });
    };
    world.accounts.set('teapot', { kind: 'found', version: '1', account: ACCOUNT });
    const vendors = makeVendors({ send, clock: world.clock, nonce: () => 'n' }, clouds);
    world.submit('b7', BREW);
    await world.runMinutes(
      30,
      world.makeWorker((ports) => ({ ...ports, vendors })),
    );
    const id = jobIdOf({ ...BREW, projectId: null, jobId: 'b7' });
    expect(world.job(id)).toMatchObject({ phase: 'succeeded', vendorStatus: 'ready' });
    expect(world.ends(id).map(({ type }) => type)).toEqual(['jobwatch.job.succeeded']);
    expect(world.rejected).toEqual([]);
    expect(requests.map(({ url }) => url.href)).toEqual(Array(3).fill('https://lu-na-1.nimbus.example/brews/b7'));
  });
});
