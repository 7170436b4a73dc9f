import { runCli, type World } from '../cli/run.ts';

/** What came of the step; `exit-code` is the command line's. */
const RESULTS: Readonly<Record<number, string>> = {
  0: 'succeeded',
  1: 'failed',
  2: 'timed_out',
  3: 'lost',
  4: 'unreachable',
  5: 'denied',
};
/** Whoever answers there is not jobwatch. */
const UNREACHABLE = 4;
const ID = /^job_[a-z2-7]{26}$/;

/** Writes an output of the step: a name and one line. */
export type WriteOutput = (name: string, value: string) => void;

/**
 * The step of the action: submits, then waits. The runner gives inputs as variables `INPUT_…`, so that nothing of them
 * is read as code. Answers the exit code. https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs
 */
export async function runStep(given: World, output: WriteOutput): Promise<number> {
  const input = (name: string): string => given.env[`INPUT_${name.toUpperCase()}`] ?? '';
  const world = { ...given, env: { ...given.env, JOBWATCH_URL: input('url'), JOBWATCH_TOKEN: input('token') } };
  const isWait = input('wait') !== 'false';
  const finish = (code: number): number => {
    output('result', code === 0 && !isWait ? 'submitted' : (RESULTS[code] ?? 'invalid'));
    output('exit-code', String(code));
    return code;
  };

  const group = input('group');
  const isGroupAlone = group !== '' && input('file') === '' && input('jobs').trim() === '';
  if (isGroupAlone) {
    // Its jobs are submitted elsewhere.
    output('ids', '');
    return finish(await runCli(['wait', '--timeout', input('timeout') || '30m', `--group=${group}`], world));
  }

  let printed = '';
  const stdout = {
    write: (text: string) => {
      printed += text;
    },
  };
  const submitted = await runCli(['submit', '--json', ...submitArguments(input)], { ...world, stdout });
  const ids = idsIn(printed, (text) => void world.stderr.write(`jobwatch: ${text}\n`));
  output('ids', ids.join(' '));
  world.stdout.write(`jobwatch: watching ${ids.join(' ') || 'nothing'}\n`);
  if (ids.length === 0) return finish(submitted === 0 ? UNREACHABLE : submitted);
  if (!isWait) return finish(submitted);
  const waited = await runCli(['wait', '--timeout', input('timeout') || '30m', '--', ...ids], world);
  return finish(Math.max(submitted, waited));
}

function submitArguments(input: (name: string) => string): readonly string[] {
  const options = ['api', 'region', 'project', 'account', 'file'].flatMap((name) =>
    input(name) === '' ? [] : [`--${name}`, input(name)],
  );
  const labels = input('labels')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const jobs = input('jobs')
    .split(/\s+/)
    .filter((id) => id !== '');
  const group = ['group', 'group-size'].flatMap((name) => (input(name) === '' ? [] : [`--${name}=${input(name)}`]));
  const ids = jobs.length === 0 ? [] : ['--', ...jobs];
  return [...options, ...group, ...labels.flatMap((label) => ['--label', label]), ...ids];
}

/** What comes back is written to the outputs: ids of jobwatch, and nothing else. */
function idsIn(printed: string, complain: (text: string) => void): readonly string[] {
  const { accepted = [] } = printed === '' ? {} : (JSON.parse(printed) as { accepted?: readonly { id?: unknown }[] });
  const ids = accepted.map(({ id }) => String(id));
  const strange = ids.filter((id) => !ID.test(id)).length;
  if (strange === 0) return ids;
  complain(`${strange} ids of the response are none of jobwatch: is the URL right?`);
  return [];
}
