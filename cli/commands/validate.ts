import type { Command } from 'commander';
import { ANY_CALLBACKS } from '../../client/input.ts';
import { jobIdOf } from '../../lib/job/identity.ts';
import { describeProblems, parseWatchBody } from '../../lib/job/watch-message.ts';
import { addCommand, type Host } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT, usage } from '../exit.ts';
import { piecesOf } from '../input/messages.ts';
import type { CommonOptions } from '../settings.ts';
import { safe } from '../text/terminal.ts';

export function addValidate(program: Command, host: Host): void {
  addCommand<CommonOptions>(
    program,
    host,
    {
      name: 'validate',
      args: '<file>',
      summary: 'check watch messages as the queue would, without sending them',
      about: 'JSON, a list, or JSON lines; - is standard input. Exits with 1 if one is wrong.',
      examples: ['jobwatch validate jobs.jsonl', 'terraform output -json jobs | jobwatch validate - --json'],
      talksTo: [],
    },
    () => undefined,
    validate,
  );
}

async function validate(context: Context, [path = '']: readonly string[]): Promise<number> {
  const { API_FACTS } = await import('../../lib/vendors/registry.ts');
  const pieces = piecesOf(await context.readText(path));
  if (pieces.length === 0) throw usage(`${path} contains no message.`);
  const results = pieces.map(({ place, text }) => {
    const parsed = parseWatchBody(text, API_FACTS, ANY_CALLBACKS);
    return parsed.ok
      ? { place, ok: true, id: jobIdOf(parsed.value), problem: null }
      : { place, ok: false, id: null, problem: describeProblems(parsed.problems) };
  });
  const bad = results.filter(({ ok }) => !ok);
  if (context.json) context.out.json({ good: results.length - bad.length, bad: bad.length, messages: results });
  else {
    const { out } = context;
    for (const { place, id, problem } of results)
      out.line(
        problem === null
          ? `${out.paint.green('good')}  ${place}  ${id}`
          : `${out.paint.red('bad ')}  ${place}  ${safe(problem)}`,
      );
    out.line(`${results.length - bad.length} good, ${bad.length} bad`);
  }
  return bad.length === 0 ? EXIT.ok : EXIT.failed;
}
