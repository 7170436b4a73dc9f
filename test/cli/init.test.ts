import { describe, expect, it } from 'vitest';
import { EXIT } from '../../cli/exit.ts';
import { aDepth, GOOD_HEALTH, makeWorld, type Server, URL } from './world.ts';

/** Goal: `jobwatch init` leaves a profile that works, or none. */
const FILE = '/home/nobody/.config/jobwatch/profiles.json';
const NOTHING = { JOBWATCH_URL: '', JOBWATCH_TOKEN: '' };

const server: Server = ({ path, headers }) => {
  if (path === '/v1/health') return { status: 200, body: GOOD_HEALTH };
  if (headers.get('authorization') === 'Bearer jw_good') return { status: 200, body: { jobs: [] } };
  const isWriter = headers.get('authorization') === 'Bearer jw_writer';
  const detail = isWriter ? 'The token has no permission "read".' : 'The token is not known.';
  return { status: isWriter ? 403 : 401, body: { detail } };
};

const nobody: Server = () => null;
const other: Server = () => ({ status: 200, text: 'hi' });
const anyJson: Server = () => ({ status: 200, body: {} });
const refuser: Server = () => ({ status: 403, body: { detail: 'Forbidden.' } });
/** jobwatch's health, and then something else. */
const half: Server = (one, atMs) => (one.path === '/v1/health' ? server(one, atMs) : anyJson(one, atMs));

describe('jobwatch init', () => {
  it('takes options, writes the profile, says how jobwatch is and what comes next', async () => {
    const { run, saved } = makeWorld({ server, env: NOTHING, files: { token: 'jw_good\n' } });
    const { code, stdout, stderr } = await run(
      'init',
      '--url',
      `${URL}/v1/`,
      '--token-file',
      'token',
      '--stage',
      'prod',
    );
    expect(code).toBe(EXIT.ok);
    expect([...saved]).toEqual([[FILE, expect.any(String)]]);
    expect(JSON.parse(saved.get(FILE) ?? '')).toEqual({ default: { url: URL, token: 'jw_good', stage: 'prod' } });
    expect(stdout).toMatch(/^good +token +accepted, may read$/m);
    expect(stderr).toContain(`The profile "default" is in ${FILE}, which only you can read.\n`);
    expect(stderr).toMatch(/\nNext: jobwatch submit --api alibaba.nlb --region cn-hangzhou --wait JOB\n$/);
    expect(stdout + stderr).not.toContain('jw_good');
  });

  it('asks for what it is not given, and takes it from variables', async () => {
    const answers = { 'URL (HttpApiUrl): ': URL, 'Token: ': ' jw_good ' };
    const asked = makeWorld({ server, env: NOTHING, answers });
    expect((await asked.run('init')).code).toBe(EXIT.ok);
    const given = makeWorld({ server });
    expect((await given.run('init')).code).toBe(EXIT.ok);
    expect(given.saved).toEqual(asked.saved);
  });

  it('keeps the other profiles, and replaces one of that name when it is told to', async () => {
    const profiles = { default: { url: 'https://old.example', awsRegion: 'eu-west-1' }, other: { url: URL } };
    const files = { [FILE]: JSON.stringify(profiles) };
    const added = makeWorld({ server, files });
    const { code, stderr } = await added.run('init', '--profile', 'new');
    expect([code, JSON.parse(added.saved.get(FILE) ?? '')]).toEqual([
      EXIT.ok,
      { ...profiles, new: { url: URL, token: 'jw_good' } },
    ]);
    expect(stderr).toMatch(/ --profile new\n$/);
    const refused = makeWorld({ server, files });
    expect(await refused.run('init')).toMatchObject({
      code: EXIT.usage,
      stderr: expect.stringContaining('has a profile "default" already: --force replaces it'),
    });
    expect([refused.saved.size, refused.requests.length]).toEqual([0, 0]);
    const forced = makeWorld({ server, files });
    expect((await forced.run('init', '--force')).code).toBe(EXIT.ok);
    expect(JSON.parse(forced.saved.get(FILE) ?? '')).toMatchObject({ default: { url: URL, token: 'jw_good' } });
  });

  it.each([
    ['a token that is refused', { env: { JOBWATCH_TOKEN: 'jw_bad' } }, EXIT.usage, 'The token was refused'],
    ['nobody at the address', { server: nobody }, EXIT.unreachable, "can't be reached: ECONNREFUSED"],
    ['somebody else at the address', { server: other }, EXIT.unreachable, "not jobwatch's"],
    ['somebody else who answers with JSON', { server: anyJson }, EXIT.unreachable, 'not what jobwatch sends'],
    ['somebody else who answers 403 to all', { server: refuser }, EXIT.unreachable, 'is not jobwatch'],
    ['jobs that are none', { server: half }, EXIT.unreachable, 'not what jobwatch sends'],
    ['a name that every object has', { env: { JOBWATCH_PROFILE: '__proto__' } }, EXIT.usage, 'The name of a profile'],
    ['a profile of such a name', { files: { [FILE]: '{"constructor":{}}' } }, EXIT.usage, 'be named "constructor"'],
    ['no terminal and no URL', { env: NOTHING }, EXIT.usage, 'Where is jobwatch?'],
    ['no terminal and no token', { env: { JOBWATCH_TOKEN: '' } }, EXIT.usage, 'Which token?'],
    ['a URL that is not encrypted', { env: { JOBWATCH_URL: 'http://a.example' } }, EXIT.usage, 'use https'],
    ['a stage that is none', { env: { JOBWATCH_STAGE: 'Prod' } }, EXIT.usage, 'The stage is 1 to 20'],
    ['a name that is none', { env: { JOBWATCH_PROFILE: 'a b' } }, EXIT.usage, 'The name of a profile'],
    ['a file that is not JSON', { files: { [FILE]: '{' } }, EXIT.usage, 'is not JSON'],
  ] as const)('writes nothing with %s', async (_, options, exitCode, said) => {
    const { run, saved } = makeWorld({ server, ...options });
    const { code, stdout, stderr } = await run('init');
    expect([code, stdout, saved.size]).toEqual([exitCode, '', 0]);
    expect(stderr).toContain(said);
  });

  it.each([anyJson, refuser, other])('tells nobody the token who is not jobwatch', async (somebody) => {
    const { run, requests } = makeWorld({ server: somebody });
    await run('init');
    expect(requests.map(({ path, headers }) => [path, headers.get('authorization')])).toEqual([['/v1/health', null]]);
  });

  it('takes a token that may not read, and ends with 4 where jobwatch does not tick', async () => {
    const writer = makeWorld({ server, env: { JOBWATCH_TOKEN: 'jw_writer' } });
    const { code, stderr } = await writer.run('init');
    expect([code, writer.saved.size]).toEqual([EXIT.ok, 1]);
    expect(stderr).toMatch(/\nNext: jobwatch doctor\n$/);
    const health = { ...GOOD_HEALTH, status: 'late', queues: { ...GOOD_HEALTH.queues, rejected: aDepth(1) } };
    const standing = makeWorld({
      server: (one, atMs) => (one.path === '/v1/health' ? { status: 200, body: health } : server(one, atMs)),
    });
    const ran = await standing.run('init', '--json');
    expect([ran.code, standing.saved.size]).toEqual([EXIT.unreachable, 1]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ profile: 'default', file: FILE, checks: expect.any(Array) });
  });
});
