import type { Command } from 'commander';
import { durations as durationsShape } from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host } from '../command.ts';
import { EXIT } from '../exit.ts';
import type { CommonOptions } from '../settings.ts';
import { formatDuration } from '../text/duration.ts';
import { printTable } from '../text/table.ts';

export function addDurations(program: Command, host: Host): void {
  addCommand<CommonOptions>(
    program,
    host,
    {
      name: 'durations',
      summary: 'how long jobs take, learned from jobs that have ended',
      about: 'Per api and operation. Half of the jobs took no longer than p50, 90 of 100 no longer than p90.',
      examples: ['jobwatch durations', "jobwatch durations --json | jq '.durations[] | select(.p90Seconds > 600)'"],
      talksTo: ['api'],
    },
    () => undefined,
    async ({ client, out, json }) => {
      const found = read(durationsShape, need(client, await client.call('GET', '/durations')));
      if (json) out.json(found);
      else if (found.durations.length === 0) out.note('Nothing has been learned yet.');
      else
        printTable(
          out,
          [
            { title: 'api', cell: ({ api }) => api },
            { title: 'operation', cell: ({ operation }) => operation ?? '-', min: 10 },
            { title: 'count', cell: ({ count }) => String(count), drop: 2 },
            { title: 'p50', cell: ({ p50Seconds }) => seconds(p50Seconds) },
            { title: 'p90', cell: ({ p90Seconds }) => seconds(p90Seconds) },
            { title: 'p99', cell: ({ p99Seconds }) => seconds(p99Seconds), drop: 1 },
          ],
          found.durations,
        );
      return EXIT.ok;
    },
  );
}

function seconds(value: number | undefined): string {
  return value === undefined ? '-' : formatDuration(value * 1000);
}
