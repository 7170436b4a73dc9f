import type { Command } from 'commander';
import * as v from 'valibot';
import { isRobot } from '../../client/input.ts';
import { type Job, type Subscription, subscriptions } from '../../client/responses.ts';
import { toMs } from '../../lib/base/time.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import type { CommonOptions } from '../settings.ts';
import { safe } from '../text/terminal.ts';
import { subscribe } from '../webhooks/subscribe.ts';
import { throughApi } from './submit.ts';
import { openJobs } from './watch.ts';

/** What a message may ask for. */
const TIMEOUT_SECONDS = { min: 60, max: 604_800 };

const moving = v.strictObject({
  format: v.literal(1),
  jobs: v.array(v.looseObject({ jobId: v.string() })),
  subscriptions: v.array(
    v.strictObject({
      url: v.string(),
      format: v.string(),
      types: v.array(v.string()),
      filter: v.looseObject({}),
      description: v.string(),
    }),
  ),
});
type Moving = v.InferOutput<typeof moving>;

export function addExport(program: Command, host: Host): void {
  addCommand<CommonOptions>(
    program,
    host,
    {
      name: 'export',
      summary: 'print open jobs and subscriptions, for another jobwatch to take over',
      about:
        'Prints JSON: a message for each open job, with what is left of its time, and subscriptions without their secrets. What has a secret ' +
        'in its URL or headers (chat robots) is named and left out.',
      examples: ['jobwatch export > moving.json', 'jobwatch export --profile staging > moving.json'],
      talksTo: ['api'],
    },
    () => undefined,
    exportAll,
  );
}

export function addImport(program: Command, host: Host): void {
  addCommand<CommonOptions>(
    program,
    host,
    {
      name: 'import',
      args: '<file>',
      summary: 'submit the jobs and make the subscriptions of an export',
      about:
        'Subscriptions come first; each gets a new secret, which is printed once. A subscription of the same URL is left as it is, and a job is one job ' +
        'however often it is submitted: after a failure, run it again. - is standard input.',
      examples: ['jobwatch import moving.json', 'jobwatch import --profile staging moving.json'],
      talksTo: ['api'],
    },
    () => undefined,
    importAll,
  );
}

async function exportAll(context: Context): Promise<number> {
  const { jobs, isCut } = await openJobs(context);
  if (isCut)
    throw new CliError(EXIT.failed, 'There are more open jobs than one export takes: move when fewer are open.');
  const all = await listOf(context);
  const movable = all.filter(isMovable);
  for (const { id, url } of all.filter((one) => !isMovable(one)))
    context.out.note(`left out: ${id}  ${safe(url)}  its secrets are not shown: subscribe it by hand`);
  const exported: Moving = {
    format: 1,
    jobs: jobs.map((job) => messageOf(job, context.clock())),
    subscriptions: movable.map(({ url, format = 'cloudevents', types, filter, description }) => ({
      url,
      format,
      types: [...types],
      filter,
      description,
    })),
  };
  context.out.json(exported);
  return EXIT.ok;
}

function isMovable({ format, headers }: Subscription): boolean {
  return !isRobot(format) && (headers ?? []).length === 0;
}

/** The job as its deployer would submit it now. */
function messageOf(job: Job, nowMs: number) {
  const { api, region, projectId, account, jobId, submittedAt, notFoundGraceSeconds, labels } = job;
  const leftSeconds = Math.ceil((toMs(job.deadlineAt) - nowMs) / 1000);
  return {
    api,
    region,
    ...(projectId === null ? {} : { projectId }),
    account,
    jobId,
    submittedAt,
    timeoutSeconds: Math.min(Math.max(leftSeconds, TIMEOUT_SECONDS.min), TIMEOUT_SECONDS.max),
    notFoundGraceSeconds,
    labels,
    ...(job.correlationId === null ? {} : { correlationId: job.correlationId }),
  };
}

async function listOf({ client }: Context): Promise<readonly Subscription[]> {
  return read(subscriptions, need(client, await client.call('GET', '/subscriptions'))).subscriptions;
}

async function importAll(context: Context, [file = '']: readonly string[]): Promise<number> {
  const { jobs, subscriptions: wanted } = movingIn(await context.readText(file), file);
  const known = new Set((await listOf(context)).map(({ url }) => url));
  const made: Subscription[] = [];
  for (const { url, types, filter, description, format } of wanted.filter((one) => !known.has(one.url)))
    made.push(await subscribe(context, url, { type: types, filter, description, format }));
  const { accepted, rejected, failure } = await throughApi(context, jobs);
  if (context.json) context.out.json({ subscriptions: made, accepted, rejected });
  else {
    for (const { id, url, secret } of made) context.out.line(`${id}  ${safe(url)}  ${secret ?? ''}`);
    for (const { jobId, reason } of rejected) context.out.note(`rejected  ${safe(jobId)}: ${safe(reason)}`);
    context.out.line(`${made.length} subscriptions made, ${accepted.length} jobs submitted`);
  }
  if (failure !== null) throw failure;
  return rejected.length === 0 ? EXIT.ok : EXIT.failed;
}

function movingIn(text: string, file: string): Moving {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw usage(`${file} is not JSON: expected what "jobwatch export" has printed.`);
  }
  const parsed = v.safeParse(moving, value);
  if (parsed.success) return parsed.output;
  const fields = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'the file'}: expected ${issue.expected}`);
  throw usage(`${file} is no export: ${fields.join('; ')}.`);
}
