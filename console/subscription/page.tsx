import { useState } from 'preact/hooks';
import { placeOf } from '../../client/input.ts';
import {
  deliveries as deliveriesShape,
  type Subscription,
  subscription as subscriptionShape,
} from '../../client/responses.ts';
import { subscriptionCommands } from '../data/commands.ts';
import { useFetched } from '../data/fetched.ts';
import { useAbsolute } from '../data/zone.ts';
import { Commands } from '../parts/commands.tsx';
import { Code } from '../parts/copy.tsx';
import { Facts } from '../parts/facts.tsx';
import { Raw } from '../parts/raw.tsx';
import { Shown } from '../parts/states.tsx';
import { Moment } from '../parts/time.tsx';
import { Title } from '../parts/title.tsx';
import { EndpointState } from '../subscriptions/endpoint.tsx';
import { outcomesOf } from '../subscriptions/outcomes.ts';
import { Strip } from '../subscriptions/strip.tsx';
import { FilterText, TypesText } from '../subscriptions/wants.tsx';
import { SubscriptionActions } from './actions.tsx';
import { DeliveriesTable } from './deliveries.tsx';
import { DeliveryFilterBar, deliveryFiltersOf, deliveryQuery } from './delivery-filters.tsx';

const EVERY_MS = 4000;
const DAY_MS = 24 * 3_600_000;

/** One webhook: what it wants, how it does, and everything that was sent to it. */
export function SubscriptionPage({ id, query }: { readonly id: string; readonly query: URLSearchParams }) {
  const path = `/subscriptions/${encodeURIComponent(id)}`;
  const fetched = useFetched(subscriptionShape, path, EVERY_MS);
  return (
    <div class="page">
      <p class="crumbs">
        <a href="#/subscriptions">Webhooks</a>
      </p>
      {fetched.data === null ? <Title isMono>{id}</Title> : null}
      <Shown fetched={fetched} what="the subscription">
        {(subscription) => <Whole subscription={subscription} path={path} query={query} reload={fetched.reload} />}
      </Shown>
    </div>
  );
}

interface WholeProps {
  readonly subscription: Subscription;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly reload: () => void;
}

function Whole({ subscription, path, query, reload }: WholeProps) {
  const filters = deliveryFiltersOf(query);
  const filter = deliveryQuery(filters);
  const fetched = useFetched(deliveriesShape, `${path}/deliveries?limit=50${filter}`, EVERY_MS);
  const absolute = useAbsolute();
  const [since] = useState(() => new Date(Date.now() - DAY_MS).toISOString());
  const { id, disabled, openUntil } = subscription;
  return (
    <>
      <div class="heading">
        <div>
          <Title isMono>{placeOf(subscription)}</Title>
          <p class="subtitle">
            <EndpointState subscription={subscription} />
            {fetched.data === null ? null : <Strip outcomes={outcomesOf(fetched.data.deliveries)} />}
          </p>
        </div>
      </div>
      {disabled === null ? null : (
        <div class={disabled.by === 'api' ? 'callout wait' : 'callout bad'}>
          <strong>{disabled.by === 'api' ? 'Paused' : 'Disabled by jobwatch'}</strong>
          <span>
            {disabled.by === 'api' ? 'Nothing is sent until it is resumed.' : disabled.reason} Since{' '}
            {absolute(disabled.at)}
            {disabled.token === undefined ? '' : `, by ${disabled.token}`}.
          </span>
        </div>
      )}
      <SubscriptionActions
        subscription={subscription}
        path={path}
        onDone={() => {
          reload();
          fetched.reload();
        }}
      />
      <SubscriptionFacts subscription={subscription} />
      <section aria-labelledby="deliveries-title">
        <h2 id="deliveries-title">Deliveries</h2>
        <DeliveryFilterBar id={id} filters={filters} />
        <Shown fetched={fetched} what="deliveries">
          {({ deliveries, nextCursor }) => (
            <DeliveriesTable
              key={filter}
              id={id}
              filter={filter}
              deliveries={deliveries}
              path={path}
              cursor={nextCursor}
              openUntil={openUntil}
              reload={fetched.reload}
            />
          )}
        </Shown>
      </section>
      <div class="panels">
        <Commands commands={subscriptionCommands(location.origin, id, since)} />
        <Raw value={subscription} title="Raw record" />
      </div>
    </>
  );
}

function SubscriptionFacts({ subscription }: { readonly subscription: Subscription }) {
  const { id, description, types, filter, createdAt, failingSince, openUntil } = subscription;
  const { format, language = null, headers = [] } = subscription;
  return (
    <section aria-label="Details">
      <Facts
        facts={[
          description === '' ? null : ['Description', description],
          format === undefined || format === 'cloudevents' ? null : ['Format', format],
          language === null ? null : ['Language', language],
          headers.length === 0 ? null : ['Headers', headers.map((name) => `${name}: …`).join(', ')],
          ['Events', <TypesText types={types} />],
          ['Filter', <FilterText filter={filter} />],
          failingSince === null ? null : ['Failing since', <Moment at={failingSince} />],
          openUntil === null ? null : ['No attempt before', <Moment at={openUntil} />],
          ['Created', <Moment at={createdAt} />],
          ['id', <Code text={id} name="the id" />],
        ]}
      />
    </section>
  );
}
