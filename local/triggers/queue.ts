import { setTimeout as sleep } from 'node:timers/promises';
import { awsCall } from '../gateway/aws-json.ts';
import type { InvokeResult } from '../runtime/instance.ts';
import { type Fields, isFields } from '../template/values.ts';
import { sqsEvent } from './sqs-event.ts';
import type { Trigger } from './trigger.ts';

export interface QueueTriggerOptions {
  readonly functionName: string;
  readonly invoke: (event: unknown) => Promise<InvokeResult>;
  readonly sqsUrl: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly batchSize: number;
  /** Batches at the same time. */
  readonly concurrencyMax: number;
  /** ReportBatchItemFailures is set. */
  readonly reportsFailures: boolean;
  readonly onError: (error: unknown) => void;
}

const RECEIVE_MAX = 10;
const WAIT_SECONDS = 20;
const RETRY_AFTER_ERROR_MS = 1000;

/**
 * Polls a queue for a function, as Lambda does: deletes what has succeeded and leaves what has failed to its visibility
 * time-out. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html. Starts paused.
 */
export function makeQueueTrigger(options: QueueTriggerOptions): Trigger {
  const { functionName, concurrencyMax } = options;
  const batches = new Set<Promise<void>>();
  let stopping: AbortController | null = null;
  let loop: Promise<void> = Promise.resolve();

  const poll = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      if (batches.size >= concurrencyMax) {
        await Promise.race(batches);
        continue;
      }
      const messages = await receive(options, signal);
      if (messages.length === 0) continue;
      const batch = handle(options, messages).finally(() => batches.delete(batch));
      batches.add(batch);
    }
  };

  return {
    functionName,
    async pause() {
      stopping?.abort();
      stopping = null;
      await loop;
      await Promise.all(batches);
    },
    resume() {
      if (stopping) return;
      const controller = new AbortController();
      stopping = controller;
      // The last loop may still be ending.
      loop = loop.then(() => poll(controller.signal));
    },
    close() {
      stopping?.abort();
      stopping = null;
    },
  };
}

/** Empty when nothing came, when it was stopped, and, after a pause, when the queue could not be read. */
async function receive(
  { sqsUrl, queueUrl, batchSize, functionName, onError }: QueueTriggerOptions,
  signal: AbortSignal,
): Promise<Fields[]> {
  try {
    const input = {
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(batchSize, RECEIVE_MAX),
      WaitTimeSeconds: WAIT_SECONDS,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    };
    const { Messages } = await awsCall(sqsUrl, 'sqs', 'ReceiveMessage', input, {
      caller: `trigger:${functionName}`,
      signal,
    });
    return Array.isArray(Messages) ? Messages.filter(isFields) : [];
  } catch (error) {
    if (signal.aborted) return [];
    onError(error);
    await sleep(RETRY_AFTER_ERROR_MS, undefined, { signal }).catch(() => undefined);
    return [];
  }
}

async function handle(options: QueueTriggerOptions, messages: readonly Fields[]): Promise<void> {
  const { sqsUrl, queueUrl, queueArn, functionName, invoke, reportsFailures, onError } = options;
  try {
    const result = await invoke(sqsEvent(messages, queueArn));
    const done = succeeded(result, messages, reportsFailures);
    if (done.length === 0) return;
    const Entries = done.map((message, index) => ({ Id: String(index), ReceiptHandle: message['ReceiptHandle'] }));
    await awsCall(
      sqsUrl,
      'sqs',
      'DeleteMessageBatch',
      { QueueUrl: queueUrl, Entries },
      { caller: `trigger:${functionName}` },
    );
  } catch (error) {
    onError(error);
  }
}

/**
 * The messages to delete. Without ReportBatchItemFailures a batch succeeds or fails as a whole; with it, a failed
 * invocation, a malformed answer and an identifier that is empty or not of the batch fail all of it.
 */
export function succeeded(
  result: InvokeResult,
  messages: readonly Fields[],
  reportsFailures: boolean,
): readonly Fields[] {
  if (!result.ok) return [];
  if (!reportsFailures || result.payload === null) return messages;
  if (!isFields(result.payload)) return [];
  const failures = result.payload['batchItemFailures'] ?? [];
  if (!Array.isArray(failures)) return [];
  const failed = failures.map((failure: unknown) => (isFields(failure) ? failure['itemIdentifier'] : null));
  const ids = messages.map((message) => message['MessageId']);
  if (failed.some((id) => !ids.includes(id))) return [];
  return messages.filter((message) => !failed.includes(message['MessageId']));
}
