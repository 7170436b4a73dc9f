import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { BenchSection } from './section.ts';

/** A bench that is a program of its own: what it prints is its section. A table of markdown stays one. */
export function scriptSection(name: string, title: string, path: string): BenchSection {
  return {
    name,
    title,
    byNameOnly: true,
    async run() {
      const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      const printed = (await text(child.stdout)).trim();
      const code = await ended;
      if (code !== 0) throw new Error(`${path} ended with ${code}.`);
      return printed.startsWith('|') ? printed : `\`\`\`\n${printed}\n\`\`\``;
    },
  };
}
