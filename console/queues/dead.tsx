import { type Delivery, deliveries as deliveriesShape, subscriptions } from '../../client/responses.ts';
import { REDRIVE_COMMANDS } from '../data/commands.ts';
import { useFetched } from '../data/fetched.ts';
import { hrefOf } from '../data/place.ts';
import { Line } from '../parts/commands.tsx';
import { Shown } from '../parts/states.tsx';
import { When } from '../parts/time.tsx';
import { ENDPOINTS_MAX } from '../subscriptions/endpoints.ts';

const EVERY_MS = 30_000;
const SHOWN_MAX = 5;

/** Deliveries of which every attempt failed, by webhook, each with the last answer: the queue holds their names alone. */
export function DeadDeliveries() {
  const fetched = useFetched(subscriptions, '/subscriptions', EVERY_MS);
  return (
    <section aria-labelledby="dead-title">
      <h2 id="dead-title">Dead deliveries: why, and send again</h2>
      <p class="dim">
        Fix the endpoint, then redeliver on the webhook’s page: the message leaves the queue within five minutes. Or,
        with AWS credentials, put all of them back:
      </p>
      <Line text={REDRIVE_COMMANDS.dead} name="command that puts dead deliveries back" />
      <Shown fetched={fetched} what="the webhooks">
        {({ subscriptions: all }) => (
          <ul class="dead">
            {all.slice(0, ENDPOINTS_MAX).map(({ id, url }) => (
              <OfWebhook key={id} id={id} url={url} />
            ))}
          </ul>
        )}
      </Shown>
    </section>
  );
}

function OfWebhook({ id, url }: { readonly id: string; readonly url: string }) {
  const path = `/subscriptions/${id}/deliveries?state=exhausted&limit=${SHOWN_MAX}`;
  const { data } = useFetched(deliveriesShape, path, EVERY_MS);
  if (data === null || data.deliveries.length === 0) return null;
  return (
    <li>
      <a href={hrefOf(['subscriptions', id], { state: 'exhausted' })} class="mono">
        {url}
      </a>
      <ul>
        {data.deliveries.map((delivery) => (
          <li key={delivery.eventId} class="line">
            <a href={hrefOf(['subscriptions', id, 'deliveries', delivery.eventId])}>
              {delivery.job?.jobId ?? delivery.eventType}
            </a>
            <span class="dim">
              <When at={delivery.endedAt} />
            </span>
            <span class="why">{whyOf(delivery)}</span>
          </li>
        ))}
      </ul>
      {data.nextCursor === undefined ? null : <p class="dim">The newest {SHOWN_MAX} are shown.</p>}
    </li>
  );
}

function whyOf({ reason, attempts: [last] }: Delivery): string {
  return last?.error ?? reason ?? 'no attempt is known';
}
