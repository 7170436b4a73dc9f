import { isFields } from '../template/values.ts';
import { awsCall } from './aws-json.ts';
import type { Call } from './gateway.ts';

/**
 * Makes the messages of a receive visible again when whoever asked is gone. The engine goes on with a long poll whose
 * connection has closed, and would otherwise hide what arrives next for a whole visibility time-out after each killed
 * function.
 */
export async function giveBack(sqsUrl: string, { action, body }: Call, answer: Buffer): Promise<void> {
  if (action !== 'ReceiveMessage') return;
  const input: unknown = JSON.parse(body.toString('utf8'));
  const output: unknown = JSON.parse(answer.toString('utf8') || '{}');
  if (!isFields(input) || !isFields(output) || !Array.isArray(output['Messages'])) return;
  const Entries = output['Messages']
    .filter(isFields)
    .map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 }));
  await awsCall(
    sqsUrl,
    'sqs',
    'ChangeMessageVisibilityBatch',
    { QueueUrl: input['QueueUrl'], Entries },
    { caller: 'stack' },
  );
}
