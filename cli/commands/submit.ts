import type { Command } from 'commander';
import * as v from 'valibot';
import { ANY_CALLBACKS } from '../../client/input.ts';
import { submitted } from '../../client/responses.ts';
import { asciiJson } from '../../lib/base/ascii-json.ts';
import { GROUP_SIZE_MAX } from '../../lib/job/group/group.ts';
import { jobIdOf } from '../../lib/job/identity.ts';
import { describeProblems, parseWatchBody } from '../../lib/job/watch-message.ts';
import { need, read } from '../api/client.ts';
import { warnOfDenied } from '../api/denied-accounts.ts';
import { addCommand, collect, duration, type Host, pairOption, wholeNumber, withIdentity } from '../command.ts';
import type { Context } from '../context.ts';
import { CliError, EXIT, usage, worst } from '../exit.ts';
import { batchesOf, groupedBy, type MessageOptions, messagesOf, piecesOf, valuesOf } from '../input/messages.ts';
import type { CommonOptions } from '../settings.ts';
import { safe } from '../text/terminal.ts';
import { refuseWaitFlags, type WaitFlags, waitWith, withWaitFlags } from './wait.ts';

interface SubmitOptions extends CommonOptions, MessageOptions, WaitFlags {
  readonly file?: string;
  readonly queueUrl?: string;
  readonly wait?: boolean;
}

interface Accepted {
  readonly id: string;
  readonly jobId: string;
}

interface Rejected {
  readonly jobId: string;
  readonly reason: string;
}

/** What the messages that were not taken end the command with: they are wrong, or jobwatch could not take them. */
type Refusal = typeof EXIT.ok | typeof EXIT.usage | typeof EXIT.unreachable;

interface Submission {
  readonly accepted: readonly Accepted[];
  readonly rejected: readonly Rejected[];
  readonly refusal: Refusal;
  /** What ended the sending before all was sent. */
  readonly failure: CliError | null;
}

const RETRIES = 3;
const RETRY_WAIT_MS = 2000;

export function addSubmit(program: Command, host: Host): void {
  addCommand<SubmitOptions>(
    program,
    host,
    {
      name: 'submit',
      args: '[jobid...]',
      summary: "start watching a vendor's jobs",
      about:
        'Goes through the API, or with --queue-url straight to the pending queue with AWS credentials. Submitting a ' +
        'job again is safe: a job is one job, however often it is submitted.',
      examples: [
        'jobwatch submit --api alibaba.nlb --region cn-hangzhou --label deployment=shop-421 --wait 7b1c…',
        'jobwatch submit -f jobs.jsonl --queue-url https://sqs.eu-central-1.amazonaws.com/1234/jobwatch-prod-pending',
      ],
      talksTo: ['api', 'aws'],
    },
    (command) => {
      withIdentity(command)
        .option('--label <key=value>', 'for events, filters and lists; may be given several times', pairOption)
        .option('--watch-timeout <duration>', 'end the watch after this (default: 1d, at most 7d)', duration)
        .option(
          '--grace <duration>',
          'how long the vendor may say that it does not know the job (default: 120s)',
          duration,
        )
        .option('--submitted-at <time>', 'when the vendor took the job, ISO 8601')
        .option('--correlation-id <text>', 'copied into logs and events')
        .option('--group <id>', 'the group that the jobs belong to')
        .option('--group-size <n>', 'how many jobs the group has in all', wholeNumber(1, GROUP_SIZE_MAX))
        .option(
          '--callback <kind=variable>',
          'a workflow that waits, stepfunctions or durable, and the environment variable with its token',
          collect,
        )
        .option('--heartbeat', 'tell the workflow now and then that the job is watched')
        .option('-f, --file <file>', 'messages as JSON or JSON lines; - is standard input')
        .option('--queue-url <url>', 'send to this queue with AWS credentials instead')
        .option('--wait', 'wait until the jobs have ended, as "jobwatch wait" does');
      withWaitFlags(command);
    },
    submit,
  );
}

