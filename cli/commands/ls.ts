import { type Command, InvalidArgumentError } from 'commander';
import { OPEN_PHASES } from '../../client/job.ts';
import type { Job } from '../../client/responses.ts';
import { PHASES } from '../../lib/job/phase.ts';
import { findJobs } from '../api/find-jobs.ts';
import { addCommand, type Host, pairOption, wholeNumber } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, usage } from '../exit.ts';
import { sinceOption } from '../input/duration.ts';
import type { CommonOptions } from '../settings.ts';
import { elapsed, expectedEnd, labelText, nextPoll, troubleOf } from '../text/job-text.ts';
import { phasePaint } from '../text/paint.ts';
import { type Column, printTable } from '../text/table.ts';

interface LsOptions extends CommonOptions {
  readonly phase?: readonly string[];
  readonly open?: boolean;
  readonly api?: string;
  readonly region?: string;
  readonly operation?: string;
  readonly account?: string;
  readonly jobId?: string;
  readonly label?: Readonly<Record<string, string>>;
  readonly since?: string;
  readonly limit?: number;
  readonly quiet?: boolean;
}

const LIMIT = 50;

export function addLs(program: Command, host: Host): void {
  addCommand<LsOptions>(
    program,
    host,
    {
      name: 'ls',
      aliases: ['list', 'jobs'],
      summary: 'list jobs, newest first',
      examples: ['jobwatch ls --phase failed,lost --since 2d', 'jobwatch ls --label deployment=shop-421 --json'],
      talksTo: ['api'],
    },
    (command) => {
      command
        .option('--phase <phases>', `one or several, comma-separated: ${PHASES.join(', ')}`, phasesOption)
        .option('--open', 'those that have not ended')
        .option('--api <api>', 'such as huawei.elb.v3')
        .option('--region <region>', 'such as eu-de')
        .option('--operation <name>', 'such as CreateLoadBalancer, as the vendor names it')
        .option('--account <name>', 'submitted with this account')
        .option('--job-id <id>', "the vendor's id of the job")
        .option('--label <key=value>', 'may be given several times; all must match', pairOption)
        .option('--since <time>', '2h (ago), or an ISO 8601 time')
        .option('--limit <count>', `at most so many (default: ${LIMIT})`, wholeNumber(1, 10_000))
        .option('-q, --quiet', 'print ids alone');
    },
    list,
  );
}

async function list(context: Context, _: readonly string[], options: LsOptions): Promise<number> {
  const { limit = LIMIT, quiet } = options;
  const { jobs: found } = await findJobs(context, filtersOf(context, options), { limit });
  if (found.length === 0) await refuseUnknownApi(options.api);
  if (context.json) context.out.json({ jobs: found });
  else if (quiet === true) for (const { id } of found) context.out.line(id);
  else if (found.length === 0) context.out.note('No job matches.');
  else printTable(context.out, jobColumns(context, found), found);
  return EXIT.ok;
}

function phasesOption(text: string, before: readonly string[] = []): readonly string[] {
  const phases = text.split(',').map((word) => word.trim());
  const wrong = phases.find((phase) => !PHASES.some((known) => known === phase));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`"${wrong}" is not a phase: choose from ${PHASES.join(', ')}.`);
  return [...before, ...phases];
}

/** A newer jobwatch may watch what is not known here: only where nothing was found, the name is to blame. */
async function refuseUnknownApi(api: string | undefined): Promise<void> {
  if (api === undefined) return;
  const { API_FACTS } = await import('../../lib/vendors/registry.ts');
  if (!API_FACTS.has(api)) throw usage(`"${api}" is not an api: choose from ${[...API_FACTS.keys()].join(', ')}.`);
}

function filtersOf({ clock }: Context, options: LsOptions): URLSearchParams {
  const { phase = [], open, api, region, operation, account, jobId, label, since } = options;
  const phases = [...new Set([...phase, ...(open === true ? OPEN_PHASES : [])])];
  const given: readonly (readonly [string, string | undefined])[] = [
    ['phase', phases.length === 0 ? undefined : phases.join(',')],
    ['api', api],
    ['region', region],
    ['operation', operation],
    ['account', account],
    ['jobId', jobId],
    ['since', since === undefined ? undefined : sinceOption(since, clock)],
    ...Object.entries(label ?? {}).map(([key, value]) => [`label.${key}`, value] as const),
  ];
  const query = new URLSearchParams();
  for (const [key, value] of given) if (value !== undefined) query.set(key, value);
  return query;
}

export function jobColumns({ clock, out }: Context, jobs: readonly Job[]): readonly Column<Job>[] {
  const isEndExpected = jobs.some((job) => expectedEnd(job, clock) !== null);
  const isTroubled = jobs.some((job) => troubleOf(job) !== null);
  const why = { title: 'why', cell: (job: Job) => troubleOf(job) ?? '', min: 10, drop: 2 };
  const end = { title: 'expected end', cell: (job: Job) => expectedEnd(job, clock) ?? '', drop: 2 };
  return [
    { title: 'id', cell: ({ id }) => id, min: 12, cutLast: 2 },
    { title: 'api', cell: ({ api }) => api, drop: 0.5 },
    { title: 'job', cell: ({ jobId }) => jobId, min: 12, cutLast: 1 },
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
