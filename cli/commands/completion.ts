import type { Command } from 'commander';
import { addCommand, type Host } from '../command.ts';
import { completionScript } from '../completion/completion.ts';
import { SHELLS, type Shell } from '../completion/scripts.ts';
import { EXIT, usage } from '../exit.ts';
import type { CommonOptions } from '../settings.ts';

export function addCompletion(program: Command, host: Host): void {
  addCommand<CommonOptions>(
    program,
    host,
    {
      name: 'completion',
      args: '<shell>',
      summary: `print the completion script for ${SHELLS.join(', ')}`,
      examples: [
        'source <(jobwatch completion bash)',
        'jobwatch completion fish > ~/.config/fish/completions/jobwatch.fish',
      ],
      talksTo: [],
    },
    () => undefined,
    async ({ out, json }, [name = '']) => {
      const shell = SHELLS.find((one) => one === name);
      if (shell === undefined) throw usage(`"${name}" is not one of ${SHELLS.join(', ')}.`);
      const { API_FACTS } = await import('../../lib/vendors/registry.ts');
      const script = completionScript(program, shell satisfies Shell, [...API_FACTS.keys()]);
      if (json) out.json({ shell, script });
      else out.line(script);
      return EXIT.ok;
    },
  );
}
