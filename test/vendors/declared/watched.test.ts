import { expect, test } from 'vitest';
import type { HttpRequest, Send } from '../../../lib/base/http.ts';
import { jobIdOf } from '../../../lib/job/identity.ts';
import { API_FACTS, makeVendors } from '../../../lib/vendors/registry.ts';
import { makeWorld } from '../../fakes/world.ts';
import { json } from '../support.ts';

const ACCOUNT = { vendor: 'bearer', cloud: 'hetzner', token: 'hush' };
const next = { meta: { pagination: { next_page: null } } };

test('45 actions without a region are watched to the end, two calls a poll, at the pace of the token', async () => {
  const world = makeWorld();
  const requests: { request: HttpRequest; atMs: number }[] = [];
  const send: Send = async (request) => {
    requests.push({ request, atMs: world.clock() });
    const ids = request.url.searchParams.getAll('id').map(Number);
    const status = world.clock() - startMs < 30_000 ? 'running' : 'success';
    return json({ actions: ids.map((id) => ({ id, status })), ...next });
  };
  const startMs = world.clock();
  world.accounts.set('hetzner', { kind: 'found', version: '1', account: ACCOUNT });
  const vendors = makeVendors({ send, clock: world.clock, nonce: () => 'n' });
  const ids = Array.from({ length: 45 }, (_, index) => String(index + 1));
  const message = { api: 'hetzner.actions', region: undefined, account: 'hetzner' };
  for (const id of ids) world.submit(id, message);
  await world.runMinutes(
    10,
    world.makeWorker((ports) => ({ ...ports, vendors })),
  );
  for (const jobId of ids) {
    const id = jobIdOf({ api: 'hetzner.actions', account: 'hetzner', region: 'global', projectId: null, jobId });
    expect(world.job(id)).toMatchObject({ phase: 'succeeded', region: 'global' });
    expect(world.ends(id)).toHaveLength(1);
  }
  expect(world.rejected).toEqual([]);
  expect(requests.slice(0, 2).map(({ request }) => request.url.searchParams.getAll('id').length)).toEqual([25, 20]);
  const gaps = requests.slice(1).map(({ atMs }, index) => atMs - (requests[index]?.atMs ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2000);
  expect(API_FACTS.get('hetzner.actions')).toMatchObject({ needsRegion: false, hasNumericIds: true });
});

test('after a wait that a good answer names, its jobs come back no sooner', async () => {
  const world = makeWorld();
  const asked: number[] = [];
  const send: Send = async () => {
    asked.push(world.clock());
    return json({ action: { id: 1, status: 'running' } }, 200, { 'retry-after': '40' });
  };
  world.accounts.set('hetzner', { kind: 'found', version: '1', account: ACCOUNT });
  const vendors = makeVendors({ send, clock: world.clock, nonce: () => 'n' });
  world.submit('1', { api: 'hetzner.actions', region: undefined, account: 'hetzner' });
  const received: number[] = [];
  const worker = world.makeWorker((ports) => ({
    ...ports,
    vendors,
    pending: {
      ...ports.pending,
      async receive(...wishes) {
        const messages = await ports.pending.receive(...wishes);
        received.push(...messages.map(() => world.clock()));
        return messages;
      },
    },
  }));
  await world.runMinutes(1, worker);
  expect(asked).toHaveLength(2);
  expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(40_000);
  // Received when it was new, and then for its polls alone: it never had to be put off.
  expect(received.slice(1)).toEqual(asked);
});
