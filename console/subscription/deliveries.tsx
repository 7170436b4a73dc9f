import { useState } from 'preact/hooks';
import { type Delivery, deliveries as deliveriesShape } from '../../client/responses.ts';
import { hrefOf } from '../data/place.ts';
import { type Failure, read } from '../data/requests.ts';
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
  readonly reload: () => void;
}

/** Deliveries, newest first; older ones on demand. */
export function DeliveriesTable({ id, path, deliveries, cursor, openUntil, reload }: DeliveriesProps) {
  const [older, setOlder] = useState<{ rows: readonly Delivery[]; cursor: string | undefined } | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const known = new Set(deliveries.map(({ eventId }) => eventId));
  const rows = [...deliveries, ...(older?.rows ?? []).filter(({ eventId }) => !known.has(eventId))];
  const next = older === null ? cursor : older.cursor;
  if (rows.length === 0)
    return <Empty title="Nothing was sent yet">No event that it wants has happened since it was made.</Empty>;
  async function more(from: string): Promise<void> {
    const page = await read(deliveriesShape, `${path}/deliveries?limit=50&cursor=${encodeURIComponent(from)}`);
    setFailure(page.ok ? null : page.failure);
    if (page.ok) setOlder({ rows: [...(older?.rows ?? []), ...page.value.deliveries], cursor: page.value.nextCursor });
  }
  return (
    <>
      <div class="scroll-x">
        <table class="stacking">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Event</th>
              <th scope="col">Made</th>
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
          Show older ones
        </button>
      )}
    </>
  );
}

type RowProps = Pick<DeliveriesProps, 'id' | 'path' | 'openUntil' | 'reload'> & { readonly delivery: Delivery };

function Row({ id, path, delivery, openUntil, reload }: RowProps) {
  const { eventId, eventType, state, reason, createdAt, nextAttemptAt, attempts } = delivery;
  const [last] = attempts;
  return (
    <tr>
      <td>
        <DeliveryMark state={state} />
      </td>
      <th scope="row">
        <a href={hrefOf(['subscriptions', id, 'deliveries', eventId])}>{eventType.replace(/^jobwatch\./, '')}</a>
        <div class="dim mono id">{eventId}</div>
      </th>
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
