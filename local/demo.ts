import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Event } from '../lib/events/event.ts';
import type { GroupEventData } from '../lib/events/group-event.ts';
import type { Job } from '../lib/job/job.ts';
import { isTerminal } from '../lib/job/phase.ts';
import { costText, rejectedReason } from './demo-facts.ts';
import { giveLesson, LESSON_CREDENTIAL, prepareLesson } from './lesson.ts';
import { makeProgress, table } from './progress.ts';
import { type Received, startReceiver } from './receiver.ts';
import type { Sample } from './simulator/cloud.ts';
import { readSampleMessage, SAMPLE_CREDENTIALS, SAMPLES, sampleAccounts } from './simulator/samples.ts';
import { startSimulator } from './simulator/start.ts';
import { type Stack, startStack } from './stack.ts';

/** The main job on sample jobs, from the queue to verified webhooks, on engines of this machine. Ends by itself. */
const TIME_LIMIT_MS = 75_000;
const LOOK_EVERY_MS = 400;
/** Of several clouds, in one group: the deployment that everybody waits for. */
const GROUP_ID = 'shop/release-421';
const GROUPED = [
  'alibaba-nlb-succeeded',
  'alibaba-alb-succeeded',
  'huawei-v1-succeeded',
  'huawei-v3-complete',
  'tencent-clb-succeeded',
];
const HEAD = ['job', 'vendor status (seconds after submission)', 'phase', 'polls', 'delivery'];

interface Watched {
  readonly sample: Sample;
  /** `job_…`; null until the record appears. */
  job: Job | null;
}

const progress = makeProgress(process.stdout);
process.exitCode = await main();

async function main(): Promise<number> {
  const begunMs = Date.now();
  progress.say('Starting SQS, DynamoDB, a vendor simulator and a webhook receiver on 127.0.0.1 ...');
  const simulator = await startSimulator({ scenario: { credentials: [...SAMPLE_CREDENTIALS, LESSON_CREDENTIAL] } });
  const receiver = await startReceiver();
  const stack = await startStack({ accounts: sampleAccounts(simulator), speed: 12, paused: true });
  try {
    const { system, api } = stack;
    const subscription = await api.post<{ secret: string }>('/subscriptions', {
      url: receiver.url,
      types: ['jobwatch.*'],
    });
    receiver.trust(subscription.secret);
    progress.say(
      `Ready after ${((Date.now() - begunMs) / 1000).toFixed(1)} s. A webhook is subscribed to jobwatch.*; ` +
        `${SAMPLES.length} jobs and one bad message go on the queue.\n`,
    );
    await prepareLesson(stack, simulator);
    for (const { job } of SAMPLES) simulator.addJob(job);
    await submitAll(stack);
    system.resetRequestCounts();
    system.resume();
    const untilMs = Date.now() + TIME_LIMIT_MS;
    const warm = Promise.withResolvers<void>();
    const [watched, lesson] = await Promise.all([
      watchAll(stack, receiver.received, { untilMs, onWarm: warm.resolve }),
      warm.promise.then(() => giveLesson(stack, simulator, untilMs)),
    ]);
    return await report(stack, { watched, lesson }, receiver.received, begunMs);
  } finally {
    await stack.system.close();
    await receiver.close();
    await simulator.close();
  }
}

async function submitAll({ system }: Stack): Promise<void> {
  const sqs = new SQSClient(system.clientSettings('sqs'));
  const bodies = await Promise.all([
    ...SAMPLES.map(async ({ name }) => inGroup(name, await readSampleMessage(name))),
    readSampleMessage('bad-message'),
  ]);
  const QueueUrl = system.outputs['PendingQueueUrl'];
  await Promise.all(bodies.map((MessageBody) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))));
  sqs.destroy();
}

function inGroup(name: string, text: string): string {
  if (!GROUPED.includes(name)) return text;
  return JSON.stringify({ ...JSON.parse(text), group: { id: GROUP_ID, size: GROUPED.length } });
}

interface Course {
  readonly untilMs: number;
  /** Half of the jobs have ended: nothing starts up any more. */
  readonly onWarm: () => void;
}

