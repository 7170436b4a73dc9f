import type { Command } from 'commander';
import { type Job, job as jobShape } from '../../client/responses.ts';
import { need, read } from '../api/client.ts';
import { addCommand, type Host, withJobName } from '../command.ts';
import { EXIT } from '../exit.ts';
import { type IdentityOptions, targetsOf } from '../input/targets.ts';
import type { CommonOptions } from '../settings.ts';
import { safe } from '../text/terminal.ts';

export function addStop(program: Command, host: Host): void {
  addCommand<CommonOptions & IdentityOptions>(
    program,
    host,
    {
      name: 'stop',
      args: '<job...>',
      summary: "end the watch of jobs, not the vendor's jobs",
      examples: [
        'jobwatch stop job_k6p5m4c6dnw7tukzj5ugr5j3zq',
        'jobwatch stop 7b1c… 9d20… --api alibaba.alb --region eu-central-1',
      ],
      talksTo: ['api'],
    },
    (command) => void withJobName(command),
    async (context, args, options) => {
      const stopped: Job[] = [];
      let exitCode: number = EXIT.ok;
      for (const { id, name } of await targetsOf(context, args, options)) {
        const answer = await context.client.call('POST', `/jobs/${id}/stop`);
        if (answer.kind === 'refused' && (answer.status === 404 || answer.status === 409)) {
          context.out.note(`jobwatch: ${safe(name)}: ${answer.detail}`);
          exitCode = EXIT.failed;
          continue;
        }
        const job = read(jobShape, need(context.client, answer));
        stopped.push(job);
        if (!context.json) context.out.line(`${id}  ${job.phase}  ${safe(job.jobId)}`);
      }
      if (context.json) context.out.json({ jobs: stopped });
      return exitCode;
    },
  );
}
