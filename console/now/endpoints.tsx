import { placeOf } from '../../client/input.ts';
import type { Subscription } from '../../client/responses.ts';
import type { Fetched } from '../data/fetched.ts';
import { percent } from '../data/format.ts';
import { hrefOf } from '../data/place.ts';
import { Empty, Shown } from '../parts/states.tsx';
import { byTrouble, EndpointState } from '../subscriptions/endpoint.tsx';
import type { EndpointFacts } from '../subscriptions/endpoints.ts';
import type { Success } from '../subscriptions/outcomes.ts';
import { Attempts } from '../subscriptions/strip.tsx';

const SHOWN_MAX = 8;

/** Who does not answer, first. */
export function Endpoints({
  fetched,
  facts,
}: {
  readonly fetched: Fetched<{ subscriptions: Subscription[] }>;
  readonly facts: ReadonlyMap<string, EndpointFacts>;
}) {
  return (
    <section aria-labelledby="endpoints-title">
      <h2 id="endpoints-title">Webhooks</h2>
      <Shown fetched={fetched} what="subscriptions">
        {({ subscriptions }) =>
          subscriptions.length === 0 ? (
            <Empty title="No webhooks yet">Nobody is notified when jobs end.</Empty>
          ) : (
            <>
              <ul class="endpoints">
                {[...subscriptions]
                  .sort(byTrouble)
                  .slice(0, SHOWN_MAX)
                  .map((subscription) => (
                    <Endpoint key={subscription.id} subscription={subscription} facts={facts.get(subscription.id)} />
                  ))}
              </ul>
              {subscriptions.length > SHOWN_MAX ? (
                <p>
                  <a href="#/subscriptions">All {subscriptions.length} webhooks</a>
                </p>
              ) : null}
            </>
          )
        }
      </Shown>
    </section>
  );
}

function Endpoint({
  subscription,
  facts,
}: {
  readonly subscription: Subscription;
  readonly facts: EndpointFacts | undefined;
}) {
  return (
    <li>
      <div class="line">
        <a href={hrefOf(['subscriptions', subscription.id])} class="mono cut">
          {placeOf(subscription)}
        </a>
        <span class="end">
          <EndpointState subscription={subscription} />
        </span>
      </div>
      <div class="line">
        {facts === undefined ? <span class="dim">reading …</span> : <Attempts facts={facts} />}
        {facts === undefined ? null : <span class="dim end num">{shareOf(facts.success)}</span>}
      </div>
    </li>
  );
}

/** Of a sample that was cut off nothing is said about what lies behind it. */
function shareOf({ delivered, ended, waiting, isWhole }: Success): string {
  if (ended > 0) return `${percent(delivered, ended)} in 24 h`;
  return isWhole ? 'no end in 24 h' : `the newest ${waiting} wait`;
}
