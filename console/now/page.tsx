import { health, subscriptions } from '../../client/responses.ts';
import { useFetched } from '../data/fetched.ts';
import { Stale, Trouble } from '../parts/states.tsx';
import { Title } from '../parts/title.tsx';
import { HEALTH_EVERY_MS } from '../parts/top-bar.tsx';
import { useEndpoints } from '../subscriptions/endpoints.ts';
import { Endpoints } from './endpoints.tsx';
import { Failures } from './failures.tsx';
import { Figures } from './figures.tsx';
import { OpenTable } from './open.tsx';
import { useOverview } from './overview.ts';
import { Verdict } from './verdict.tsx';

const EVERY_MS = 10_000;

/** Is it ticking, what is running, what failed and why, which endpoint does not answer. */
export function NowPage() {
  const healthFetched = useFetched(health, '/health', HEALTH_EVERY_MS);
  const overview = useOverview();
  const subscribed = useFetched(subscriptions, '/subscriptions', EVERY_MS);
  const endpoints = useEndpoints(subscribed.data?.subscriptions ?? []);
  const forbidden = overview.failure?.kind === 'forbidden' ? overview.failure : null;
  const failure = forbidden === null ? (overview.failure ?? subscribed.failure) : null;
  return (
    <div class="page">
      <Title isUnseen>Now</Title>
      <Verdict fetched={healthFetched} overview={overview.data} subscriptions={subscribed.data?.subscriptions ?? []} />
      {failure === null || overview.data === null ? null : <Stale failure={failure} retry={overview.reload} />}
      <Figures
        health={healthFetched.data}
        overview={overview.data}
        endpoints={endpoints}
        subscriptions={subscribed.data}
      />
      {forbidden === null ? (
        <div class="columns">
          <div>
            <OpenTable fetched={overview} />
            <Endpoints fetched={subscribed} facts={endpoints} />
          </div>
          <Failures fetched={overview} />
        </div>
      ) : (
        <Trouble failure={forbidden} />
      )}
    </div>
  );
}