async function submit(context: Context, args: readonly string[], options: SubmitOptions): Promise<number> {
  if (options.wait !== true) refuseWaitFlags(options);
  if ((options.file === undefined) === (args.length === 0)) throw usage('Give either job ids or -f FILE.');
  const given =
    options.file === undefined
      ? await messagesOf(args, options, context.env)
      : valuesOf(piecesOf(await context.readText(options.file)), options.file);
  const messages = groupedBy(given, options);
  const { queueUrl } = options;
  const result = await (queueUrl === undefined ? throughApi(context, messages) : toQueue(context, queueUrl, messages));
  const isWaiting = options.wait === true && result.accepted.length > 0 && result.failure === null;
  print(context, result, isWaiting);
  if (result.failure !== null) throw result.failure;
  if (!isWaiting) {
    if (queueUrl === undefined && result.accepted.length > 0) await warnOfDenied(context, messages);
    return result.refusal;
  }
  const targets = new Map(result.accepted.map(({ id, jobId }) => [id, { id, name: jobId }]));
  return worst([result.refusal, await waitWith(context, [...targets.values()], options)]);
}

function print({ out, json }: Context, { accepted, rejected }: Submission, isWaiting: boolean): void {
  const result = { accepted, rejected };
  if (json) {
    if (isWaiting) out.jsonLine(result);
    else out.json(result);
    return;
  }
  for (const { id, jobId } of result.accepted) out.line(`${id}  ${out.paint.green('accepted')}  ${safe(jobId)}`);
  for (const { jobId, reason } of result.rejected)
    out.note(`${out.paint.red('rejected')}  ${safe(jobId)}: ${safe(reason)}`);
}

/** What the API could not take at the moment is sent again a few times. */
export async function throughApi(context: Context, messages: readonly unknown[]): Promise<Submission> {
  const accepted: Accepted[] = [];
  const rejected: Rejected[] = [];
  let refusal: Refusal = EXIT.ok;
  const sendBatch = async (batch: readonly unknown[]) => {
    let left = batch;
    for (let tries = RETRIES; left.length > 0; tries -= 1) {
      const answer = await post(context, left);
      const bad = new Map(answer.rejected.map((one) => [one.index, one]));
      const good = left.filter((_, index) => !bad.has(index));
      accepted.push(...answer.accepted.map(({ id }, index) => ({ id, jobId: nameOf(good[index]) })));
      const isAgain = (index: number) => tries > 0 && bad.get(index)?.retryable === true;
      const final = answer.rejected.filter(({ index }) => !isAgain(index));
      rejected.push(...final.map(({ index, reason }) => ({ jobId: nameOf(left[index]), reason })));
      if (final.some(({ retryable }) => !retryable)) refusal = EXIT.usage;
      else if (final.length > 0 && refusal === EXIT.ok) refusal = EXIT.unreachable;
      left = left.filter((_, index) => isAgain(index));
      if (left.length > 0) await context.sleep(RETRY_WAIT_MS);
    }
  };
  const failure = await each(batchesOf(messages), sendBatch);
  return { accepted, rejected, refusal, failure };
}

/** Goes on until one fails; what was done until then counts. */
async function each<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<CliError | null> {
  for (const [index, item] of items.entries()) {
    try {
      await act(item);
    } catch (error) {
      if (index > 0 && error instanceof CliError)
        return new CliError(error.exitCode, `${error.message} Not all was sent: submit the same again, which is safe.`);
      throw error;
    }
  }
  return null;
}

/** A list in which nothing is good is answered with 400 and the same fields. */
async function post({ client }: Context, jobs: readonly unknown[]) {
  const answer = await client.call('POST', '/jobs', { body: { jobs } });
  if (answer.kind === 'refused' && answer.status === 400 && v.is(submitted, answer.value)) return answer.value;
  return read(submitted, need(client, answer));
}

/** Checked here as the queue's own parser would: what it refuses is never sent. */
async function toQueue(context: Context, queueUrl: string, messages: readonly unknown[]): Promise<Submission> {
  const { API_FACTS } = await import('../../lib/vendors/registry.ts');
  const accepted: Accepted[] = [];
  const rejected: Rejected[] = [];
  const aws = await context.aws();
  const failure = await each(messages, async (message) => {
    const body = asciiJson(message);
    const parsed = parseWatchBody(body, API_FACTS, ANY_CALLBACKS);
    if (!parsed.ok) {
      rejected.push({ jobId: nameOf(message), reason: describeProblems(parsed.problems) });
      return;
    }
    await aws.submit(queueUrl, body);
    accepted.push({ id: jobIdOf(parsed.value), jobId: parsed.value.jobId });
  });
  return { accepted, rejected, refusal: rejected.length > 0 ? EXIT.usage : EXIT.ok, failure };
}

function nameOf(message: unknown): string {
  const isNamed = typeof message === 'object' && message !== null && 'jobId' in message;
  return isNamed && typeof message.jobId === 'string' ? message.jobId : '(no jobId)';
}
