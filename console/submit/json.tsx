import { useState } from 'preact/hooks';
import type { Send } from './send.ts';
import { type Checked, checkJson } from './submission.ts';

const EXAMPLE = `{ "api": "huawei.elb.v3", "region": "eu-de", "projectId": "…", "jobId": "…" }`;

/** Pasted JSON, checked as it stands. */
export function SubmitJson({ send }: { readonly send: Send }) {
  const [text, setText] = useState('');
  const [isBusy, setBusy] = useState(false);
  const checked: Checked | null = text.trim() === '' ? null : checkJson(text);
  const problems = checked === null || checked.ok ? [] : checked.problems;
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (checked === null || !checked.ok) return;
    setBusy(true);
    await send(checked.messages);
    setBusy(false);
  }
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      <div class="field">
        <label for="json">One watch message, a list, or {'{"jobs": […]}'} with up to 100</label>
        <textarea
          id="json"
          class="mono"
          rows={12}
          spellcheck={false}
          placeholder={EXAMPLE}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          aria-invalid={problems.length > 0}
          aria-describedby="json-problems"
        />
        <div id="json-problems" role="status">
          {problems.length === 0 ? null : (
            <ul class="field-problem">
              {problems.map(({ field, problem }, index) => (
                <li key={`${field} ${index}`}>
                  <code>{field}</code>: {problem}
                </li>
              ))}
            </ul>
          )}
          {checked?.ok === true ? (
            <p class="hint">
              {checked.messages.length === 1 ? 'One valid message.' : `${checked.messages.length} valid messages.`}
            </p>
          ) : null}
        </div>
      </div>
      <button type="submit" class="primary" disabled={isBusy || checked?.ok !== true}>
        {isBusy ? 'Submitting …' : 'Submit'}
      </button>
    </form>
  );
}
