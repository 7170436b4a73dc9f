import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { isRobot, LANGUAGES } from '../../client/input.ts';
import type { Subscription } from '../../client/responses.ts';
import type { Answer, Failure } from '../data/requests.ts';
import { Field } from '../parts/field.tsx';
import { Trouble } from '../parts/states.tsx';
import { draftProblems, EVENT_BUS, fieldsOf, type SubscribeDraft, type TextField } from './draft.ts';
import { EventsField } from './events-field.tsx';

interface WebhookFormProps {
  readonly first: SubscribeDraft;
  /** The webhook as it is; null: it is to be made. */
  readonly before: Subscription | null;
  readonly action: readonly [idle: string, busy: string];
  readonly send: (draft: SubscribeDraft) => Promise<Answer<Subscription>>;
  readonly onDone: (subscription: Subscription) => void;
  /** Fields before the others, and what lies beside the button. */
  readonly head?: (bind: Bind) => ComponentChildren;
  readonly beside?: ComponentChildren;
}

export type Bind = (field: TextField) => Omit<Parameters<typeof Field>[0], 'label'>;

/** What a webhook is: where events go, which, and of which jobs. */
export function WebhookForm({ first, before, action, send, onDone, head, beside }: WebhookFormProps) {
  const [draft, setDraft] = useState<SubscribeDraft>(first);
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const own = draftProblems(draft, before);
  const refused = failure?.kind === 'refused' ? failure.errors : [];
  const problems = [...(isTried ? own : []), ...refused];
  const problemOf = (field: string) =>
    problems.find((one) => new RegExp(`^(filter\\.)?${field}([.[]|$)`).test(one.field))?.problem ?? null;
  const bind: Bind = (field) => ({
    name: field,
    value: draft[field],
    problem: problemOf(field),
    onInput: (value: string) => setDraft({ ...draft, [field]: value }),
    onLeave: () => undefined,
  });

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setTried(true);
    if (own[0] !== undefined) {
      document.getElementById(`field-${own[0].field}`)?.focus();
      return;
    }
    setBusy(true);
    const answer = await send(draft);
    setBusy(false);
    setFailure(answer.ok ? null : answer.failure);
    if (answer.ok) onDone(answer.value);
  }

  return (
    <form class="form" noValidate onSubmit={(event) => void submit(event)}>
      {head?.(bind)}
      {draft.format === EVENT_BUS ? null : (
        <Field {...bind('url')} label="URL" isRequired={before === null} isMono hint={urlHint(draft.format, before)} />
      )}
      <Own format={draft.format} before={before} bind={bind} />
      {before?.headers?.length ? (
        <label class="choice">
          <input
            type="checkbox"
            checked={draft.dropsHeaders}
            onChange={(event) => setDraft({ ...draft, dropsHeaders: event.currentTarget.checked })}
          />
          Send none of these headers any more: {before.headers.join(', ')}
        </label>
      ) : null}
      <EventsField
        events={draft.events}
        types={draft.types}
        problem={problemOf('types')}
        onChange={(change) => setDraft({ ...draft, ...change })}
      />
      <FilterFields bind={bind} />
      <Field {...bind('description')} label="Description" hint="who uses it, and what for" />
      <div class="action-row">
        <button type="submit" class="primary" disabled={isBusy}>
          {isBusy ? action[1] : action[0]}
        </button>
        {beside}
      </div>
      {failure === null ? null : <Trouble failure={failure} />}
    </form>
  );
}

function FilterFields({ bind }: { readonly bind: Bind }) {
  return (
    <fieldset class="field">
      <legend>Only of jobs with</legend>
      <p class="hint">Everything that you give must match; if you give nothing, every job matches.</p>
      <div class="field-row">
        <Field {...bind('api')} label="api" options={APIS.map(({ api }) => api)} empty="any" />
        <Field {...bind('account')} label="Account" />
      </div>
      <Field {...bind('labels')} label="Labels" isLong hint="key=value, one per line" />
    </fieldset>
  );
}

interface OwnProps {
  readonly format: string;
  readonly before: Subscription | null;
  readonly bind: Bind;
}

/** The fields that not every format has. */
function Own({ format, before, bind }: OwnProps) {
  const fields = fieldsOf(format);
  const names = before?.headers ?? [];
  const kept = names.length === 0 ? '' : ` Left empty, ${names.join(', ')} ${names.length === 1 ? 'stays' : 'stay'}.`;
  return (
    <>
      {fields.includes('robotSecret') ? (
        <Field
          {...bind('robotSecret')}
          label="Secret from the chat’s settings"
          isMono
          hint={
            before === null
              ? 'not shown again; leave it empty if the chat uses the keyword jobwatch instead'
              : 'not shown again; if empty, it stays unchanged'
          }
        />
      ) : null}
      {fields.includes('language') ? (
        <Field {...bind('language')} label="Language of the messages" options={LANGUAGES} hint="en, if left empty" />
      ) : null}
      {fields.includes('headers') ? (
        <Field
          {...bind('headers')}
          label="Headers"
          isLong
          hint={`Name: value, one per line, at most 8; the values are not shown again.${kept}`}
        />
      ) : null}
    </>
  );
}

function urlHint(format: string, before: Subscription | null): string {
  if (!isRobot(format))
    return 'a public https address; {label.team} in the path is replaced by the value of that label';
  if (before === null) return 'the whole URL that the group shows for its robot; kept as a secret';
  return `${before.url} now; to move it to another robot, the whole URL of that one`;
}
