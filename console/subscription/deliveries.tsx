import { useState } from 'preact/hooks';
import { type Delivery, deliveries as deliveriesShape } from '../../client/responses.ts';
import { hrefOf } from '../data/place.ts';
import { type Failure, read } from '../data/requests.ts';
import { Chips } from '../parts/chips.tsx';
import { DeliveryMark } from '../parts/phase.tsx';
import { Empty, Trouble } from '../parts/states.tsx';
import { Due, When } from '../parts/time.tsx';
import { outcomesOf } from '../subscriptions/outcomes.ts';
import { Strip } from '../subscriptions/strip.tsx';
import { Redeliver } from './redeliver.tsx';

const ROWS_MAX = 1000;

interface DeliveriesProps {
  readonly id: string;
  readonly path: string;
  /** The newest, as they change. */
  readonly deliveries: readonly Delivery[];
  readonly cursor: string | undefined;
  /** No attempt is made before, whatever is due. */
  readonly openUntil: string | null;
  /** The filters, for the API. */
  readonly filter: string;
  readonly reload: () => void;
}

/** Deliveries, newest first; older ones on demand. */
export function DeliveriesTable({ id, path, deliveries, cursor, openUntil, filter, reload }: DeliveriesProps) {
  const [older, setOlder] = useState<{ rows: readonly Delivery[]; cursor: string | undefined } | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const known = new Set(deliveries.map(({ eventId }) => eventId));
  const rows = [...deliveries, ...(older?.rows ?? []).filter(({ eventId }) => !known.has(eventId))];
  const next = older === null ? cursor : older.cursor;
  async function more(from: string): Promise<void> {
    const page = await read(deliveriesShape, `${path}/deliveries?limit=50${filter}&cursor=${encodeURIComponent(from)}`);
    setFailure(page.ok ? null : page.failure);
    if (page.ok) setOlder({ rows: [...(older?.rows ?? []), ...page.value.deliveries], cursor: page.value.nextCursor });
  }
  if (rows.length === 0 && next === undefined) {
    if (filter !== '') return <Empty title="No delivery matches" />;
    return <Empty title="Nothing was sent yet">No matching event has occurred since it was created.</Empty>;
  }
  return (
    <>
      {rows.length === 0 ? <Empty title="No recent delivery matches" /> : null}
      <div class="scroll-x" hidden={rows.length === 0}>
        <table class="stacking">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Event</th>
              <th scope="col">Job</th>
              <th scope="col">Created</th>
              <th scope="col">Attempts</th>
              <th scope="col">Last answer</th>
              <th scope="col">
                <span class="unseen">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((delivery) => (
              <Row
                key={delivery.eventId}
                id={id}
                delivery={delivery}
                path={path}
                openUntil={openUntil}
                reload={reload}
              />
            ))}
          </tbody>
        </table>
      </div>
      {failure === null ? null : <Trouble failure={failure} />}
      {next === undefined || rows.length >= ROWS_MAX ? null : (
        <button type="button" onClick={() => void more(next)}>
          Show older deliveries
        </button>
      )}
    </>
  );
}

type RowProps = Pick<DeliveriesProps, 'id' | 'path' | 'openUntil' | 'reload'> & { readonly delivery: Delivery };

function Row({ id, path, delivery, openUntil, reload }: RowProps) {
  const { eventId, eventType, job, state, reason, createdAt, nextAttemptAt, attempts } = delivery;
  const [last] = attempts;
  return (
    <tr>
      <td>
        <DeliveryMark state={state} />
      </td>
      <th scope="row">
        <a href={hrefOf(['subscriptions', id, 'deliveries', eventId])}>{eventType.replace(/^jobwatch\./, '')}</a>
      </th>
      <td class="about-job">{job ? <AboutJob job={job} /> : <span class="dim">none</span>}</td>
      <td>
        <When at={createdAt} />
      </td>
      <td>
        <Strip outcomes={outcomesOf([delivery])} />
      </td>
      <td>
        {last === undefined ? <span class="dim">{reason ?? '–'}</span> : (last.error ?? `HTTP ${last.status}`)}
        {nextAttemptAt === null ? null : (
          <div class="dim">
            next attempt <Due at={openUntil !== null && openUntil > nextAttemptAt ? openUntil : nextAttemptAt} />
          </div>
        )}
      </td>
      <td class="end">{state === 'waiting' ? null : <Redeliver path={path} eventId={eventId} onDone={reload} />}</td>
    </tr>
  );
}

function AboutJob({ job: { id, jobId, labels } }: { readonly job: NonNullable<Delivery['job']> }) {
  return (
    <>
      <a href={hrefOf(['jobs', id])} class="mono id">
        {jobId}
      </a>
      <Chips labels={labels} />
    </>
  );
}
