import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { unlogged } from '../../functions/common/clients.ts';
import type { System } from '../../local/system.ts';

/** Clients of the local engines, as `watch` makes them, under a name by which their requests are counted. */
export function clientsOf(urls: Readonly<Record<'sqs' | 'dynamodb', string>>, caller: string) {
  const settings = { region: 'eu-central-1', credentials: { accessKeyId: caller, secretAccessKey: 'local' } };
  return {
    sqs: unlogged(new SQSClient({ ...settings, endpoint: urls.sqs })),
    dynamodb: unlogged(new DynamoDBClient({ ...settings, endpoint: urls.dynamodb })),
  };
}

/** What the programs beside `watch` need to know of the system. */
export interface Places {
  readonly urls: { readonly sqs: string; readonly dynamodb: string };
  readonly pendingUrl: string;
  readonly jobsTable: string;
  readonly subscriptionsTable: string;
}

export function placesOf({ urls, outputs }: Pick<System, 'urls' | 'outputs'>): Places {
  const output = (name: string) => outputs[name] ?? '';
  return {
    urls: { sqs: urls.sqs, dynamodb: urls.dynamodb },
    pendingUrl: output('PendingQueueUrl'),
    jobsTable: output('JobsTableName'),
    subscriptionsTable: output('SubscriptionsTableName'),
  };
}
