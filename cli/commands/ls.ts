import type { Command } from 'commander';
import { type Job, jobs as jobsShape } from '../../client/responses.ts';
import { PHASES } from '../../lib/job/phase.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host, pairOption, wholeNumber } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { sinceOption } from '../input/duration.ts';
import type { CommonOptions } from '../settings.ts';
import { elapsed, expectedEnd, labelText, nextPoll, troubleOf } from '../text/job-text.ts';
import { phasePaint } from '../text/paint.ts';
import { type Column, printTable } from '../text/table.ts';

interface LsOptions extends CommonOptions {
  readonly phase?: string;
  readonly api?: string;
  readonly account?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly since?: string;
  readonly limit?: number;
}

const LIMIT = 50;
const PAGE_MAX = 100;

export function addLs(program: Command, host: Host): void {
  addCommand<LsOptions>(
    program,
    host,
    {
      name: 'ls',
      summary: 'list jobs, newest first',
      examples: ['jobwatch ls --phase failed --since 2d', 'jobwatch ls --label deployment=shop-421 --json'],
      talksTo: ['api'],
    },
    (command) => {
      command
        .option('--phase <phase>', PHASES.join(', '))
        .option('--api <api>', 'such as huawei.elb.v3')
        .option('--account <name>')
        .option('--label <key=value>', 'may be given several times; all must match', pairOption)
        .option('--since <time>', '2h (ago), or an ISO 8601 time')
        .option('--limit <count>', `at most so many (default: ${LIMIT})`, wholeNumber(1, 10_000));
    },
    async (context, _, { limit = LIMIT, ...options }) => {
      const { jobs: found } = await findJobs(context, filtersOf(context, options), { limit });
      if (context.json) context.out.json({ jobs: found });
      else if (found.length === 0) context.out.note('No job matches.');
      else printTable(context.out, jobColumns(context, found), found);
      return EXIT.ok;
    },
  );
}

function filtersOf({ clock }: Context, { phase, api, account, label, since }: LsOptions): URLSearchParams {
  const given: readonly (readonly [string, string | undefined])[] = [
    ['phase', phase],
    ['api', api],
    ['account', account],
    ['since', since === undefined ? undefined : sinceOption(since, clock)],
    ...Object.entries(label ?? {}).map(([key, value]) => [`label.${key}`, value] as const),
  ];
  const query = new URLSearchParams();
  for (const [key, value] of given) if (value !== undefined) query.set(key, value);
  return query;
}

export interface Found {
  readonly jobs: readonly Job[];
  /** There may be more: the limit or the most pages were reached. */
  readonly isCut: boolean;
}

/** Goes through the pages until there are enough. A page may be short, even empty, and still have a next one. */
export async function findJobs(
  context: Context,
  filters: URLSearchParams,
  { limit, pagesMax = Infinity }: { readonly limit: number; readonly pagesMax?: number },
): Promise<Found> {
  const found: Job[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const query = new URLSearchParams(filters);
    query.set('limit', String(Math.min(PAGE_MAX, limit - found.length)));
    if (cursor !== undefined) query.set('cursor', cursor);
    const answer = await context.client.call('GET', `/jobs?${query}`);
    const page = read(jobsShape, need(context.client, answer));
    found.push(...page.jobs);
    cursor = page.nextCursor;
    pages += 1;
  } while (cursor !== undefined && found.length < limit && pages < pagesMax);
  return { jobs: found, isCut: cursor !== undefined };
}

export function jobColumns({ clock, out }: Context, jobs: readonly Job[]): readonly Column<Job>[] {
  const isEndExpected = jobs.some((job) => expectedEnd(job, clock) !== null);
  const isTroubled = jobs.some((job) => troubleOf(job) !== null);
  const why = { title: 'why', cell: (job: Job) => troubleOf(job) ?? '', min: 10, drop: 2 };
  const end = { title: 'expected end', cell: (job: Job) => expectedEnd(job, clock) ?? '', drop: 2 };
  return [
    { title: 'id', cell: ({ id }) => id, min: 12, cutLast: true },
    { title: 'api', cell: ({ api }) => api, min: 8, cutLast: true },
    { title: 'job', cell: ({ jobId }) => jobId, min: 12 },
    { title: 'phase', cell: ({ phase }) => phase, paint: (text, { phase }) => phasePaint(out.paint, phase)(text) },
    { title: 'vendor', cell: ({ vendorStatus }) => vendorStatus ?? '-', drop: 3 },
    { title: 'elapsed', cell: (job) => elapsed(job, clock), drop: 1 },
    { title: 'next poll', cell: (job) => nextPoll(job, clock), drop: 2 },
    ...(isEndExpected ? [end] : []),
    ...(isTroubled ? [why] : []),
    { title: 'region', cell: ({ region }) => region, drop: 4 },
    { title: 'labels', cell: ({ labels }) => labelText(labels), min: 10, drop: 5 },
  ];
}
