import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SQSClient } from '@aws-sdk/client-sqs';
import { copyMessages, type Move, moveByTask } from './move-messages.ts';

const USAGE = `npm run redrive -- --queue rejected|dead --from URL --to URL [--max N] [--dry-run]

Puts messages back after a fix (docs/operating-queues.md).

  --queue rejected   from the rejected queue to the pending queue
  --queue dead       from the dead deliveries queue to the deliveries queue
  --from, --to       their URLs: the stack's outputs RejectedQueueUrl and PendingQueueUrl, or DeadDeliveriesQueueUrl
                     and DeliveriesQueueUrl
  --max N            at most so many
  --dry-run          only list them

  aws cloudformation describe-stacks --stack-name jobwatch-dev --query 'Stacks[0].Outputs' --output table

Region, credentials and endpoint (AWS_ENDPOINT_URL_SQS) are those of the AWS SDK.`;

const PROGRESS_EVERY_MS = 2000;
const LONG_POLL_SECONDS = 2;

/** What an engine answers that has no move tasks. */
const NO_TASKS = new Set(['UnsupportedOperation', 'AWS.SimpleQueueService.UnsupportedOperation', 'InvalidAction']);

export interface RedriveIo {
  readonly sqs: SQSClient;
  readonly say: (line: string) => void;
  readonly wait: () => Promise<unknown>;
  readonly nowMs: () => number;
  readonly waitSeconds: number;
}

/**
 * The exit status: 0 if every message that was to go has gone. Throws a sentence for the user if an argument is wrong.
 */
export async function redrive(
  args: readonly string[],
  { sqs, say, wait, nowMs, waitSeconds }: RedriveIo,
): Promise<number> {
  const { help, queue: kind, from, to, max, 'dry-run': dryRun } = parse(args);
  if (help || kind === undefined || from === undefined || to === undefined) {
    say(USAGE);
    return help ? 0 : 1;
  }
  if (kind !== 'rejected' && kind !== 'dead') throw new Error(`--queue ${kind}: expected rejected or dead.`);
  if (max !== undefined && !/^[1-9]\d{0,8}$/.test(max)) throw new Error(`--max ${max}: expected a number from 1.`);
  const move: Move = { sqs, kind, from, to, say };
  // The rejected queue is the dead-letter queue of no other: SQS has no task for it, and none that stops after so many
  // messages.
  if (kind === 'dead' && max === undefined && !dryRun) {
    const moved = await tryTask(move, wait);
    if (moved !== null) {
      say(`${moved} messages were moved.`);
      return 0;
    }
  }
  const limits = { max: Number(max ?? 1e9), sentBeforeMs: nowMs(), waitSeconds };
  const { moved, kept } = await copyMessages(move, { dryRun, ...limits });
  say(dryRun ? `${kept} messages would be moved.` : `${moved} messages were moved, ${kept} were left.`);
  return dryRun || kept === 0 ? 0 : 1;
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      queue: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      max: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;
}

async function tryTask(move: Move, wait: () => Promise<unknown>): Promise<number | null> {
  try {
    return await moveByTask(move, wait);
  } catch (error) {
    if (error instanceof Error && NO_TASKS.has(error.name)) return null;
    throw error;
  }
}

if (import.meta.main) {
  const sqs = new SQSClient({});
  try {
    process.exitCode = await redrive(process.argv.slice(2), {
      sqs,
      say: console.log,
      wait: () => sleep(PROGRESS_EVERY_MS),
      nowMs: Date.now,
      waitSeconds: LONG_POLL_SECONDS,
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
  sqs.destroy();
}
