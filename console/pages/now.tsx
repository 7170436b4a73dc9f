import { health, jobs, subscriptions } from '../../client/responses.ts';
import { useEndpoints } from '../data/endpoints.ts';
import { useFetched } from '../data/fetched.ts';
import { useNow } from '../data/now.ts';
import { useOpenJobs } from '../data/open-jobs.ts';
import { Stale, Trouble } from '../parts/states.tsx';
import { Title } from '../parts/title.tsx';
import { HEALTH_EVERY_MS } from '../parts/top-bar.tsx';
import { Endpoints } from './now-endpoints.tsx';
import { Failures } from './now-failures.tsx';
import { Figures } from './now-figures.tsx';
import { OpenTable } from './now-open.tsx';
import { Verdict } from './now-verdict.tsx';

const NEWEST = 100;
const EVERY_MS = 10_000;

/** Is it ticking, what is running, what failed and why, which endpoint does not answer. */
export function NowPage() {
  const nowMs = useNow();
  const healthFetched = useFetched(health, '/health', HEALTH_EVERY_MS);
  const newest = useFetched(jobs, `/jobs?limit=${NEWEST}`, EVERY_MS);
  const subscribed = useFetched(subscriptions, '/subscriptions', EVERY_MS);
  const open = useOpenJobs(nowMs);
  const endpoints = useEndpoints(subscribed.data?.subscriptions ?? []);
  const forbidden = newest.failure?.kind === 'forbidden' ? newest.failure : null;
  const failure = forbidden === null ? (newest.failure ?? subscribed.failure) : null;
  return (
    <div class="page">
      <Title isUnseen>Now</Title>
      <Verdict fetched={healthFetched} subscriptions={subscribed.data?.subscriptions ?? []} />
      {failure === null || newest.data === null ? null : <Stale failure={failure} retry={newest.reload} />}
      <Figures health={healthFetched.data} open={open.data} endpoints={endpoints} subscriptions={subscribed.data} />
      {forbidden === null ? (
        <div class="columns">
          <div>
            <OpenTable open={open.data} failure={open.failure} />
            <Endpoints fetched={subscribed} facts={endpoints} />
          </div>
          <Failures fetched={newest} />
        </div>
      ) : (
        <Trouble failure={forbidden} />
      )}
    </div>
  );
}
