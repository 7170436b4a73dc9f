import { useState } from 'preact/hooks';
import { submitCommand } from '../data/commands.ts';
import type { Failure } from '../data/requests.ts';
import { Commands } from '../parts/commands.tsx';
import { Field } from '../parts/field.tsx';
import type { Send } from './send.ts';
import { checkMessage, type Draft, messageOf, NO_DRAFT } from './submission.ts';

/** Fields are checked by the queue's own parser: when one is left, and all of them before the sending. */
export function SubmitForm({ send, said }: { readonly send: Send; readonly said: Failure | null }) {
  const [draft, setDraft] = useState<Draft>(NO_DRAFT);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [isBusy, setBusy] = useState(false);
  const message = messageOf(draft);
  const found = checkMessage(message);
  const refused = said?.kind === 'refused' ? said.errors : [];
  const facts = APIS.find(({ api }) => api === draft.api);
  const needsProject = facts?.needsProject ?? false;
  const needsRegion = facts?.needsRegion ?? true;

  const problemOf = (field: string): string | null => {
    const own = found.find((one) => one.field === field || one.field.startsWith(`${field}.`));
    if (own !== undefined) return left.has(field) ? own.problem : null;
    return refused.find((one) => one.field === field)?.problem ?? null;
  };
  const bind = (field: keyof Draft) => ({
    name: field,
    value: draft[field],
    problem: problemOf(field),
    onInput: (value: string) => setDraft({ ...draft, [field]: value }),
    onLeave: () => setLeft(new Set([...left, field])),
  });

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setLeft(new Set(Object.keys(NO_DRAFT)));
    const [first] = found;
    if (first !== undefined) {
      document.getElementById(`field-${first.field.split('.')[0]}`)?.focus();
      return;
    }
    setBusy(true);
    await send([message]);
    setBusy(false);
  }

  return (
    <form class="form" noValidate onSubmit={(event) => void submit(event)}>
      <Field {...bind('api')} label="api" isRequired options={APIS.map(({ api }) => api)} />
      {needsRegion || draft.region !== '' ? (
        <Field
          {...bind('region')}
          label="Region"
          isRequired={needsRegion}
          hint="as the vendor names it: eu-de, cn-hangzhou"
        />
      ) : null}
      {needsProject || draft.projectId !== '' ? (
        <Field {...bind('projectId')} label="Project id" isRequired={needsProject} isMono />
      ) : null}
      <Field {...bind('jobId')} label="Vendor’s job id" isRequired isMono />
      <Field {...bind('account')} label="Account" hint="default, if left empty" />
      <Field {...bind('labels')} label="Labels" hint="key=value, one per line" isLong />
      <details class="more">
        <summary>Times and correlation</summary>
        <Field {...bind('submittedAt')} label="Submitted at" hint="ISO 8601 with a zone; now, if left empty" />
        <Field
          {...bind('timeoutSeconds')}
          label="Deadline, seconds after the submission"
          hint="60 to 604800; 86400, if left empty"
        />
        <Field
          {...bind('notFoundGraceSeconds')}
          label="Grace period while not found, seconds"
          hint="0 to 3600; 120, if left empty"
        />
        <Field {...bind('correlationId')} label="Correlation id" />
      </details>
      <button type="submit" class="primary" disabled={isBusy}>
        {isBusy ? 'Submitting …' : 'Submit'}
      </button>
      {found.length === 0 ? <Commands commands={[submitCommand(location.origin, message)]} /> : null}
    </form>
  );
}
