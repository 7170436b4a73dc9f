import type { Command } from 'commander';
import type { CommonOptions } from '../settings.ts';

export interface DataOptions extends CommonOptions {
  /** The folder of a jobwatch on this machine; else it is a stack in AWS. */
  readonly data?: string;
}

export function addDataOption(command: Command): Command {
  return command.option('--data <dir>', 'the folder of a jobwatch on this machine, instead of a stack in AWS');
}
