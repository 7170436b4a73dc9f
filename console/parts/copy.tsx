import { useState } from 'preact/hooks';

const SHOWN_MS = 1500;

/** Copies a text; says so to eyes and to screen readers. */
export function Copy({ text, name }: { readonly text: string; readonly name: string }) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      // The browser may forbid it; the text stands on the page and can be marked.
      setState('refused');
    }
    setTimeout(() => setState('idle'), SHOWN_MS);
  }
  const word = { idle: 'Copy', copied: 'Copied', refused: 'Not allowed' }[state];
  return (
    <button type="button" class="plain copy" aria-label={`${word} ${name}`} onClick={() => void copy()}>
      <span aria-live="polite">{word}</span>
    </button>
  );
}

/** A text that people carry elsewhere: an id, a URL. */
export function Code({ text, name }: { readonly text: string; readonly name: string }) {
  return (
    <span class="carry">
      <code>{text}</code>
      <Copy text={text} name={name} />
    </span>
  );
}
