import { expect, test } from 'vitest';
import { aDepth, GOOD_HEALTH, makeWorld, type Reply, type SentRequest } from './world.ts';

const REJECTED = {
  messages: [
    { id: 'm-2', rejectedAt: '2026-11-20T09:59:01.000Z', reason: 'jobID: unknown field.', receives: 1 },
    { id: 'm-1', rejectedAt: '2026-11-20T09:59:00.000Z', reason: null, receives: 3 },
  ],
  total: 2,
  isWhole: true,
};
const LINES = 'm-2  2026-11-20T09:59:01.000Z  jobID: unknown field.\nm-1  2026-11-20T09:59:00.000Z  without a reason\n';

test.each<[string, ReturnType<typeof aDepth>, Reply, string, RegExp]>([
  ['the newest with their reasons', aDepth(2), { status: 200, body: REJECTED }, `\n\n${LINES}`, /^To put rej/],
  [
    'those that somebody looks at',
    { ...aDepth(0), inFlight: 2 },
    { status: 200, body: REJECTED },
    `\n\n${LINES}`,
    /^$/,
  ],
  ['that more lie there', aDepth(9), { status: 200, body: { ...REJECTED, total: 9 } }, LINES, /^The newest 2 of 9/],
  [
    'why it has no reasons, and the counts',
    aDepth(2),
    { status: 403, body: { detail: 'The token does not have the scope "read".' } },
    'rejected        2',
    /^The reasons of rejected messages can't be shown: The token does not have the scope "read"\.\nTo put/,
  ],
  [
    'the counts of a jobwatch that can not tell reasons',
    aDepth(2),
    { status: 404, body: { detail: 'There is no such path.' } },
    'rejected        2',
    /: There is no such path\.\n/,
  ],
])('queues shows %s', async (_, rejected, reply, shownText, noted) => {
  const health = { ...GOOD_HEALTH, queues: { ...GOOD_HEALTH.queues, rejected } };
  const server = ({ path }: SentRequest) => (path === '/v1/health' ? { status: 200, body: health } : reply);
  const { code, stdout, stderr } = await makeWorld({ server }).run('queues');
  expect([code, stdout]).toEqual([0, expect.stringContaining(shownText)]);
  expect(stderr).toMatch(noted);
});

test('queues reads no rejected message where none lies', async () => {
  const world = makeWorld({ server: () => ({ status: 200, body: GOOD_HEALTH }) });
  const { stdout } = await world.run('queues', '--json');
  expect(JSON.parse(stdout)).toEqual({ queues: GOOD_HEALTH.queues, rejected: null });
  expect(world.requests.map(({ path }) => path)).toEqual(['/v1/health']);
});

test('the help of queues names the queues that need attention as the table does', async () => {
  const { stdout } = await makeWorld().run('queues', '--help');
  expect(stdout.replace(/\s+/g, ' ')).toContain('Messages in rejected and deadDeliveries need attention');
  expect(Object.keys(GOOD_HEALTH.queues)).toEqual(expect.arrayContaining(['rejected', 'deadDeliveries']));
});
