import { ListQueuesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { copyMessages, type Kind, type Move, moveByTask } from './move-messages.ts';

export interface RedriveOptions {
  readonly kind: Kind;
  /** Queue URLs. */
  readonly from: string;
  readonly to: string;
  /** null: all. */
  readonly max: number | null;
  readonly dryRun: boolean;
}

export interface RedriveIo extends Pick<Move, 'sqs' | 'list' | 'say'> {
  readonly wait: () => Promise<unknown>;
  readonly nowMs: () => number;
  readonly waitSeconds: number;
}

export interface Redriven {
  readonly moved: number;
  /** Still in the queue; of a dry run those that would go. */
  readonly left: number;
}

/** The logical names of the template: where each kind of message lies, and where it goes back to. */
export const QUEUES_OF: Readonly<Record<Kind, { readonly from: string; readonly to: string }>> = {
  rejected: { from: 'RejectedQueue', to: 'PendingQueue' },
  dead: { from: 'DeadDeliveriesQueue', to: 'DeliveriesQueue' },
};

/** What an engine answers that has no move tasks. */
const NO_TASKS = new Set(['UnsupportedOperation', 'AWS.SimpleQueueService.UnsupportedOperation', 'InvalidAction']);
const EVERY = 1e9;

/** Puts messages back after a fix. */
export async function redrive({ kind, from, to, max, dryRun }: RedriveOptions, io: RedriveIo): Promise<Redriven> {
  const move: Move = { ...io, kind, from, to };
  // The rejected queue is the dead-letter queue of no other: SQS has no task for it, and none that stops after so many
  // messages.
  if (kind === 'dead' && max === null && !dryRun) {
    const moved = await tryTask(move, io.wait);
    if (moved !== null) return { moved, left: 0 };
  }
  const limits = { max: max ?? EVERY, sentBeforeMs: io.nowMs(), waitSeconds: io.waitSeconds };
  const { moved, kept } = await copyMessages(move, { dryRun, ...limits });
  return { moved, left: kept };
}

async function tryTask(move: Move, wait: () => Promise<unknown>): Promise<number | null> {
  try {
    return await moveByTask(move, wait);
  } catch (error) {
    if (error instanceof Error && NO_TASKS.has(error.name)) return null;
    throw error;
  }
}

/**
 * The URL of a stage's queue: CloudFormation names it after stack and logical name, with random letters after them.
 * null: there is none, or there are several.
 */
export async function findQueue(sqs: SQSClient, stage: string, logicalName: string): Promise<string | null> {
  const name = `jobwatch-${stage}-${logicalName}`;
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: name }));
  const found = QueueUrls.filter((url) => {
    const rest = url.slice(url.lastIndexOf('/') + 1).slice(name.length);
    return rest === '' || /^-[A-Za-z0-9]+$/.test(rest);
  });
  return found.length === 1 ? (found[0] ?? null) : null;
}
