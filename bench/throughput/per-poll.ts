import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { AlibabaAccount } from '../../lib/vendors/alibaba/account.ts';
import { serveProgram } from './child.ts';
import { clientsOf, type Places } from './clients.ts';
import { type CrowdJob, inTurns } from './crowd.ts';
import { poller } from './vendor-client.ts';

/**
 * One invocation for each poll, as a state machine makes them: reads the job, polls it alone, writes
 * what it said.
 */
export interface PerPollTask {
  readonly places: Places;
  readonly jobs: readonly CrowdJob[];
  readonly accounts: Readonly<Record<string, AlibabaAccount>>;
}

const INVOCATIONS_AT_A_TIME = 50;

if (process.send)
  serveProgram<PerPollTask>(async ({ places, jobs, accounts }) => {
    const handler = makeHandler(places, accounts);
    return async () => {
      await inTurns(jobs, INVOCATIONS_AT_A_TIME, handler);
      return jobs.length;
    };
  });

function makeHandler({ urls, jobsTable: TableName }: Places, accounts: PerPollTask['accounts']) {
  const { dynamodb } = clientsOf(urls, 'per-poll');
  const poll = poller(accounts);
  return async (job: CrowdJob): Promise<string> => {
    const Key = marshall({ id: job.id });
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    const { version } = unmarshall(Item ?? {});
    const seen = (await poll([job])).observations.get(job.jobId);
    const status = seen?.kind === 'status' ? seen.word : 'unknown';
    await dynamodb.send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: 'SET vendorStatus = :status, lastPolledAt = :now, #version = :next ADD polls :one',
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: marshall({
          ':status': status,
          ':now': new Date().toISOString(),
          ':version': version,
          ':next': Number(version) + 1,
          ':one': 1,
        }),
      }),
    );
    return status;
  };
}
