import type { Command } from 'commander';
import { callbackText, isOpen } from '../../client/job.ts';
import { group as groupShape, type Job, job as jobShape } from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host, withJobName } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, usage } from '../exit.ts';
import { type IdentityOptions, targetsOf } from '../input/targets.ts';
import type { CommonOptions } from '../settings.ts';
import { groupLine, memberTable } from '../text/group-text.ts';
import { elapsed, expectedEnd, labelText, nextPoll, pollsOf, troubleOf } from '../text/job-text.ts';
import { phasePaint } from '../text/paint.ts';
import { cut, padEnd, safe } from '../text/terminal.ts';
import { timelineLines } from '../text/timeline.ts';
import { groupPath } from '../wait/group.ts';

export function addShow(program: Command, host: Host): void {
  addCommand<CommonOptions & IdentityOptions & { readonly group?: string }>(
    program,
    host,
    {
      name: 'show',
      aliases: ['get'],
      args: '[job]',
      summary: "show a job's record with the timeline of its transitions, or a group with its jobs",
      examples: ['jobwatch show job_k6p5m4c6dnw7tukzj5ugr5j3zq', 'jobwatch show --group shop/release-421'],
      talksTo: ['api'],
    },
    (command) => void withJobName(command).option('--group <id>', 'show the group instead of a job'),
    async (context, args, options) => {
      if ((options.group === undefined) === (args.length === 0)) throw usage('Give either a job or --group ID.');
      if (options.group !== undefined) return showGroup(context, options.group);
      const [target] = await targetsOf(context, args, options);
      const answer = await context.client.call('GET', `/jobs/${target?.id}`);
      const job = read(jobShape, need(context.client, answer));
      if (context.json) context.out.json(job);
      else draw(context, job);
      return EXIT.ok;
    },
  );
}

async function showGroup(context: Context, id: string): Promise<number> {
  const { out } = context;
  const group = read(groupShape, need(context.client, await context.client.call('GET', groupPath(id))));
  if (context.json) out.json(group);
  else for (const line of [groupLine(context, group), '', ...memberTable(context, group)]) out.line(line);
  return EXIT.ok;
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
    ['group', job.group == null ? null : `${job.group.id} (${job.group.size})`],
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