/** Until every job has ended and its end has been received, or the time is over. */
async function watchAll(
  { api }: Stack,
  received: readonly Received[],
  { untilMs, onWarm }: Course,
): Promise<Watched[]> {
  const watched: Watched[] = SAMPLES.map((sample) => ({ sample, job: null }));
  const width = Math.max(...SAMPLES.map(({ name }) => name.length));
  while (Date.now() < untilMs) {
    const { jobs } = await api.get<{ jobs: Job[] }>('/jobs?limit=100');
    for (const one of watched) {
      one.job =
        jobs.find(({ jobId, api: name }) => jobId === one.sample.job.jobId && name === one.sample.job.api) ?? one.job;
      if (one.job !== null) progress.show(one.sample.name.padEnd(width), lineOf(one.job, isTold(one.job, received)));
    }
    if (watched.filter(({ job }) => job !== null && isTerminal(job.phase)).length * 2 >= watched.length) onWarm();
    const isRejectedTold = received.some(({ type }) => type === 'jobwatch.message.rejected');
    if (
      isRejectedTold &&
      groupEnds(received).length > 0 &&
      watched.every(({ job }) => job !== null && isTold(job, received))
    )
      break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  onWarm();
  return watched;
}

/** The data of the events that tell the group's end. */
function groupEnds(received: readonly Received[]): readonly GroupEventData[] {
  const good = received.filter(({ type, problem }) => type === 'jobwatch.group.completed' && problem === null);
  const unique = new Map(good.map(({ id, event }) => [id, (event as Event<GroupEventData>).data]));
  return [...unique.values()];
}

/** The last word: the group. Whether it was told as it should be. */
function sayGroup(received: readonly Received[]): boolean {
  const [end, ...more] = groupEnds(received);
  const phases = Object.entries(end?.phases ?? {}).map(([phase, count]) => `${count} ${phase}`);
  progress.say(
    `Group ${GROUP_ID} of ${GROUPED.length} jobs: ${end?.outcome ?? 'no end was told'} (${phases.join(', ')}).`,
  );
  return end?.outcome === 'succeeded' && more.length === 0;
}

function lineOf(job: Job, told: boolean): string {
  const state = isTerminal(job.phase) && told ? `${job.phase}, told` : job.phase;
  return `${state.padEnd(24)} ${path(job)}`;
}

function isTold(job: Job, received: readonly Received[]): boolean {
  return received.some(
    ({ jobId, type, problem }) => problem === null && jobId === job.id && type === `jobwatch.job.${job.phase}`,
  );
}

/** The vendor's words with the seconds after submission at which they were seen. */
function path(job: Job): string {
  const since = (at: string) => ((Date.parse(at) - Date.parse(job.submittedAt)) / 1000).toFixed(0);
  const steps = job.history.map(({ vendorStatus, phase, at }) => `${vendorStatus ?? phase} ${since(at)}s`);
  return steps.length === 0 ? '-' : steps.join(' → ');
}

async function report(
  stack: Stack,
  { watched, lesson }: { readonly watched: readonly Watched[]; readonly lesson: string | null },
  received: readonly Received[],
  begunMs: number,
): Promise<number> {
  const rows = watched.map(({ sample, job }) => {
    const told = received.filter(({ jobId, problem }) => job !== null && jobId === job.id && problem === null);
    const asScripted = job?.phase === sample.expectedPhase && isTold(job, received) && told.length === job.seq;
    const delivery = `${told.length} of ${job?.seq ?? 0} events verified`;
    return {
      asScripted,
      cells: [sample.name, job ? path(job) : 'never seen', job?.phase ?? '-', String(job?.polls ?? 0), delivery],
    };
  });
  progress.say(`\n${table([HEAD, ...rows.map(({ cells }) => cells)])}\n`);
  const reason = await rejectedReason(stack);
  progress.say(`Rejected message: ${reason ?? 'none was found'}`);
  const wrong = rows.filter(({ asScripted }) => !asScripted).map(({ cells }) => cells[0]);
  const unverified = received.filter(({ problem }) => problem !== null);
  for (const { problem } of unverified) progress.say(`A delivery was refused by the receiver: ${problem}`);
  progress.say(await costText(stack));
  const isGroupGood = sayGroup(received);
  progress.say(lesson ?? 'The jobs that show what learning does did not end.');
  const good = isGroupGood && lesson !== null && wrong.length === 0 && unverified.length === 0 && reason !== null;
  const seconds = ((Date.now() - begunMs) / 1000).toFixed(0);
  const faulty =
    [...wrong, ...(reason === null ? ['the rejected message'] : []), ...(isGroupGood ? [] : ['the group'])].join(
      ', ',
    ) || 'a delivery';
  progress.say(
    good
      ? `\nAll ${rows.length} jobs ended as their scripts say, ` +
          `and every event was delivered and verified. ${seconds} s.\n` +
          `\nNext:\n  npm start    # stays up: the console, and commands to submit, watch and receive with\n` +
          'and docs/tutorial.md: from there to a job and a webhook of your own, in five minutes.'
      : `\nNot as it should be: ${faulty}. ${seconds} s.`,
  );
  return good ? 0 : 1;
}
