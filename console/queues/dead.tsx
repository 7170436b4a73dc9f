import { useState } from 'preact/hooks';
import { placeOf } from '../../client/input.ts';
import { type Delivery, deliveries as deliveriesShape, subscriptions } from '../../client/responses.ts';
import { REDRIVE_COMMANDS } from '../data/commands.ts';
import { useFetched } from '../data/fetched.ts';
import { count } from '../data/format.ts';
import { hrefOf } from '../data/place.ts';
import { Line } from '../parts/commands.tsx';
import { Shown } from '../parts/states.tsx';
import { When } from '../parts/time.tsx';
import { Redeliver } from '../subscription/redeliver.tsx';
import { byTrouble } from '../subscriptions/endpoint.tsx';
import { ENDPOINTS_MAX } from '../subscriptions/endpoints.ts';
import { Section } from './section.tsx';

const EVERY_MS = 30_000;
const SHOWN_MAX = 10;
const SAID_MAX = 200;
/** Messages lie in the queue for 14 days, and the attempts before took three. */
const LIE_MS = 17 * 24 * 3_600_000;
/** The list of what is sent to workflows, which is no subscription's. */
const CALLBACKS = 'callbacks';

interface DeadProps {
  /** Messages in the queue; null: not known. */
  readonly total: number | null;
  readonly isMeant: boolean;
}

/** Deliveries of which every attempt failed, by webhook, each with the last answer: the queue holds their names alone. */
export function DeadDeliveries({ total, isMeant }: DeadProps) {
  const isAny = total !== 0;
  return (
    <Section part="dead" title="Dead deliveries" total={total} isMeant={isMeant}>
      {isAny ? (
        <>
          <Deliveries />
          <p class="dim">
            Fix the endpoint, then redeliver here or on the webhook’s page: the message leaves the queue within five
            minutes. Or, with AWS credentials, put all of them back; the first command changes nothing.
          </p>
          <Line text={REDRIVE_COMMANDS.listDead} name="command that lists dead deliveries" />
          <Line text={REDRIVE_COMMANDS.dead} name="command that puts dead deliveries back" />
        </>
      ) : (
        <p class="dim">None: whatever is sent arrives, or has attempts left.</p>
      )}
    </Section>
  );
}

function Deliveries() {
  const fetched = useFetched(subscriptions, '/subscriptions', EVERY_MS);
  return (
    <Shown fetched={fetched} what="the webhooks">
      {({ subscriptions: all }) => (
        <>
          <div class="scroll-x">
            <table class="stacking dead">
              <thead>
                <tr>
                  <th scope="col">Job</th>
                  <th scope="col">Event</th>
                  <th scope="col">Given up</th>
                  <th scope="col">Last answer</th>
                  <th scope="col">
                    <span class="unseen">Action</span>
                  </th>
                </tr>
              </thead>
              {[...all]
                .sort(byTrouble)
                .slice(0, ENDPOINTS_MAX)
                .map((subscription) => (
                  <OfTarget key={subscription.id} id={subscription.id} name={placeOf(subscription)} />
                ))}
              <OfTarget id={CALLBACKS} name="Workflows that wait for jobs" />
            </table>
          </div>
          {all.length > ENDPOINTS_MAX ? (
            <p class="dim">
              Of {count(all.length)} webhooks {ENDPOINTS_MAX} are looked at, those in trouble first.
            </p>
          ) : null}
        </>
      )}
    </Shown>
  );
}

/** The deliveries of one webhook; nothing where none is dead. */
function OfTarget({ id, name }: { readonly id: string; readonly name: string }) {
  const [since] = useState(() => new Date(Date.now() - LIE_MS).toISOString());
  const path = `/subscriptions/${id}`;
  const list = `${path}/deliveries?state=exhausted&since=${encodeURIComponent(since)}&limit=${SHOWN_MAX}`;
  const { data, reload } = useFetched(deliveriesShape, list, EVERY_MS);
  if (data === null || (data.deliveries.length === 0 && data.nextCursor === undefined)) return null;
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" colSpan={5} class="target">
          {id === CALLBACKS ? (
            name
          ) : (
            <a href={hrefOf(['subscriptions', id], { state: 'exhausted' })} class="mono">
              {name}
            </a>
          )}
          {data.nextCursor === undefined ? null : (
            <span class="dim">
              {data.deliveries.length === 0 ? 'none among the newest 500 deliveries' : `the newest ${SHOWN_MAX}`}
            </span>
          )}
        </th>
      </tr>
      {data.deliveries.map((delivery) => (
        <Row key={delivery.eventId} id={id} path={path} delivery={delivery} reload={reload} />
      ))}
    </tbody>
  );
}

interface RowProps {
  readonly id: string;
  readonly path: string;
  readonly delivery: Delivery;
  readonly reload: () => void;
}

function Row({ id, path, delivery, reload }: RowProps) {
  const { eventId, eventType, job, endedAt } = delivery;
  return (
    <tr>
      <td class="about-job">
        {job ? (
          <a href={hrefOf(['jobs', job.id])} class="mono id">
            {job.jobId}
          </a>
        ) : (
          <span class="dim">none</span>
        )}
      </td>
      <th scope="row">
        <a href={hrefOf(['subscriptions', id, 'deliveries', eventId])}>{eventType.replace(/^jobwatch\./, '')}</a>
      </th>
      <td class="when">
        <When at={endedAt} />
      </td>
      <td class="why">
        {whyOf(delivery)}
        <Said answer={delivery.attempts[0]?.answer ?? ''} />
      </td>
      <td class="end">
        <Redeliver path={path} eventId={eventId} onDone={reload} />
      </td>
    </tr>
  );
}

/** The beginning of what the endpoint wrote; the delivery's page has it whole. */
function Said({ answer }: { readonly answer: string }) {
  if (answer === '') return null;
  return <div class="dim">{answer.length > SAID_MAX ? `${answer.slice(0, SAID_MAX)}…` : answer}</div>;
}

/** What the endpoint answered last, or why there was no attempt. */
function whyOf({ reason, attempts: [last] }: Delivery): string {
  return last?.error ?? reason ?? 'no attempt is known';
}
