import { describe, expect, test } from 'vitest';
import { toIso } from '../../lib/base/time.ts';
import type { Phase } from '../../lib/job/phase.ts';
import { START_MS } from '../fakes/clock.ts';
import { aGroup, GOOD_HEALTH, jobId, makeWorld, type Server } from './world.ts';

const ID = 'shop/release 42';
const PATH = `/v1/groups/${encodeURIComponent(ID)}`;
const SUBMIT = ['submit', '--api', 'alibaba.nlb', '--region', 'cn-hangzhou'];

/** The group as it is until that time after the start, the first that fits. */
function server(...script: readonly [untilMs: number, group: unknown][]): Server {
  return ({ path }, atMs) => {
    if (path === '/v1/health') return { status: 200, body: GOOD_HEALTH };
    const found = path === PATH ? script.find(([untilMs]) => atMs < untilMs) : undefined;
    if (found?.[1] === undefined)
      return { status: 404, body: { status: 404, detail: 'There is no group with this id.' } };
    return found[1] === 'away' ? null : { status: 200, body: found[1] };
  };
}

const open: [number, unknown] = [30_000, aGroup(['succeeded', 'running'], null)];

describe('jobwatch wait --group', () => {
  test.each<[readonly Phase[], string, number]>([
    [['succeeded', 'succeeded'], 'succeeded', 0],
    [['succeeded', 'failed'], 'failed', 1],
    [['failed', 'timed_out'], 'failed', 2],
    [['lost', 'failed'], 'failed', 3],
    [['succeeded'], 'incomplete', 2],
    [['lost'], 'incomplete', 3],
  ])('for members that are %j and a group that is %s ends with %i', async (phases, outcome, code) => {
    const { run } = makeWorld({ server: server(open, [Infinity, aGroup(phases, outcome, 2)]) });
    const result = await run('wait', '--group', ID);
    expect(result.code).toBe(code);
    expect(result.stdout).toContain(`${ID}  ${outcome}: `);
    expect(result.tookMs).toBeGreaterThanOrEqual(30_000);
  });

  test('tells each change of a member once, and the whole at the end', async () => {
    const { run } = makeWorld({ server: server(open, [Infinity, aGroup(['succeeded', 'failed'], 'failed')]) });
    const { stdout } = await run('wait', '--group', ID);
    expect(stdout.match(/job-0 {2}succeeded/g)).toHaveLength(1);
    expect(stdout).toContain('job-1  failed (X)  9s: 506: AllocateEipAddress Failed');
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(`${ID}  failed: 1 succeeded, 1 failed`);
  });

  test('prints JSON lines with the whole group at the end', async () => {
    const { run } = makeWorld({ server: server(open, [Infinity, aGroup(['succeeded', 'succeeded'], 'succeeded')]) });
    const lines = (await run('wait', '--group', ID, '--json')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({
      done: true,
      exitCode: 0,
      reason: null,
      group: { id: ID, outcome: 'succeeded' },
    });
    expect(lines).toHaveLength(4);
  });

  test('marks what did not succeed as an error of the run in GitHub Actions', async () => {
    const { run } = makeWorld({
      server: server([Infinity, aGroup(['succeeded', 'failed'], 'failed')]),
      env: { GITHUB_ACTIONS: 'true' },
    });
    expect((await run('wait', '--group', ID)).stdout).toMatch(/^::error title=jobwatch::job-1 {2}failed/m);
  });

  test('ends with 2 at its time-out, and not later', async () => {
    const { run } = makeWorld({ server: server([Infinity, open[1]]) });
    const result = await run('wait', '--group', ID, '--timeout', '1m');
    expect([result.code, result.tookMs]).toEqual([2, 60_000]);
    expect(result.stderr).toMatch(/The timeout of 1m 00s has passed\. jobwatch keeps watching/);
  });

  test('ends with 3 for a group that nobody knows, and waits for one that is new', async () => {
    const never = await makeWorld({ server: server() }).run('wait', '--group', ID);
    expect([never.code, never.tookMs >= 180_000]).toEqual([3, true]);
    const late = server([60_000, undefined], [Infinity, aGroup(['succeeded'], 'succeeded')]);
    expect((await makeWorld({ server: late }).run('wait', '--group', ID)).code).toBe(0);
  });

  test('outlasts a gap, and ends with 4 when it lasts', async () => {
    const gap = server([10_000, open[1]], [60_000, 'away'], [Infinity, aGroup(['succeeded'], 'succeeded')]);
    const short = await makeWorld({ server: gap }).run('wait', '--group', ID);
    expect([short.code, short.stdout]).toEqual([0, expect.stringContaining('jobwatch answers again')]);
    const long = server([10_000, open[1]], [Infinity, 'away']);
    const ended = await makeWorld({ server: long }).run('wait', '--group', ID, '--patience', '1m');
    expect([ended.code, ended.stderr]).toEqual([4, expect.stringContaining('has not answered for')]);
  });

  test('shows its members in a terminal', async () => {
    const { run } = makeWorld({ columns: 120, server: server([Infinity, aGroup(['succeeded', 'failed'], 'failed')]) });
    const { stdout } = await run('wait', '--group', ID);
    for (const text of ['job-0', 'job-1', 'alibaba.nlb', 'AllocateEipAddress']) expect(stdout).toContain(text);
  });

  test.each([
    [['wait'], 'Give either jobs or --group ID.'],
    [['wait', '--group', ID, jobId('a')], 'Give either jobs or --group ID.'],
    [['wait', '--group', ID, '--any'], '--any is for jobs'],
    [['show'], 'Give either a job or --group ID.'],
    [[...SUBMIT, '--group', 'g', 'a'], 'Give --group and --group-size together.'],
    [[...SUBMIT, '--group-size', '3', 'a'], 'Give --group and --group-size together.'],
    [[...SUBMIT, '--group', 'g', '--group-size', '501', 'a'], 'Expected a whole number from 1 to 500.'],
  ])('%j is refused', async (args, text) => {
    const result = await makeWorld({ server: server() }).run(...args);
    expect([result.code, result.stderr]).toEqual([64, expect.stringContaining(text)]);
  });
});

describe('a denied account of a group', () => {
  const waiting = { reason: 'account "nobody" was not found', until: toIso(START_MS), denied: true };
  const group = (changes: Record<number, object>, phases: readonly Phase[] = ['pending', 'pending'], size = 2) => {
    const plain = aGroup(phases, null, size);
    const members = plain.members.map((member, at) => {
      const isEnded = !['pending', 'running'].includes(member.phase);
      const own = isEnded ? {} : { account: 'nobody', vendorStatus: null, endedAt: null };
      return { ...member, ...own, waiting: null, ...changes[at] };
    });
    return { ...plain, members };
  };
  const [fresh, denied] = [group({}), group({ 0: { waiting }, 1: { waiting } })];

  test('ends the wait with 5 as soon as nothing else is waited for, and says why in one line', async () => {
    const { run } = makeWorld({ server: server([5000, fresh], [Infinity, denied]), env: { GITHUB_ACTIONS: 'true' } });
    const result = await run('wait', '--group', ID, '--timeout', '1h');
    expect([result.code, result.tookMs < 12_000]).toEqual([5, true]);
    expect(result.stdout).toMatch(/^10:00:0\d {2}job-0 {2}pending {2}\ds: account "nobody" was not found$/m);
    expect(result.stdout).toMatch(/^::error title=jobwatch::job-1 {2}pending .*was not found$/m);
    expect(result.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^jobwatch: The account "nobody" is denied \(job job-0, and 1 more\): account "nobody" was/,
      ),
    ]);
  });

  test('that was there before is given the time to be fixed; one that the vendor had taken, the patience', async () => {
    const old = await makeWorld({ server: server([Infinity, denied]) }).run('wait', '--group', ID);
    expect([old.code, old.tookMs >= 150_000, old.tookMs < 170_000]).toEqual([5, true, true]);
    const fixed = server(
      [100_000, denied],
      [130_000, fresh],
      [Infinity, aGroup(['succeeded', 'succeeded'], 'succeeded')],
    );
    expect((await makeWorld({ server: fixed }).run('wait', '--group', ID)).code).toBe(0);
    const taken = { waiting, vendorStatus: 'RUNNING' };
    const rotated = server([10_000, fresh], [Infinity, group({ 0: taken, 1: taken })]);
    const late = await makeWorld({ server: rotated }).run('wait', '--group', ID, '--patience', '4m');
    expect([late.code, late.tookMs >= 240_000, late.tookMs < 270_000]).toEqual([5, true, true]);
  });

  test("says why in one line, whatever the vendor's words are", async () => {
    const evil = { waiting: { ...waiting, reason: 'refused\n::stop-commands::x' } };
    const { run } = makeWorld({ server: server([5000, fresh], [Infinity, group({ 0: evil, 1: evil })]) });
    const { stderr } = await run('wait', '--group', ID);
    expect(stderr).toMatch(/^jobwatch: .*refused ::stop-commands::x\. .*\n$/);
  });

  test('leaves the others their time, and one that is not submitted yet; the largest code wins', async () => {
    const half = group({ 0: { waiting } });
    const mixed = group({ 0: { waiting } }, ['pending', 'failed']);
    const both = makeWorld({ server: server([5000, fresh], [60_000, half], [Infinity, mixed]) });
    const result = await both.run('wait', '--group', ID, '--json');
    expect([result.code, result.tookMs >= 60_000]).toEqual([5, true]);
    const last = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({ done: true, exitCode: 5, reason: expect.stringContaining('is denied') });
    const absent = server(
      [5000, fresh],
      [Infinity, group({ 0: { waiting }, 1: { waiting } }, ['pending', 'pending'], 3)],
    );
    const over = await makeWorld({ server: absent }).run('wait', '--group', ID, '--timeout', '10m');
    expect([over.code, over.tookMs, over.stderr]).toEqual([5, 600_000, expect.stringContaining('"nobody" is denied')]);
  });

  test('is not one that an older jobwatch tells nothing of', async () => {
    const members = denied.members.map(({ waiting: _, ...member }) => member);
    const older = server([Infinity, { ...denied, members }]);
    expect((await makeWorld({ server: older }).run('wait', '--group', ID, '--timeout', '5m')).code).toBe(2);
  });

  test('is shown with the group', async () => {
    const { stdout } = await makeWorld({ server: server([Infinity, denied]) }).run('show', '--group', ID);
    expect(stdout).toMatch(/job-1 .*account "nobody" was not found/);
  });
});

