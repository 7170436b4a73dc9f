import { type Attempt, type Delivery, deliveryWithRequest } from '../../client/responses.ts';
import { deliveryCommands } from '../data/commands.ts';
import { useFetched } from '../data/fetched.ts';
import { duration } from '../data/format.ts';
import { hrefOf } from '../data/place.ts';
import { Commands } from '../parts/commands.tsx';
import { Code } from '../parts/copy.tsx';
import { Facts } from '../parts/facts.tsx';
import { DeliveryMark, Mark } from '../parts/phase.tsx';
import { Block } from '../parts/raw.tsx';
import { Shown } from '../parts/states.tsx';
import { Due, Moment } from '../parts/time.tsx';
import { Title } from '../parts/title.tsx';
import { RequestSent, type SentRequest } from './delivery-request.tsx';
import { Redeliver } from './redeliver.tsx';

const EVERY_MS = 2000;
/** The list of what is sent to workflows, which is no subscription's. */
const CALLBACKS = 'callbacks';

/** One event on its way to one endpoint: every attempt, and what was sent. */
export function DeliveryPage({ id, eventId }: { readonly id: string; readonly eventId: string }) {
  const path = `/subscriptions/${encodeURIComponent(id)}`;
  const fetched = useFetched(deliveryWithRequest, `${path}/deliveries/${encodeURIComponent(eventId)}`, EVERY_MS);
  return (
    <div class="page">
      <p class="crumbs">
        <a href="#/subscriptions">Webhooks</a> /{' '}
        {id === CALLBACKS ? 'Callbacks' : <a href={hrefOf(['subscriptions', id])}>{fetched.data?.request.url ?? id}</a>}
      </p>
      {fetched.data === null ? <Title isMono>{eventId}</Title> : null}
      <Shown fetched={fetched} what="the delivery">
        {(delivery) => (
          <>
            <Head delivery={delivery} path={path} reload={fetched.reload} jobId={jobIdIn(delivery.request.body)} />
            <Attempts attempts={delivery.attempts} />
            <RequestSent request={delivery.request} attempts={delivery.attempts} />
            <div class="panels">
              <Commands commands={deliveryCommands(location.origin, id, eventId)} />
            </div>
          </>
        )}
      </Shown>
    </div>
  );
}

interface HeadProps {
  readonly delivery: Delivery & { readonly request: SentRequest };
  readonly path: string;
  readonly jobId: string | null;
  readonly reload: () => void;
}

function Head({ delivery, path, jobId, reload }: HeadProps) {
  const { eventId, eventType, state, reason, createdAt, nextAttemptAt, endedAt, attemptCount } = delivery;
  return (
    <>
      <div class="heading">
        <div>
          <Title>{eventType}</Title>
          <p class="subtitle">
            <DeliveryMark state={state} />
            <span>
              {attemptCount} {attemptCount === 1 ? 'attempt' : 'attempts'}
            </span>
          </p>
        </div>
        <Redeliver path={path} eventId={eventId} onDone={reload} />
      </div>
      {reason === null ? null : (
        <div class={state === 'delivered' ? 'callout calm' : 'callout bad'}>
          <strong>Why</strong>
          <span>{reason}</span>
        </div>
      )}
      <Facts
        facts={[
          ['Created', <Moment at={createdAt} />],
          nextAttemptAt === null ? null : ['Next attempt', <Due at={nextAttemptAt} />],
          endedAt === null ? null : ['Ended', <Moment at={endedAt} />],
          jobId === null
            ? null
            : [
                'Job',
                <a href={hrefOf(['jobs', jobId])} class="mono">
                  {jobId}
                </a>,
              ],
          ['Event id', <Code text={eventId} name="the event id" />],
        ]}
      />
    </>
  );
}

function Attempts({ attempts }: { readonly attempts: readonly Attempt[] }) {
  return (
    <section aria-labelledby="attempts-title">
      <h2 id="attempts-title">Attempts</h2>
      {attempts.length === 0 ? <p class="dim">None yet.</p> : null}
      <ol class="attempts">
        {attempts.map(({ number, at, status, durationMs, error, answer }) => (
          <li key={number}>
            <div class="transition">
              <span class="seq num dim">{number}</span>
              <Mark tone={error === null ? 'good' : 'bad'} shape={error === null ? 'succeeded' : 'failed'}>
                {error ?? `HTTP ${status}`}
              </Mark>
              <span class="num">{duration(durationMs)}</span>
              <Moment at={at} />
            </div>
            {answer === '' ? null : <Block text={answer} name={`the answer to attempt ${number}`} />}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The job that the event is about, if it is about one. */
function jobIdIn(body: string): string | null {
  return /"job":\{"id":"(job_[a-z2-7]{26})"/.exec(body)?.[1] ?? null;
}
