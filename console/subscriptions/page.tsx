import { isRobot, placeOf } from '../../client/input.ts';
import { type Subscription, subscriptions } from '../../client/responses.ts';
import { subscribeCommand } from '../data/commands.ts';
import { useFetched } from '../data/fetched.ts';
import { percent } from '../data/format.ts';
import { hrefOf } from '../data/place.ts';
import { Line } from '../parts/commands.tsx';
import { Empty, Shown } from '../parts/states.tsx';
import { SubscribeLink } from '../parts/submit-link.tsx';
import { Title } from '../parts/title.tsx';
import { byTrouble, EndpointState } from './endpoint.tsx';
import { ENDPOINTS_MAX, type EndpointFacts, useEndpoints } from './endpoints.ts';
import { Attempts } from './strip.tsx';
import { FilterText, TypesText } from './wants.tsx';

const EVERY_MS = 10_000;

/** Every webhook, those in trouble first. */
export function SubscriptionsPage() {
  const fetched = useFetched(subscriptions, '/subscriptions', EVERY_MS);
  const sorted = [...(fetched.data?.subscriptions ?? [])].sort(byTrouble);
  const facts = useEndpoints(sorted);
  return (
    <div class="page">
      <div class="heading">
        <Title>Webhooks</Title>
        <SubscribeLink text="Add a webhook" isButton />
      </div>
      <Shown fetched={fetched} what="subscriptions">
        {() => (sorted.length === 0 ? <None /> : <Table subscriptions={sorted} facts={facts} />)}
      </Shown>
    </div>
  );
}

function None() {
  const command = subscribeCommand(location.origin);
  return (
    <Empty title="No webhook yet: nobody is notified">
      <p>
        A webhook is a URL and the events that it gets, for a program or a chat robot.{' '}
        <SubscribeLink text="Add one here" />
      </p>
      <Line text={command.cli ?? ''} name="command that adds a webhook" />
      <Line text={command.curl} name="curl that adds a webhook" />
    </Empty>
  );
}

function Table({
  subscriptions: rows,
  facts,
}: {
  readonly subscriptions: readonly Subscription[];
  readonly facts: ReadonlyMap<string, EndpointFacts>;
}) {
  return (
    <>
      <div class="scroll-x">
        <table class="stacking">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Endpoint</th>
              <th scope="col">Events</th>
              <th scope="col">Filter</th>
              <th scope="col">Latest attempts</th>
              <th scope="col" class="number">
                Delivered, 24 h
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((subscription) => (
              <Row key={subscription.id} subscription={subscription} facts={facts.get(subscription.id)} />
            ))}
          </tbody>
        </table>
      </div>
      <p class="dim">
        Attempts and percentages are computed here from the newest 50 deliveries of each endpoint.
        {rows.length > ENDPOINTS_MAX
          ? ` They are loaded for the first ${ENDPOINTS_MAX} of ${rows.length} endpoints.`
          : ''}
      </p>
    </>
  );
}

function Row({
  subscription,
  facts,
}: {
  readonly subscription: Subscription;
  readonly facts: EndpointFacts | undefined;
}) {
  const { id, description, format } = subscription;
  return (
    <tr>
      <td>
        <EndpointState subscription={subscription} />
      </td>
      <th scope="row" class="endpoint">
        <a href={hrefOf(['subscriptions', id])} class="mono">
          {placeOf(subscription)}
        </a>
        {isRobot(format) ? <div class="dim">{format}</div> : null}
        {description === '' ? null : <div class="dim">{description}</div>}
      </th>
      <td>
        <TypesText types={subscription.types} />
      </td>
      <td>
        <FilterText filter={subscription.filter} />
      </td>
      <td>{facts === undefined ? <span class="dim">–</span> : <Attempts facts={facts} />}</td>
      <td class="number">{facts === undefined ? '–' : <Share facts={facts} />}</td>
    </tr>
  );
}

function Share({ facts: { success } }: { readonly facts: EndpointFacts }) {
  return (
    <>
      {percent(success.delivered, success.ended)}
      <div class="dim">
        {success.delivered} of {success.ended}
        {success.waiting > 0 ? `, ${success.waiting} waiting` : ''}
        {success.isWhole ? '' : ', of the newest 50'}
      </div>
    </>
  );
}
