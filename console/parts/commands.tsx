import type { Command } from '../data/commands.ts';
import { Copy } from './copy.tsx';

/** The same from a shell. The token stays in its variable. */
export function Commands({ commands }: { readonly commands: readonly Command[] }) {
  return (
    <details class="panel">
      <summary>From a shell: curl and the command line</summary>
      <p class="dim">
        With <code>JOBWATCH_URL</code> and <code>JOBWATCH_TOKEN</code> in the environment.
      </p>
      {commands.map((command) => (
        <section class="command" key={command.about}>
          <h3>{command.about}</h3>
          {command.cli === null ? null : <Line text={command.cli} name={`command: ${command.about}`} />}
          {command.aws === undefined ? null : <Line text={command.aws} name={`AWS: ${command.about}`} />}
          {command.curl === '' ? null : <Line text={command.curl} name={`curl: ${command.about}`} />}
        </section>
      ))}
    </details>
  );
}

export function Line({ text, name }: { readonly text: string; readonly name: string }) {
  return (
    <section class="shell" aria-label={name}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard. */}
      <pre tabIndex={0}>{text}</pre>
      <Copy text={text} name={name} />
    </section>
  );
}
