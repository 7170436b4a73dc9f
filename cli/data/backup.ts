import type { Command } from 'commander';
import { addCommand, type Host } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { CommonOptions } from '../settings.ts';

interface BackupOptions extends CommonOptions {
  readonly data: string;
  readonly out: string;
}

interface RestoreOptions extends CommonOptions {
  readonly data: string;
  readonly from: string;
}

/** What a jobwatch on one machine keeps: jobs, subscriptions with their secrets, deliveries, queues, hashes of tokens. */
export function addBackup(program: Command, host: Host): void {
  addCommand<BackupOptions>(
    program,
    host,
    {
      name: 'backup',
      summary: 'back up a jobwatch on this machine, while it runs',
      about:
        'Copies jobs, subscriptions with their secrets, deliveries, queues and hashes of tokens into a new folder, but no accounts.',
      examples: [
        'jobwatch backup --data /var/lib/jobwatch --out /backup/jobwatch-2026-11-20',
        'jobwatch backup --data DIR --out FOLDER --json',
      ],
      talksTo: [],
    },
    (command) => {
      command
        .requiredOption('--data <dir>', 'the folder of "jobwatch-serve --data"')
        .requiredOption('--out <folder>', 'a new folder, which only its owner can read');
    },
    async (context, _, { data, out }) => say(context, context.folder(data).backup(out), 'The backup is', out),
  );
}

export function addRestore(program: Command, host: Host): void {
  addCommand<RestoreOptions>(
    program,
    host,
    {
      name: 'restore',
      summary: 'restore a backup into a new folder, and check it',
      about: 'The folder must be empty or not exist. Start jobwatch with it afterwards.',
      examples: [
        'jobwatch restore --data /var/lib/jobwatch --from /backup/jobwatch-2026-11-20',
        'jobwatch restore --data DIR --from FOLDER --json',
      ],
      talksTo: [],
    },
    (command) => {
      command
        .requiredOption('--data <dir>', 'an empty folder, or one that does not exist yet')
        .requiredOption('--from <folder>', 'a folder that "jobwatch backup" has written');
    },
    async (context, _, { data, from }) => say(context, context.folder(data).restore(from), 'It is restored', data),
  );
}

function say(
  { json, out }: Pick<Context, 'json' | 'out'>,
  { files }: { readonly files: Readonly<Record<string, number>> },
  sentence: string,
  folder: string,
): number {
  if (json) out.json({ folder, files });
  else {
    const megabytes = Object.values(files).reduce((total, bytes) => total + bytes, 0) / 1e6;
    out.line(`${sentence} in ${folder}, ${megabytes.toFixed(1)} MB.`);
  }
  return EXIT.ok;
}
