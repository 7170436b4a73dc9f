import { type Subscription, subscription as subscriptionShape } from '../../client/responses.ts';
import { useFetched } from '../data/fetched.ts';
import { hrefOf } from '../data/place.ts';
import { act } from '../data/requests.ts';
import { goTo } from '../data/router.ts';
import { Shown } from '../parts/states.tsx';
import { Title } from '../parts/title.tsx';
import { changesOf, draftOf } from './draft.ts';
import { WebhookForm } from './form.tsx';

/** What was read when the page was opened is what is edited: nothing changes under the hand. */
const ONCE_MS = 24 * 3_600_000;

/** Changes where a webhook's events go, which, and of which jobs. */
export function EditPage({ id }: { readonly id: string }) {
  const path = `/subscriptions/${encodeURIComponent(id)}`;
  const fetched = useFetched(subscriptionShape, path, ONCE_MS);
  const back = hrefOf(['subscriptions', id]);
  return (
    <div class="page narrow-page">
      <p class="crumbs">
        <a href="#/subscriptions">Webhooks</a> / <a href={back}>{fetched.data?.url ?? id}</a>
      </p>
      <Title>Edit the webhook</Title>
      <Shown fetched={fetched} what="the webhook">
        {(before) => <Form key={before.id} before={before} path={path} back={back} />}
      </Shown>
    </div>
  );
}

interface FormProps {
  readonly before: Subscription;
  readonly path: string;
  readonly back: string;
}

function Form({ before, path, back }: FormProps) {
  return (
    <WebhookForm
      first={draftOf(before)}
      before={before}
      action={['Save', 'Saving …']}
      send={(draft) => act(subscriptionShape, path, changesOf(before, draft), 'PATCH')}
      onDone={() => goTo(back)}
      beside={
        <a class="button" href={back}>
          Cancel
        </a>
      }
    />
  );
}
