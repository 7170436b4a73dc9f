import { Command, CommanderError } from 'commander';
import { VERSION } from '../lib/base/version.ts';
import type { Host } from './command.ts';
import { addAccount } from './commands/account.ts';
import { addCompletion } from './commands/completion.ts';
import { addDeliveries, addRedeliver } from './commands/deliveries.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDurations } from './commands/durations.ts';
import { addInit } from './commands/init.ts';
import { addListen } from './commands/listen.ts';
import { addLs } from './commands/ls.ts';
import { addExport, addImport } from './commands/move.ts';
import { addOpen } from './commands/open.ts';
import { addQueues, addRedrive } from './commands/queues.ts';
import { addShow } from './commands/show.ts';
import { addStop } from './commands/stop.ts';
import { addSubmit } from './commands/submit.ts';
import { addSubs } from './commands/subs.ts';
import { addToken } from './commands/token.ts';
import { addValidate } from './commands/validate.ts';
import { addWait } from './commands/wait.ts';
import { addWatch } from './commands/watch.ts';
import { addBackup, addRestore } from './data/backup.ts';
import { EXIT } from './exit.ts';
import { safe, withoutSecrets } from './text/terminal.ts';

interface Streams {
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  readonly columns: number | undefined;
}

const AFTER = `
The URL of jobwatch comes from --url, JOBWATCH_URL or a profile; the token from --token-file, JOBWATCH_TOKEN or a
profile. token, account, redrive and submit --queue-url use AWS credentials instead; with --data, token, backup and
restore use a data folder on this machine.

Exit codes: 0 success, 1 failed, 2 timed out, 3 lost, 4 jobwatch can't be reached or is not ticking, 5 account denied,
64 wrong arguments, settings or messages.

Examples:
  $ jobwatch submit --api alibaba.nlb --region cn-hangzhou --wait --timeout 20m 7b1c…
  $ jobwatch ls --phase failed --since 2d`;

/** The whole command line. Each command runs in a context that `host` makes. */
export function makeProgram(host: Host, streams: Streams): Command {
  const program = new Command('jobwatch')
    .description('Watches asynchronous cloud jobs.')
    .version(VERSION)
    .addHelpCommand(
      new Command('help').argument('[command]').summary('print the help of a command').helpGroup('Administration:'),
    )
    .showHelpAfterError('("--help" shows the options.)')
    // Every command takes options: saying so leaves less room for what it does.
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride()
    .configureOutput({
      writeOut: streams.writeOut,
      writeErr: streams.writeErr,
      getOutHelpWidth: () => streams.columns ?? 100,
      getErrHelpWidth: () => streams.columns ?? 100,
      outputError: (text, write) => write(withoutSecrets(safeLines(text.replace(/^error: /, 'jobwatch: ')))),
    })
    .addHelpText('after', AFTER);
  program.commandsGroup('Jobs:');
  for (const add of [addSubmit, addWait, addLs, addShow, addWatch, addStop, addDurations, addOpen]) add(program, host);
  program.commandsGroup('Webhooks:');
  for (const add of [addSubs, addDeliveries, addRedeliver, addListen]) add(program, host);
  program.commandsGroup('Administration:');
  const administration = [addInit, addToken, addAccount, addBackup, addRestore, addExport, addImport, addDoctor];
  for (const add of [...administration, addQueues, addRedrive, addValidate, addCompletion]) add(program, host);
  return program;
}

/** The parser repeats what it was given. */
function safeLines(text: string): string {
  return text.split('\n').map(safe).join('\n');
}

/** Runs the arguments. Answers the exit code where the parser itself ended; null: a command ran. */
export async function parse(program: Command, args: readonly string[]): Promise<number | null> {
  try {
    await program.parseAsync([...args], { from: 'user' });
    return null;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}
