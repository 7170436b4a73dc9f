import type { Command } from 'commander';
import type { CommonOptions } from './settings.ts';

export interface KeyOptions extends CommonOptions {
  readonly keyId?: string;
}

/** For whatever writes a SecureString. */
export function addKeyOption(command: Command): Command {
  return command.option('--key-id <key>', 'KMS key to encrypt it with: id, ARN or alias/…; without it alias/aws/ssm');
}

export function keyIdOf({ keyId }: KeyOptions): string | null {
  return keyId ?? null;
}

export interface DataOptions extends CommonOptions {
  /** The folder of a jobwatch on this machine; else it is a stack in AWS. */
  readonly data?: string;
}

export function addDataOption(command: Command): Command {
  return command.option('--data <dir>', 'data folder of a jobwatch on this machine, instead of a stack in AWS');
}
