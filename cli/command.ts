import { type Command, InvalidArgumentError, Option } from 'commander';
import { pairOf } from '../client/input.ts';
import type { Context } from './context.ts';
import { parseDuration } from './input/duration.ts';
import type { CommonOptions } from './settings.ts';
import { formatDuration } from './text/duration.ts';

export interface CommandText {
  readonly name: string;
  /** As commander writes them: `<job...>`, `[file]`. */
  readonly args?: string;
  /** Other names that fingers type; the help does not show them. */
  readonly aliases?: readonly string[];
  readonly summary: string;
  /** More than the summary, below it in the help. */
  readonly about?: string;
  readonly examples: readonly [string, string];
  /** What it talks to decides which common options it takes. */
  readonly talksTo: readonly ('api' | 'aws' | 'stage')[];
  /** It prints until it is stopped: when nobody reads its output any more, it ends. */
  readonly isStream?: boolean;
}

/** Runs a command's function with its context, its arguments and its options. */
export type Run<Options> = (context: Context, args: readonly string[], options: Options) => Promise<number>;

/** Makes the context of a command and keeps its exit code. */
export type Host = (
  options: CommonOptions,
  work: (context: Context) => Promise<number>,
  isStream: boolean,
) => Promise<void>;

const HELP_GROUP = 'Common options:';

/** Adds a command with its examples and the options that commands have in common. */
export function addCommand<Options extends CommonOptions>(
  parent: Command,
  host: Host,
  text: CommandText,
  shape: (command: Command) => void,
  run: Run<Options>,
): Command {
  const command = parent.command(text.args === undefined ? text.name : `${text.name} ${text.args}`);
  if (text.aliases !== undefined) command.aliases(text.aliases);
  const sentence = `${text.summary.charAt(0).toUpperCase()}${text.summary.slice(1)}.`;
  command.summary(text.summary).description(text.about === undefined ? sentence : `${sentence}\n\n${text.about}`);
  shape(command);
  addCommon(command, text.talksTo);
  addExamples(command, text.examples);
  command.action(async () => {
    const options = command.opts<Options>();
    await host(options, (context) => run(context, command.args, options), text.isStream === true);
  });
  return command;
}

/** Adds a command that only holds others. */
export function addGroup(
  parent: Command,
  {
    name,
    aliases = [],
    summary,
    about,
    examples,
  }: Pick<CommandText, 'name' | 'aliases' | 'summary' | 'about' | 'examples'>,
): Command {
  const group = parent.command(name).aliases(aliases).summary(summary);
  group.description(about ?? `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`);
  addExamples(group, examples);
  return group;
}

function addExamples(command: Command, examples: readonly string[]): void {
  command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
}

function addCommon(command: Command, talksTo: CommandText['talksTo']): void {
  const add = (flags: string, description: string) =>
    command.addOption(new Option(flags, description).helpGroup(HELP_GROUP));
  add('--json', 'print JSON');
  if (talksTo.includes('api')) {
    add('--url <url>', 'where jobwatch is (JOBWATCH_URL)');
    add('--token-file <file>', 'file that holds the token (JOBWATCH_TOKEN)');
  }
  if (talksTo.includes('stage')) add('--stage <stage>', 'stage of the stack, required (JOBWATCH_STAGE)');
  if (talksTo.length > 0) add('--profile <name>', 'profile in the config folder (JOBWATCH_PROFILE)');
  command.addHelpOption(new Option('-h, --help', 'print this').helpGroup(HELP_GROUP));
}

/** For options that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** `k=v` pairs, given several times. */
export function pairOption(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const pair = pairOf(text);
  if (pair === null) throw new InvalidArgumentError('Write it as key=value.');
  return { ...before, [pair[0]]: pair[1] };
}

/** A duration in ms, 0 included. */
export function duration(text: string): number {
  return durationFrom(0)(text);
}

/** A duration in ms that is not shorter than `minMs`. */
export function durationFrom(minMs: number): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms === null) throw new InvalidArgumentError('Write it as 90s, 20m, 1h30m or 2d.');
    if (ms < minMs) throw new InvalidArgumentError(`Expected ${formatDuration(minMs)} or more.`);
    return ms;
  };
}

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** The parts of an identity beside the vendor's id. */
export function withIdentity(command: Command): Command {
  return command
    .option('--api <api>', 'such as huawei.elb.v3')
    .option('--region <region>', "the vendor's region, if the api has regions")
    .option('--project <id>', "the vendor's project, if the api has projects")
    .option('--account <name>', "the account that holds the vendor's credentials (default: default)");
}

/** The same, of commands to which jobs may be known. */
export function withJobName(command: Command): Command {
  return withIdentity(command).addHelpText(
    'after',
    "\nA job is named by its job_… id or the vendor's id, or by how one of them begins. With --api and --region, and\n" +
      "--project and --account where they apply, the vendor's id may be one that jobwatch does not know yet.",
  );
}
