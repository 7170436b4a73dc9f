import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import * as v from 'valibot';

/** The queue that messages come from: what kind it is says what of a message goes back. */
export type Kind = 'rejected' | 'dead';

export interface Move {
  readonly sqs: SQSClient;
  readonly kind: Kind;
  /** Queue URLs. */
  readonly from: string;
  readonly to: string;
  /** What goes, or would go. */
  readonly list: (message: Listed) => void;
  /** Progress and trouble. */
  readonly say: (line: string) => void;
}

/** Of a message that moves. Never the body: it may have been rejected because of a secret in it. */
export interface Listed {
  readonly id: string;
  readonly sentAt: string;
  readonly reason: string | null;
}

export interface CopyOptions {
  readonly max: number;
  /** Shows what would go, and leaves it. */
  readonly dryRun: boolean;
  /** Messages sent later than this stay: what is refused again comes back to the queue, and would go round for ever. */
  readonly sentBeforeMs: number;
  /** Above 0: an empty answer then says that the queue is empty, since all of its servers were asked. */
  readonly waitSeconds: number;
}

export interface Copied {
  readonly moved: number;
  /** Not sent, or sent and not deleted: still in the queue. */
  readonly kept: number;
}

const RECEIVE_MAX = 10;
const LEASE_SECONDS = 120;

/**
 * Receives, sends, and only then deletes, ten at a time, so that no message is ever nowhere. One that was sent and
 * could not be deleted is there twice, which does no harm: the second one finds the record of the first. Resolves when
 * nothing more comes.
 */
export async function copyMessages(
  move: Move,
  { max, dryRun, sentBeforeMs, waitSeconds }: CopyOptions,
): Promise<Copied> {
  const { sqs, from, list } = move;
  const held: Message[] = [];
  let moved = 0;
  while (moved < max) {
    const MaxNumberOfMessages = Math.min(RECEIVE_MAX, max - moved);
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: from,
        MaxNumberOfMessages,
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: LEASE_SECONDS,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['SentTimestamp'],
      }),
    );
    if (Messages.length === 0) break;
    const isOld = (message: Message) => Number(message.Attributes?.SentTimestamp) < sentBeforeMs;
    held.push(...Messages.filter((message) => !isOld(message)));
    const old = Messages.filter(isOld);
    for (const message of old) list(listed(message));
    const gone = dryRun ? [] : await moveBatch(move, old);
    held.push(...old.filter((message) => !gone.includes(message)));
    moved += dryRun ? old.length : gone.length;
  }
  await giveBack(sqs, from, held);
  return dryRun ? { moved: 0, kept: moved } : { moved, kept: held.length };
}

/** Those that were sent and deleted. */
async function moveBatch(move: Move, messages: readonly Message[]): Promise<readonly Message[]> {
  const { sqs, kind, from, to, say } = move;
  const ready = messages.flatMap((message) => {
    const MessageAttributes = attributesFor(kind, message);
    if (MessageAttributes === null) say(`${message.MessageId}: not moved, its sender's attributes can't be read`);
    return MessageAttributes === null ? [] : [{ message, MessageAttributes }];
  });
  if (ready.length === 0) return [];
  const sent = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: to,
      Entries: ready.map(({ message, MessageAttributes }, index) => ({
        Id: String(index),
        MessageBody: message.Body,
        MessageAttributes,
      })),
    }),
  );
  for (const { Id, Code } of sent.Failed ?? [])
    say(`${ready[Number(Id)]?.message.MessageId}: not moved, the queue refused it: ${Code}`);
  const taken = new Set((sent.Successful ?? []).map(({ Id }) => Number(Id)));
  const copies = ready.filter((_, index) => taken.has(index)).map(({ message }) => message);
  if (copies.length === 0) return [];
  const Entries = copies.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  const deleted = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: from, Entries }));
  for (const { Id, Code } of deleted.Failed ?? [])
    say(`${copies[Number(Id)]?.MessageId}: sent, but could not be deleted: ${Code}`);
  const away = new Set((deleted.Successful ?? []).map(({ Id }) => Number(Id)));
  return copies.filter((_, index) => away.has(index));
}

async function giveBack(sqs: SQSClient, QueueUrl: string, messages: readonly Message[]): Promise<void> {
  for (let at = 0; at < messages.length; at += RECEIVE_MAX) {
    const Entries = messages
      .slice(at, at + RECEIVE_MAX)
      .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  }
}

function listed({ MessageId = '', Attributes, MessageAttributes }: Message): Listed {
  const sentAt = new Date(Number(Attributes?.SentTimestamp)).toISOString();
  return { id: MessageId, sentAt, reason: MessageAttributes?.['reason']?.StringValue ?? null };
}

const senders = v.record(v.string(), v.object({ type: v.string(), value: v.string() }));

/**
 * The sender's own attributes: a rejected message carries them as one JSON, a dead delivery never had any. Null: they
 * can't be read.
 */
export function attributesFor(kind: Kind, message: Message): Record<string, MessageAttributeValue> | null {
  const text = message.MessageAttributes?.['attributes']?.StringValue;
  if (kind === 'dead' || text === undefined) return {};
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = v.safeParse(senders, json);
  if (!parsed.success) return null;
  return Object.fromEntries(
    Object.entries(parsed.output).map(([name, { type, value }]) => {
      const isBinary = type.startsWith('Binary');
      const content = isBinary ? { BinaryValue: Buffer.from(value, 'base64') } : { StringValue: value };
      return [name, { DataType: type, ...content }];
    }),
  );
}

/**
 * SQS moves the messages itself, which it does for queues that are the dead-letter queue of another. The destination is
 * named, since SQS knows no source of messages that were sent to the queue by us. Answers how many were moved; rejects
 * with SQS's reason if the task failed.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export async function moveByTask({ sqs, from, to, say }: Move, wait: () => Promise<unknown>): Promise<number> {
  const [SourceArn, DestinationArn] = await Promise.all([arnOf(sqs, from), arnOf(sqs, to)]);
  await sqs.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn }));
  for (;;) {
    const { Results } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }));
    const { Status, ApproximateNumberOfMessagesMoved: moved = 0, FailureReason, ...task } = Results?.[0] ?? {};
    say(`${moved} of about ${task.ApproximateNumberOfMessagesToMove ?? 0} messages moved`);
    if (Status === 'COMPLETED') return Number(moved);
    if (Status !== 'RUNNING')
      throw new Error(`the move task ended as ${Status}: ${FailureReason ?? 'no reason given'}`);
    await wait();
  }
}

async function arnOf(sqs: SQSClient, QueueUrl: string): Promise<string> {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  return Attributes?.QueueArn ?? '';
}
