import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type MessageAttributeValue,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import DataLoader from 'dataloader';
import { BATCH_BYTES_MAX, BATCH_MAX, VISIBILITY_MAX_SECONDS } from './limits.ts';

/** The fate of one entry of a batch: `gone` if its receipt handle is not valid any more. */
export type EntryResult = 'done' | 'gone';

export interface Outgoing {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Calls made within this time share a request. */
const BATCH_WAIT_MS = 5;
/** What a message that has its own life again answers: it is left alone. */
const GONE = new Set([
  'MessageNotInflight',
  'AWS.SimpleQueueService.MessageNotInflight',
  'ReceiptHandleIsInvalid',
  'InvalidReceiptHandle',
]);

interface Failure {
  readonly Id?: string | undefined;
  readonly Code?: string | undefined;
  readonly Message?: string | undefined;
}

/** One by one for the caller, ten at a time for SQS; every entry has its own result, and a failed one rejects alone. */
export function makeBatches(client: SQSClient, queueUrl: string) {
  const delays = batcher<{ receiptHandle: string; seconds: number }, EntryResult>(async (entries) => {
    const answer = await client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queueUrl,
        Entries: entries.map(({ receiptHandle, seconds }, index) => ({
          Id: String(index),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: Math.min(seconds, VISIBILITY_MAX_SECONDS),
        })),
      }),
    );
    return entries.map((_, index) => entryResult(answer, index));
  });
  const removals = batcher<string, EntryResult>(async (handles) => {
    const answer = await client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queueUrl,
        Entries: handles.map((handle, index) => ({ Id: String(index), ReceiptHandle: handle })),
      }),
    );
    return handles.map((_, index) => entryResult(answer, index));
  });
  const sends = batcher<Outgoing, EntryResult>((messages) => sendAll(client, queueUrl, messages));

  return {
    /** The message comes back after that time, or after the longest that SQS allows. */
    delay: (receiptHandle: string, seconds: number) => delays.load({ receiptHandle, seconds }),
    remove: (receiptHandle: string) => removals.load(receiptHandle),
    send: async (message: Outgoing): Promise<void> => {
      await sends.load(message);
    },
  };
}

function batcher<Key, Result>(work: (keys: readonly Key[]) => Promise<(Result | Error)[]>) {
  return new DataLoader<Key, Result>(work, {
    cache: false,
    maxBatchSize: BATCH_MAX,
    batchScheduleFn: (callback) => setTimeout(callback, BATCH_WAIT_MS),
  });
}

/** Ten large bodies pass the limit of a request: they go in as many as it takes. */
async function sendAll(
  client: SQSClient,
  queueUrl: string,
  messages: readonly Outgoing[],
): Promise<(EntryResult | Error)[]> {
  const results: (EntryResult | Error)[] = [];
  let start = 0;
  while (start < messages.length) {
    let bytes = 0;
    let end = start;
    for (; end < messages.length; end++) {
      bytes += sizeOf(messages[end]);
      if (bytes > BATCH_BYTES_MAX && end > start) break;
    }
    results.push(...(await sendSome(client, queueUrl, messages.slice(start, end))));
    start = end;
  }
  return results;
}

async function sendSome(
  client: SQSClient,
  queueUrl: string,
  messages: readonly Outgoing[],
): Promise<(EntryResult | Error)[]> {
  const answer = await client.send(
    new SendMessageBatchCommand({
      QueueUrl: queueUrl,
      Entries: messages.map(({ body, attributes }, index) => ({
        Id: String(index),
        MessageBody: body,
        MessageAttributes: stringAttributes(attributes),
      })),
    }),
  );
  return messages.map((_, index) => entryResult(answer, index));
}

function sizeOf(message: Outgoing | undefined): number {
  if (message === undefined) return 0;
  const attributes = Object.entries(message.attributes).reduce(
    (sum, [name, value]) => sum + name.length + 6 + Buffer.byteLength(value),
    0,
  );
  return Buffer.byteLength(message.body) + attributes;
}

function stringAttributes(attributes: Readonly<Record<string, string>>): Record<string, MessageAttributeValue> {
  const entries = Object.entries(attributes).filter(([, value]) => value !== '');
  return Object.fromEntries(entries.map(([name, value]) => [name, { DataType: 'String', StringValue: value }]));
}

function entryResult(
  answer: { readonly Successful?: readonly Failure[] | undefined; readonly Failed?: readonly Failure[] | undefined },
  index: number,
): EntryResult | Error {
  const id = String(index);
  if (answer.Successful?.some((entry) => entry.Id === id)) return 'done';
  const { Code = 'NoResult', Message = '' } = answer.Failed?.find((entry) => entry.Id === id) ?? {};
  if (GONE.has(Code)) return 'gone';
  if (Code !== 'InvalidParameterValue') return new Error(`SQS refused one entry of a batch: ${Code}`);
  const parameter = parameterIn(Message);
  return parameter === 'ReceiptHandle' ? 'gone' : new Error(`SQS refused one entry of a batch: ${Code} (${parameter})`);
}

/**
 * SQS has one code for a message that is not in flight any more ("Value … for parameter ReceiptHandle is invalid.
 * Reason: Message does not exist or is not available for visibility timeout change.") and for a time-out that it does
 * not take: only the text tells which. The name alone, since the text repeats the value.
 */
function parameterIn(message: string): string {
  return /\bparameter (\w{1,40})\b/.exec(message)?.[1] ?? 'of which parameter is not said';
}
