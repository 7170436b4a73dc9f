import type { Command } from 'commander';
import type { Account, ParsedAccount } from '../../lib/vendors/account.ts';
import type { ApiCheck } from '../account-check.ts';
import { addCommand, addGroup, type Host } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { type CommonOptions, stageOf } from '../settings.ts';
import { addKeyOption, type KeyOptions, keyIdOf } from '../store-options.ts';
import { printTable } from '../text/table.ts';
import { safe } from '../text/terminal.ts';

interface PutOptions extends KeyOptions {
  readonly file: string;
}

interface CheckOptions extends CommonOptions {
  readonly region?: string;
  readonly project?: string;
  readonly api?: readonly string[];
}

export function addAccount(program: Command, host: Host): void {
  const account = addGroup(program, {
    name: 'account',
    summary: 'vendor accounts (AWS credentials)',
    about: 'Credentials of vendor accounts, stored in SSM as SecureStrings /jobwatch/<stage>/accounts/<name>.',
    examples: [
      'jobwatch account put default --stage prod -f account.json',
      'jobwatch account check default --stage prod --region cn-hangzhou',
    ],
  });
  addCommand<PutOptions>(
    account,
    host,
    {
      name: 'put',
      args: '<name>',
      summary: 'store an account, or replace it',
      about: 'The JSON comes from a file or standard input, never from the command line, where others could read it.',
      examples: [
        'jobwatch account put default --stage prod -f account.json',
        'pass show alibaba | jobwatch account put default --stage dev -f -',
      ],
      talksTo: ['aws', 'stage'],
    },
    (command) => {
      command.requiredOption('-f, --file <file>', 'the account as JSON; - is standard input');
      addKeyOption(command);
    },
    put,
  );
  addCommand<CommonOptions>(
    account,
    host,
    {
      name: 'ls',
      summary: 'list accounts, without their secrets',
      examples: ['jobwatch account ls --stage prod', 'jobwatch account ls --stage dev --json'],
      talksTo: ['aws', 'stage'],
    },
    () => undefined,
    list,
  );
  addCommand<CheckOptions>(
    account,
    host,
    {
      name: 'check',
      args: '<name>',
      summary: 'make one harmless signed call per api and report what is wrong',
      about: 'Polls a job that does not exist: if the vendor says so, it has accepted the key and its permissions.',
      examples: [
        'jobwatch account check default --stage prod --region cn-hangzhou',
        'jobwatch account check huawei --stage prod --region eu-de --project 7b7705dce1e847b08b3b16dda67fec24',
      ],
      talksTo: ['aws', 'stage'],
    },
    (command) => {
      command
        .option('--region <region>', "the vendor's region, if the api has regions")
        .option('--project <id>', 'the project, if the api has projects')
        .option('--api <api...>', 'only these apis, if the key has rights for some of them');
    },
    check,
  );
}

function parameterName(context: Context, name: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) throw usage('A name is 1 to 64 letters, digits, "_" and "-".');
  return `/jobwatch/${stageOf(context)}/accounts/${name}`;
}

/** The vendors are loaded only where an account is parsed. */
async function makeParse(): Promise<(text: string) => ParsedAccount> {
  const { parseAccount } = await import('../../lib/vendors/account.ts');
  const { API_FACTS } = await import('../../lib/vendors/registry.ts');
  return (text) => parseAccount(text, API_FACTS);
}

async function put(
  context: Context,
  [name = '']: readonly string[],
  { file, ...options }: PutOptions,
): Promise<number> {
  const parameter = parameterName(context, name);
  const text = (await context.readText(file)).trim();
  const parsed = (await makeParse())(text);
  if (!parsed.ok) throw usage(`${file}: ${parsed.reason}; docs/vendors.md shows the forms of an account.`);
  await (await context.aws()).put(parameter, JSON.stringify(parsed.account), keyIdOf(options));
  const { cloudOf } = await import('../../lib/vendors/account.ts');
  const vendor = cloudOf(parsed.account);
  if (context.json) context.out.json({ name, vendor, parameter });
  else context.out.line(`${parameter}  stored (${vendor}); jobwatch uses it within two minutes`);
  return EXIT.ok;
}

async function list(context: Context): Promise<number> {
  const folder = `/jobwatch/${stageOf(context)}/accounts`;
  const parse = await makeParse();
  const { CLOUDS } = await import('../../lib/vendors/clouds.ts');
  const { cloudOf } = await import('../../lib/vendors/account.ts');
  const kindOf = (account: Account) => CLOUDS.find(({ name }) => name === cloudOf(account))?.kindOf(account) ?? null;
  const stored = await (await context.aws()).below(folder);
  const accounts = stored.map(({ name, value, version, changedAt }) => {
    const parsed = parse(value);
    return {
      name: name.slice(folder.length + 1),
      vendor: parsed.ok ? cloudOf(parsed.account) : null,
      kind: parsed.ok ? kindOf(parsed.account) : null,
      problem: parsed.ok ? null : parsed.reason,
      version,
      changedAt,
    };
  });
  if (context.json) context.out.json({ accounts });
  else if (accounts.length === 0)
    context.out.note(`There is no account under ${folder}; "jobwatch account put" stores one.`);
  else
    printTable(
      context.out,
      [
        { title: 'name', cell: ({ name }) => name },
        { title: 'vendor', cell: ({ vendor }) => vendor ?? '-' },
        { title: 'kind', cell: ({ kind, problem }) => kind ?? `malformed: ${problem}`, min: 12 },
        { title: 'version', cell: ({ version }) => String(version), drop: 1 },
        { title: 'changed', cell: ({ changedAt }) => changedAt ?? '-', drop: 2 },
      ],
      accounts,
    );
  return EXIT.ok;
}

async function check(context: Context, [name = '']: readonly string[], options: CheckOptions): Promise<number> {
  const parameter = parameterName(context, name);
  const stored = await (await context.aws()).get(parameter);
  if (stored === null)
    throw new CliError(
      EXIT.failed,
      `There is no parameter ${parameter}: "jobwatch account put ${name} --stage STAGE -f FILE" stores the account.`,
    );
  const parsed = (await makeParse())(stored.value);
  if (!parsed.ok) throw new CliError(EXIT.failed, `${parameter} is malformed, ${parsed.reason}: store it again.`);
  const { checkAccount } = await import('../account-check.ts');
  const scope = { account: name, region: options.region ?? null, projectId: options.project ?? null };
  const results = await checkAccount(parsed.account, scope, options.api ?? [], {
    clock: context.clock,
    nonce: context.randomId,
  });
  if (context.json) context.out.json({ name, results });
  else printResults(context, results);
  return results.every(({ isGood }) => isGood) ? EXIT.ok : EXIT.failed;
}

function printResults({ out }: Context, results: readonly ApiCheck[]): void {
  const width = Math.max(...results.map(({ api }) => api.length), 13);
  for (const { api, isGood, said } of results) {
    const mark = isGood ? out.paint.green('good') : out.paint.red('bad ');
    out.line(`${mark}  ${api.padEnd(width)}  ${safe(said)}`);
  }
}
