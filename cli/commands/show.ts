import type { Command } from 'commander';
import { callbackText, isOpen } from '../../client/job.ts';
import { type Job, job as jobShape } from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host, withIdentity } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit.ts';
import { type IdentityOptions, targetsOf } from '../input/targets.ts';
import type { CommonOptions } from '../settings.ts';
import { elapsed, expectedEnd, labelText, nextPoll, pollsOf, troubleOf } from '../text/job-text.ts';
import { phasePaint } from '../text/paint.ts';
import { cut, padEnd, safe } from '../text/terminal.ts';
import { timelineLines } from '../text/timeline.ts';

export function addShow(program: Command, host: Host): void {
  addCommand<CommonOptions & IdentityOptions>(
    program,
    host,
    {
      name: 'show',
      args: '<job>',
      summary: "show a job's record with the timeline of its transitions",
      examples: [
        'jobwatch show job_k6p5m4c6dnw7tukzj5ugr5j3zq',
        'jobwatch show 7b1c… --api alibaba.nlb --region cn-hangzhou --json',
      ],
      talksTo: ['api'],
    },
    (command) => void withIdentity(command),
    async (context, args, options) => {
      const [target] = await targetsOf(args, options);
      const answer = await context.client.call('GET', `/jobs/${target?.id}`);
      const job = read(jobShape, need(context.client, answer));
      if (context.json) context.out.json(job);
      else draw(context, job);
      return EXIT.ok;
    },
  );
}

function draw(context: Context, job: Job): void {
  const { out } = context;
  out.line(`${out.paint.bold(job.id)}`);
  for (const [name, text] of factsOf(context, job)) {
    const value = padEnd(name, 11);
    const line = cut(safe(text), out.width() - 13);
    out.line(`  ${out.paint.dim(value)}${name === 'phase' ? phasePaint(out.paint, job.phase)(line) : line}`);
  }
  out.line();
  for (const line of timelineLines(context, job)) out.line(line);
}

function factsOf({ clock }: Context, job: Job): readonly (readonly [string, string])[] {
  const { detail, vendorStatus, projectId } = job;
  const end = expectedEnd(job, clock);
  const facts: [string, string | null][] = [
    ['phase', vendorStatus === null ? job.phase : `${job.phase} (${vendorStatus})`],
    ['why', troubleOf(job)],
    ['job', `${job.api}  ${job.jobId}`],
    ['scope', `account ${job.account}, region ${job.region}${projectId === null ? '' : `, project ${projectId}`}`],
    ['works on', [detail.operation, detail.resourceId].filter((part) => part !== null).join(' ') || null],
    ['labels', labelText(job.labels) || null],
    ['callbacks', (job.callbacks ?? []).map(callbackText).join(', ') || null],
    ['submitted', job.submittedAt],
    ['ended', job.endedAt],
    ['took', isOpen(job) ? null : `${elapsed(job, clock)}, ${job.polls} polls`],
    ['so far', isOpen(job) ? `${elapsed(job, clock)}, ${pollsOf(job, clock)}, next ${nextPoll(job, clock)}` : null],
    ['expected', end === null ? null : `${job.expectedEndAt} (${end})`],
    ['deadline', isOpen(job) ? job.deadlineAt : null],
  ];
  return facts.flatMap(([name, text]) => (text === null ? [] : [[name, text] as const]));
}
