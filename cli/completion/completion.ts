import type { Command, Option } from 'commander';
import { PERMISSIONS } from '../../lib/api/http/auth.ts';
import { EVENT_TYPES } from '../../lib/events/types.ts';
import { PHASES } from '../../lib/job/phase.ts';
import { bash, type Completed, fish, type Node, type Shell, zsh } from './scripts.ts';

/** A script for the shell, made from the commands and the apis as they are. */
export function completionScript(program: Command, shell: Shell, apis: readonly string[]): string {
  const completed = completedOf(program, apis);
  if (shell === 'fish') return fish(completed);
  return shell === 'bash' ? bash(completed) : zsh(completed);
}

const TAKES_FILE = /<file>$/;

function completedOf(program: Command, apis: readonly string[]): Completed {
  const known: Readonly<Record<string, readonly string[]>> = {
    '--phase': PHASES,
    '--api': apis,
    '--type': [...EVENT_TYPES, 'jobwatch.*', 'jobwatch.job.*', 'jobwatch.group.*'],
    '--scopes': PERMISSIONS,
  };
  const options = commandsBelow(program).flatMap(({ options: own }) => own);
  const wordsOf = ({ long, argChoices }: Option) => known[long ?? ''] ?? argChoices ?? null;
  const withValue = options.filter(({ required, optional }) => required || optional);
  const values = new Map(withValue.flatMap((option) => [[option.long ?? '', wordsOf(option)] as const]));
  const namesOf = (some: readonly Option[]) => [
    ...new Set(some.flatMap(({ short, long }) => [short, long]).filter((name) => name !== undefined)),
  ];
  const free = withValue.filter((option) => wordsOf(option) === null);
  return {
    nodes: nodesOf(program, ''),
    values: [...values].flatMap(([option, words]) => (words === null ? [] : [[option, words] as const])),
    files: namesOf(free.filter(({ flags }) => TAKES_FILE.test(flags))),
    texts: namesOf(free.filter(({ flags }) => !TAKES_FILE.test(flags))),
  };
}

function commandsBelow(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(commandsBelow)];
}

function nodesOf(command: Command, path: string): readonly Node[] {
  const pathOf = (child: Command) => (path === '' ? child.name() : `${path} ${child.name()}`);
  const below = command.commands.map((child) => ({ word: child.name(), about: child.summary() }));
  const options = command.options.map((option) => ({
    word: option.long ?? option.short ?? '',
    about: option.description,
  }));
  const children = command.commands.flatMap((child) =>
    [child.name(), ...child.aliases()].map((word) => ({ word, path: pathOf(child) })),
  );
  const words = [...below, ...options, { word: '--help', about: 'print help' }];
  return [{ path, words, children }, ...command.commands.flatMap((child) => nodesOf(child, pathOf(child)))];
}