describe('jobwatch show --group', () => {
  test('shows the group with its members', async () => {
    const { run } = makeWorld({ server: server([Infinity, aGroup(['succeeded', 'running'], null, 3)]) });
    const { stdout, code } = await run('show', '--group', ID);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `${ID}  1 of 3 ended: 1 succeeded, 1 running, 1 not submitted yet, expected to end in 1m 30s`,
    );
    expect(stdout).toMatch(/job-1 +alibaba\.nlb +running/);
  });

  test('prints it as JSON, or says that there is none', async () => {
    const group = aGroup(['succeeded'], 'succeeded');
    const { run } = makeWorld({ server: server([Infinity, group]) });
    expect(JSON.parse((await run('show', '--group', ID, '--json')).stdout)).toEqual(group);
    const none = await makeWorld({ server: server() }).run('show', '--group', 'none');
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('There is no group with this id.')]);
  });
});

describe('jobwatch submit --group', () => {
  const accepting: Server = ({ path, body }) => {
    if (path === '/v1/health') return { status: 200, body: GOOD_HEALTH };
    const { jobs } = body as { jobs: readonly unknown[] };
    return { status: 202, body: { accepted: jobs.map(() => ({ id: jobId('a') })), rejected: [] } };
  };

  test('puts every job into the group', async () => {
    const { run, requests } = makeWorld({ server: accepting });
    expect((await run(...SUBMIT, '--group', ID, '--group-size', '3', 'a', 'b')).code).toBe(0);
    const group = { id: ID, size: 3 };
    expect(requests[0]?.body).toMatchObject({
      jobs: [
        { jobId: 'a', group },
        { jobId: 'b', group },
      ],
    });
  });

  test('of a file leaves what a message says itself, and a group that the file names once', async () => {
    const own = { id: 'own', size: 1 };
    const jobs = [{ jobId: 'a' }, { jobId: 'b', group: own }];
    const files = {
      'list.json': JSON.stringify(jobs),
      'whole.json': JSON.stringify({ group: { id: 'f', size: 2 }, jobs }),
    };
    const { run, requests } = makeWorld({ server: accepting, files });
    await run('submit', '-f', 'list.json', '--group', ID, '--group-size', '3');
    expect(requests[0]?.body).toEqual({ jobs: [{ jobId: 'a', group: { id: ID, size: 3 } }, jobs[1]] });
    await run('submit', '-f', 'whole.json');
    const sent = requests.filter(({ method }) => method === 'POST');
    expect(sent[1]?.body).toEqual({ jobs: [{ jobId: 'a', group: { id: 'f', size: 2 } }, jobs[1]] });
  });
});
