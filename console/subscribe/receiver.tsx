import { useState } from 'preact/hooks';
import { Block } from '../parts/raw.tsx';
import { RECEIVERS } from './receivers.ts';

/** A receiver to begin with. */
export function Receiver() {
  const [language, setLanguage] = useState<keyof typeof RECEIVERS>('Node');
  return (
    <section aria-labelledby="receiver-title">
      <h2 id="receiver-title">Receive it</h2>
      <p class="dim">Put the secret into WEBHOOK_SECRET. Verify each request, and answer before you process it.</p>
      <fieldset class="tabs" aria-label="Language">
        {(['Node', 'Python'] as const).map((name) => (
          <button key={name} type="button" aria-pressed={language === name} onClick={() => setLanguage(name)}>
            {name}
          </button>
        ))}
      </fieldset>
      <Block text={RECEIVERS[language]} name={`receiver in ${language}`} />
    </section>
  );
}
