import { useState } from 'preact/hooks';
import { useMay } from '../data/may.ts';
import type { Answer, Failure } from '../data/requests.ts';
import { Trouble } from './states.tsx';

interface ActionProps<T> {
  readonly label: string;
  /** What to confirm before it is done; absent: it is done at once. */
  readonly confirm?: string;
  readonly permission: 'jobs:write' | 'subscriptions:write';
  readonly run: () => Promise<Answer<T>>;
  readonly onDone: (value: T) => void;
  readonly isPrimary?: boolean;
}

/** A button that changes something. A token that may not do it does not see it. */
export function Action<T>({ label, confirm, permission, run, onDone, isPrimary = false }: ActionProps<T>) {
  const [state, setState] = useState<'idle' | 'confirming' | 'left' | 'busy'>('idle');
  const [failure, setFailure] = useState<Failure | null>(null);
  const may = useMay(permission);
  if (!may) return null;
  async function go(): Promise<void> {
    setState('busy');
    setFailure(null);
    const answer = await run();
    setState('idle');
    if (answer.ok) onDone(answer.value);
    else setFailure(answer.failure);
  }
  return (
    <div class="action">
      {state === 'confirming' ? (
        <fieldset class="confirming" aria-label={confirm}>
          <span>{confirm}</span>
          <button type="button" class="primary" onClick={() => void go()} ref={focus}>
            {label}
          </button>
          <button type="button" onClick={() => setState('left')}>
            Cancel
          </button>
        </fieldset>
      ) : (
        <button
          type="button"
          class={isPrimary ? 'primary' : ''}
          ref={state === 'left' ? focus : null}
          disabled={state === 'busy'}
          onClick={() => (confirm === undefined ? void go() : setState('confirming'))}
        >
          {state === 'busy' ? `${label} …` : label}
        </button>
      )}
      {failure === null ? null : <Trouble failure={failure} />}
    </div>
  );
}

/** The focus follows: it goes to the question, and back to the button. */
function focus(button: HTMLButtonElement | null): void {
  button?.focus();
}
