import type { Command } from 'commander';
import { addCommand, type Host, withJobName } from '../command.ts';
import { EXIT } from '../exit.ts';
import { type IdentityOptions, targetsOf } from '../input/targets.ts';
import type { CommonOptions } from '../settings.ts';

interface OpenOptions extends CommonOptions, IdentityOptions {
  readonly browser?: boolean;
}

export function addOpen(program: Command, host: Host): void {
  addCommand<OpenOptions>(
    program,
    host,
    {
      name: 'open',
      args: '[job]',
      summary: 'open the console, or the page of a job, in the browser',
      about:
        'Prints the URL; outside of a terminal that is all. The page asks for the token: it is not part of the URL.',
      examples: ['jobwatch open', 'jobwatch open job_k6p5m4c6dnw7tukzj5ugr5j3zq --no-browser'],
      talksTo: ['api'],
    },
    (command) => void withJobName(command).option('--no-browser', 'only print the URL'),
    async (context, args, { browser, ...options }) => {
      const { out, client, json } = context;
      const [job] = await targetsOf(context, args, options);
      const url = `${client.url}/${job === undefined ? '' : `#/jobs/${job.id}`}`;
      const isOpened = browser !== false && out.isTerminal && !json && (await context.openUrl(url));
      if (json) out.json({ url });
      else out.line(url);
      if (browser !== false && out.isTerminal && !json && !isOpened) out.note('Nothing was found that opens a URL.');
      return EXIT.ok;
    },
  );
}
