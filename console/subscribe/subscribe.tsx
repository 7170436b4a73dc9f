import { useState } from 'preact/hooks';
import { FORMATS, isRobot, LANGUAGES } from '../../client/input.ts';
import { type Subscription, subscription } from '../../client/responses.ts';
import { hrefOf } from '../data/place.ts';
import { act, type Failure } from '../data/requests.ts';
import { session } from '../data/session.ts';
import { useStore } from '../data/store.ts';
import { Code } from '../parts/copy.tsx';
import { Field } from '../parts/field.tsx';
import { Empty, Loading, Trouble } from '../parts/states.tsx';
import { Title } from '../parts/title.tsx';
import { draftProblems, fieldsOf, NO_SUBSCRIBE_DRAFT, type SubscribeDraft, subscriptionOf } from './draft.ts';

/** Adds a webhook, or the robot of a group. */
export function SubscribePage() {
  const { permissions } = useStore(session);
  const [made, setMade] = useState<Subscription | null>(null);
  return (
    <div class="page narrow-page">
      <p class="crumbs">
        <a href="#/subscriptions">Subscriptions</a>
      </p>
      <Title>Add a subscription</Title>
      {permissions === null ? (
        <Loading what="what the token may do" />
      ) : !permissions.has('subscriptions:write') ? (
        <Empty title="This token may not add subscriptions">It needs the permission “subscriptions:write”.</Empty>
      ) : made === null ? (
        <SubscribeForm onMade={setMade} />
      ) : (
        <Made subscription={made} />
      )}
    </div>
  );
}

function SubscribeForm({ onMade }: { readonly onMade: (made: Subscription) => void }) {
  const [draft, setDraft] = useState<SubscribeDraft>(NO_SUBSCRIBE_DRAFT);
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const own = isTried ? draftProblems(draft) : [];
  const refused = failure?.kind === 'refused' ? failure.errors : [];
  const problems = [...own, ...refused];
  const bind = (field: keyof SubscribeDraft) => ({
    name: field,
    value: draft[field],
    problem: problems.find((one) => new RegExp(`^${field}([.[]|$)`).test(one.field))?.problem ?? null,
    onInput: (value: string) => setDraft({ ...draft, [field]: value }),
    onLeave: () => undefined,
  });

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    setTried(true);
    const [first] = draftProblems(draft);
    if (first !== undefined) {
      document.getElementById(`field-${first.field}`)?.focus();
      return;
    }
    setBusy(true);
    const answer = await act(subscription, '/subscriptions', subscriptionOf(draft));
    setBusy(false);
    if (answer.ok) onMade(answer.value);
    else setFailure(answer.failure);
  }

  return (
    <form class="form" noValidate onSubmit={(event) => void submit(event)}>
      <Field {...bind('format')} label="What is sent" hint={ABOUT[draft.format] ?? ''} options={FORMATS} />
      <Field {...bind('url')} label="URL" isRequired isMono hint={urlHint(draft.format)} />
      <Own draft={draft} bind={bind} />
      <Field
        {...bind('types')}
        label="Events"
        isLong
        hint="such as jobwatch.job.failed, one a line; ends of jobs, if left empty"
      />
      <Field {...bind('description')} label="Description" />
      <button type="submit" class="primary" disabled={isBusy}>
        {isBusy ? 'Adding …' : 'Add'}
      </button>
      {failure === null ? null : <Trouble failure={failure} />}
    </form>
  );
}

interface OwnProps {
  readonly draft: SubscribeDraft;
  readonly bind: (field: keyof SubscribeDraft) => Omit<Parameters<typeof Field>[0], 'label'>;
}

/** The fields that not every format has. */
function Own({ draft: { format }, bind }: OwnProps) {
  const fields = fieldsOf(format);
  return (
    <>
      {fields.includes('robotSecret') ? (
        <Field
          {...bind('robotSecret')}
          label="Secret of the group’s settings"
          isMono
          hint="not shown again; empty, if the group asks for a keyword instead: jobwatch"
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
          hint="Name: value, one a line, 8 at most; the values are not shown again"
        />
      ) : null}
    </>
  );
}

const ABOUT: Readonly<Record<string, string>> = {
  cloudevents: 'the event itself, signed, for a program',
  dingtalk: 'a message for people, by the custom robot of a DingTalk group',
  feishu: 'a message for people, by the custom bot of a Feishu or Lark group',
  wecom: 'a message for people, by the robot of a WeCom group',
  slack: 'a message for people, by an incoming webhook of Slack',
};

function urlHint(format: string): string {
  if (isRobot(format)) return 'the whole URL that the group shows for its robot; kept as a secret';
  return 'public and https:; {label.team} in the path is the value of that label';
}

function Made({ subscription: { id, secret, format } }: { readonly subscription: Subscription }) {
  return (
    <div class="result" role="status">
      {secret === undefined ? (
        <p>The group is subscribed.</p>
      ) : (
        <>
          <p>
            <strong>The secret is shown only once.</strong> It verifies the events.
          </p>
          <Code text={secret} name="the secret" />
        </>
      )}
      <p>
        <a href={hrefOf(['subscriptions', id])}>{isRobot(format) ? 'Test the robot' : 'Test the endpoint'}</a>
      </p>
    </div>
  );
}
