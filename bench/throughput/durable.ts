import { type DurableContext, withDurableExecution } from '@aws/durable-execution-sdk-js';
import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing';
import type { AlibabaAccount } from '../../lib/vendors/alibaba/account.ts';
import { serveProgram } from './child.ts';
import { type CrowdJob, inTurns } from './crowd.ts';
import { poller } from './vendor-client.ts';

/**
 * One durable execution for each job, which polls twice with a second between, on the SDK's own local runner with real
 * timers. The vendor's trouble is kept in the state. The runner stands in for Lambda's checkpoints: its CPU is in the
 * figure.
 */
export interface DurableTask {
  readonly jobs: readonly CrowdJob[];
  readonly accounts: Readonly<Record<string, AlibabaAccount>>;
}

export const POLLS_EACH = 2;
const EXECUTIONS_AT_A_TIME = 100;

interface State {
  readonly status: string;
  readonly polls: number;
}

if (process.send)
  serveProgram<DurableTask>(async ({ jobs, accounts }) => {
    await LocalDurableTestRunner.setupTestEnvironment({ skipTime: false });
    const handlerFunction = makeHandler(accounts);
    return async () => {
      let polls = 0;
      await inTurns(jobs, EXECUTIONS_AT_A_TIME, async (job) => {
        const execution = await new LocalDurableTestRunner<State>({ handlerFunction }).run({ payload: job });
        polls += execution.getResult()?.polls ?? 0;
      });
      if (polls !== jobs.length * POLLS_EACH) throw new Error(`${polls} polls of ${jobs.length} executions.`);
      return polls;
    };
  });

function makeHandler(accounts: DurableTask['accounts']) {
  const poll = poller(accounts);
  return withDurableExecution((job: CrowdJob, context: DurableContext) =>
    context.waitForCondition<State>(
      'the end of the job',
      async ({ polls }) => {
        const seen = (await poll([job])).observations.get(job.jobId);
        return { status: seen?.kind === 'status' ? seen.word : `trouble: ${seen?.kind}`, polls: polls + 1 };
      },
      {
        initialState: { status: 'pending', polls: 0 },
        waitStrategy: ({ polls }) =>
          polls < POLLS_EACH ? { shouldContinue: true, delay: { seconds: 1 } } : { shouldContinue: false },
      },
    ),
  );
}
