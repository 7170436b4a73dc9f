import { loadavg } from 'node:os';
import type { BenchSection } from '../section.ts';
import { type Done, runProgram } from './child.ts';
import { writeCounts } from './counts.ts';
import { KINDS, type Kind, SCOPES } from './crowd.ts';
import type { DurableTask } from './durable.ts';
import type { PerPollTask } from './per-poll.ts';
import { kindTable, otherTable, requestTable } from './tables.ts';
import { type After, type Measured, measureKind } from './watched.ts';

const JOBS = 10_000;
/** The local runner keeps every execution in memory. */
const EXECUTIONS = 1000;
/** The kind of poll that others make as well: they write at every poll. */
const COMPARED: Kind['name'] = 'saved';

export const throughputSection: BenchSection = {
  name: 'throughput',
  title: 'Throughput of a tick',
  byNameOnly: true,
  async run({ sizes }) {
    const count = sizes[0] ?? JOBS;
    const load = loadavg()[0] ?? 0;
    const perPoll: After = (places, jobs, accounts) =>
      runProgram('per-poll.ts', { places, jobs, accounts } satisfies PerPollTask);
    const durable: After = (_places, jobs, accounts) =>
      runProgram('durable.ts', { jobs: jobs.slice(0, EXECUTIONS), accounts } satisfies DurableTask);
    const measured: [Kind, Measured][] = [];
    for (const kind of KINDS) {
      const others = kind.name === COMPARED ? [perPoll, durable] : [];
      const result = await measureKind(kind.name, count, { floor: true, others });
      console.log(
        `${kind.name}: ${JSON.stringify({ watch: result.watch, floor: result.floor, others: result.others })}`,
      );
      measured.push([kind, result]);
    }
    const compared = measured.find(([kind]) => kind.name === COMPARED)?.[1];
    if (compared === undefined) throw new Error(`There is no poll of the kind ${COMPARED}.`);
    writeCounts(measured);
    const [invocations, executions] = compared.others;
    const ways: [string, Done | undefined][] = [
      ['`watch`', compared.watch],
      ['one invocation per poll', invocations],
      ['durable functions, local runner', executions],
    ];
    return [
      explanation(count, load),
      kindTable(measured),
      '### Requests of one poll',
      requestTable(measured),
      '### Other ways to make the same poll',
      othersExplained(),
      otherTable(ways),
    ].join('\n\n');
  },
};

function explanation(count: number, load: number): string {
  const kinds = KINDS.map(({ name, about }) => `- **${name}**: ${about}.`).join('\n');
  return `${count} jobs due at the same moment, over ${SCOPES} scopes (ten of NLB, ten of ALB, a key each; 20 ids a
call),
polled once. The packaged \`watch\`, which works alone (\`wake: off\`),
in a process of its own, with the heap of a function of 256 MB, works on the embedded engines and the vendor simulator;
its pace is raised so far that it
is no limit. Queue, gateways and simulator share one other process, the database has a third. No chance is involved:
there is no seed.

${kinds}

The **floor** is a loop, in a process with the same heap, that makes the same requests in the same numbers with the same
clients, in rounds of the same 400 jobs, and
does nothing else: it reads no answer and decides nothing. An unchanged poll is the second one of its process, and its
floor has made all requests once before as well. With three busy processes on two cores the wall clock shows
the engines and
whoever else is at work as much as \`watch\`; the **CPU per poll** of the process is the figure to go by. Load of the
machine before the run: ${load.toFixed(1)}.`;
}

function othersExplained(): string {
  return `One invocation per poll is what a state machine makes of it: a handler that reads the job, polls it alone and
writes, called in process,
50 at a time, so that nothing of Lambda's or Step Functions' own time is in it. Durable functions run on the SDK's local
runner with real timers, ${EXECUTIONS} executions
of two polls with a second between; the runner that stands in for Lambda's checkpoints is in the figure, and nothing is
written to a table.`;
}
