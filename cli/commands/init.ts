import type { Command } from 'commander';
import { health, jobs } from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { baseUrl } from '../api/reach.ts';
import { addCommand, type Host } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, usage, worst } from '../exit.ts';
import { type CommonOptions, isLost, parseProfiles, readToken, STAGE } from '../settings.ts';
import { examine, printChecks, shownChecks } from './doctor.ts';

interface InitOptions extends CommonOptions {
  readonly force?: boolean;
}

export function addInit(program: Command, host: Host): void {
  addCommand<InitOptions>(
    program,
    host,
    {
      name: 'init',
      summary: 'write a profile with the URL of jobwatch and the token',
      about:
        'Asks for what you do not give by options or variables, without showing the token. Once jobwatch has accepted ' +
        'the token, the profile is written to the config folder, where only you can read it.',
      examples: ['jobwatch init', 'jobwatch init --url https://abc123.example --token-file token --profile staging'],
      talksTo: ['api'],
    },
    (command) => {
      command
        .option('--stage <stage>', 'stage of the stack, for the commands token and account (JOBWATCH_STAGE)')
        .option('--force', 'replace an existing profile');
    },
    init,
  );
}

async function init(context: Context, _: readonly string[], options: InitOptions): Promise<number> {
  const { out, profileFile } = context;
  const { name, file, others } = newProfile(context, options);
  const made = await readProfile(context, options);
  // Before anybody is told the token: is it jobwatch that answers there?
  const stranger = context.connect({ url: made.url, token: null });
  const seen = await stranger.call('GET', '/health');
  if (seen.kind === 'refused')
    throw new CliError(EXIT.unreachable, `The server at ${made.url} is not jobwatch: use the HttpApiUrl of the stack.`);
  read(health, need(stranger, seen));
  const client = context.connect(made);
  const answer = await client.call('GET', '/jobs?limit=1');
  // A token that may not read is one all the same.
  if (answer.kind !== 'refused' || answer.status !== 403) read(jobs, need(client, answer));

  profileFile.save(`${JSON.stringify({ ...others, [name]: made }, null, 2)}\n`);
  const checks = await examine({ client, clock: () => context.clock() + client.aheadMs() });
  if (context.json) out.json({ profile: name, file, checks: shownChecks(checks) });
  else {
    out.note(`The profile "${name}" is in ${file}, which only you can read.`);
    printChecks(out, checks);
    const isGood = checks.every(({ state }) => state === 'good');
    out.note(`Next: ${isGood ? NEXT : 'jobwatch doctor'}${name === 'default' ? '' : ` --profile ${name}`}`);
  }
  // The profile is good: what is wrong beside that does not fail the command, but for a jobwatch that does not tick.
  return worst(checks.map(({ exitCode }) => (exitCode === EXIT.failed ? EXIT.ok : exitCode)));
}

const NEXT = 'jobwatch submit --api alibaba.nlb --region cn-hangzhou --wait JOB';

/** The name of the profile, and the file with the others. Throws a usage error where it can't be written. */
function newProfile({ env, profileFile }: Context, { profile, force }: InitOptions) {
  const name = (profile ?? env['JOBWATCH_PROFILE']) || 'default';
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name) || isLost(name))
    throw usage('The name of a profile (--profile) is 1 to 64 letters, digits, "_", "." and "-".');
  const file = profileFile.path;
  if (file === null) throw usage('There is no home folder to write a profile to: set XDG_CONFIG_HOME.');
  const text = profileFile.read();
  const others = text === null ? {} : parseProfiles(text, file);
  if (Object.hasOwn(others, name) && force !== true)
    throw usage(`${file} has a profile "${name}" already: --force replaces it, --profile NAME writes another one.`);
  return { name, file, others };
}

/** From options and variables; what they do not say is asked for. */
async function readProfile({ env, ask, profileFile }: Context, options: InitOptions) {
  const stage = (options.stage ?? env['JOBWATCH_STAGE']) || null;
  if (stage !== null && !STAGE.test(stage)) throw usage('The stage is 1 to 20 lower-case letters, digits and "-".');
  const given = (options.url ?? env['JOBWATCH_URL']) || null;
  const url = baseUrl(given ?? (await ask('URL (HttpApiUrl): ', false)));
  const token = readToken(options, env, profileFile.readOther) ?? soundAnswer(await ask('Token: ', true));
  return { url, token, ...(stage === null ? {} : { stage }) };
}

function soundAnswer(answer: string | null): string {
  const token = readToken({}, { JOBWATCH_TOKEN: answer ?? '' }, () => null);
  if (token !== null) return token;
  throw usage(
    'Which token? Set JOBWATCH_TOKEN or --token-file; "jobwatch token create NAME --stage STAGE --scopes read" creates one.',
  );
}
