import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Job } from '../lib/job/job.ts';
import type { Stack } from './stack.ts';

/** What the demo reads of the system when its jobs have ended. */

/** Why the message that is none was rejected; null: nothing was. */
export async function rejectedReason({ system }: Stack): Promise<string | null> {
  const sqs = new SQSClient(system.clientSettings('sqs'));
  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: system.outputs['RejectedQueueUrl'], MessageAttributeNames: ['All'] }),
  );
  sqs.destroy();
  return Messages?.[0]?.MessageAttributes?.['reason']?.StringValue ?? null;
}

/** What all polls took of SQS and DynamoDB: which of the two functions polls, is chance. */
export async function costText({ api, system }: Stack): Promise<string> {
  const { jobs } = await api.get<{ jobs: Job[] }>('/jobs?limit=100');
  const polls = jobs.reduce((sum, job) => sum + job.polls, 0);
  const all = system.requestCounts();
  const counts = ['watch', 'wake'].flatMap((name) => Object.entries(all[name] ?? {}));
  const of = (service: string) =>
    counts.filter(([action]) => action.startsWith(service)).reduce((sum, [, count]) => sum + count, 0);
  const each = (service: string) => (of(service) / polls).toFixed(1);
  return (
    `${polls} polls of ${jobs.length} jobs took ${of('sqs:')} SQS and ${of('dynamodb:')} DynamoDB requests, ` +
    `${each('sqs:')} and ${each('dynamodb:')} a poll: a new job, each change and each delivery are written.`
  );
}
