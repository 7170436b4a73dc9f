import { useState } from 'preact/hooks';
import { TOKEN_COMMAND } from '../data/commands.ts';
import { session, signIn } from '../data/session.ts';
import { useStore } from '../data/store.ts';
import { Title } from '../parts/title.tsx';

const TOKEN = /^jw_[\x21-\x7e]{1,256}$/;

/** The form for the token. It goes to the API alone, in a header. */
export function SignIn() {
  const { wasRefused } = useStore(session);
  const [text, setText] = useState('');
  const [isKept, setKept] = useState(false);
  const [problem, setProblem] = useState<string | null>(
    wasRefused ? 'The token was refused. It may have been revoked.' : null,
  );
  function submit(event: Event): void {
    event.preventDefault();
    const token = text.trim();
    if (TOKEN.test(token)) signIn(token, isKept);
    else setProblem('A token begins with jw_ and has no spaces.');
  }
  return (
    <main class="sign-in" id="main">
      <Title>jobwatch</Title>
      <form onSubmit={submit}>
        <label for="token">API token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? 'token-help' : 'token-problem token-help'}
        />
        {problem === null ? null : (
          <p class="field-problem" id="token-problem" role="alert">
            {problem}
          </p>
        )}
        <p class="dim" id="token-help">
          <code>{TOKEN_COMMAND}</code> creates a read-only one. The token is kept until you close this tab.
        </p>
        <label class="choice">
          <input type="checkbox" checked={isKept} onChange={(event) => setKept(event.currentTarget.checked)} />
          Stay signed in on this device for 8 h, in new tabs too
        </label>
        <button type="submit" class="primary">
          Open the console
        </button>
      </form>
    </main>
  );
}
