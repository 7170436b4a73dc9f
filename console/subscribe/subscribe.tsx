import { useState } from 'preact/hooks';
import { FORMATS, isRobot } from '../../client/input.ts';
import { type Subscription, subscription } from '../../client/responses.ts';
import { useMay } from '../data/may.ts';
import { hrefOf } from '../data/place.ts';
import { act } from '../data/requests.ts';
import { session } from '../data/session.ts';
import { useStore } from '../data/store.ts';
import { Code } from '../parts/copy.tsx';
import { Field } from '../parts/field.tsx';
import { Empty, Loading } from '../parts/states.tsx';
import { Title } from '../parts/title.tsx';
import { SendTest } from '../subscription/send-test.tsx';
import { EVENT_BUS, NO_SUBSCRIBE_DRAFT, subscriptionOf } from './draft.ts';
import { WebhookForm } from './form.tsx';
import { Receiver } from './receiver.tsx';

/** Adds a webhook, or the robot of a group. */
export function SubscribePage() {
  const { permissions } = useStore(session);
  const may = useMay('subscriptions:write');
  const [made, setMade] = useState<Subscription | null>(null);
  return (
    <div class="page narrow-page">
      <p class="crumbs">
        <a href="#/subscriptions">Webhooks</a>
      </p>
      <Title>{made === null ? 'Add a webhook' : 'Webhook added'}</Title>
      {permissions === null ? (
        <Loading what="what the token may do" />
      ) : !may ? (
        <Empty title="This token may not add webhooks">It needs the scope “subscriptions:write”.</Empty>
      ) : made === null ? (
        <WebhookForm
          first={NO_SUBSCRIBE_DRAFT}
          before={null}
          action={['Add', 'Adding …']}
          send={(draft) => act(subscription, '/subscriptions', subscriptionOf(draft))}
          onDone={setMade}
          head={(bind) => (
            <Field
              {...bind('format')}
              label="Format"
              hint={ABOUT[bind('format').value] ?? ''}
              options={[...FORMATS, EVENT_BUS]}
            />
          )}
        />
      ) : (
        <Made subscription={made} />
      )}
    </div>
  );
}

const ABOUT: Readonly<Record<string, string>> = {
  cloudevents: 'the event itself, signed, for a program',
  dingtalk: 'a message for people, by the custom robot of a DingTalk group',
  feishu: 'a message for people, by the custom bot of a Feishu or Lark group',
  wecom: 'a message for people, by the robot of a WeCom group',
  slack: 'a message for people, by an incoming webhook of Slack',
  eventbridge: 'the event itself, on the event bus of the stack’s parameter eventBusArn',
};

/** The secret this once, what to do with it, and whether it works. */
function Made({ subscription: { id, url, secret, format } }: { readonly subscription: Subscription }) {
  return (
    <>
      <p class="mono">{url}</p>
      {secret === undefined ? null : (
        <div class="result" role="status">
          <p>
            <strong>Copy the secret now: it is shown only once.</strong> With it the receiver verifies that an event
            comes from this jobwatch.
          </p>
          <Code text={secret} name="the secret" />
        </div>
      )}
      {secret === undefined || isRobot(format) ? null : <Receiver />}
      <section aria-labelledby="test-title">
        <h2 id="test-title">Try it</h2>
        <SendTest path={`/subscriptions/${id}`} />
      </section>
      <p>
        <a href={hrefOf(['subscriptions', id])}>Go to the webhook and its deliveries</a>
      </p>
    </>
  );
}
