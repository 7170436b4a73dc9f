import { Copy } from './copy.tsx';

/** A record as it came. */
export function Raw({ value, title }: { readonly value: unknown; readonly title: string }) {
  const text = JSON.stringify(value, null, 2);
  return (
    <details class="panel">
      <summary>{title}</summary>
      <Block text={text} name={title} />
    </details>
  );
}

export function Block({ text, name }: { readonly text: string; readonly name: string }) {
  return (
    <section class="shell" aria-label={name}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard. */}
      <pre class="block" tabIndex={0}>
        {text}
      </pre>
      <Copy text={text} name={name} />
    </section>
  );
}
