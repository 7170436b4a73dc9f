import { type Health, health } from '../../client/responses.ts';
import { useFetched } from '../data/fetched.ts';
import { count } from '../data/format.ts';
import { Shown } from '../parts/states.tsx';
import { Title } from '../parts/title.tsx';
import { HEALTH_EVERY_MS } from '../parts/top-bar.tsx';
import { DeadDeliveries } from './dead.tsx';
import { Denied } from './denied.tsx';
import { RejectedMessages } from './rejected.tsx';
import { totalOf } from './total.ts';

const QUEUES = [
  ['pending', 'Pending', 'Watch messages: the clocks of the open jobs. In flight is what sleeps until it is due.'],
  ['deliveries', 'Deliveries', 'Events on their way to endpoints.'],
  ['rejected', 'Rejected', 'Messages that could not be understood, whole, with the reason.'],
  ['deadDeliveries', 'Dead deliveries', 'Deliveries without an attempt left; a redelivery begins them anew.'],
] as const;

interface QueuesProps {
  readonly query: URLSearchParams;
}

/** What lies in the queues and what is denied, why, and what helps. */
export function QueuesPage({ query }: QueuesProps) {
  const fetched = useFetched(health, '/health', HEALTH_EVERY_MS);
  const meant = query.get('show');
  return (
    <div class="page">
      <Title>Queues and accounts</Title>
      <Shown fetched={fetched} what="the queues">
        {(now) => (
          <>
            <Depths queues={now.queues} />
            <Denied health={now} isMeant={meant === 'denied'} />
            <RejectedMessages total={totalOf(now, 'rejected')} isMeant={meant === 'rejected'} />
            <DeadDeliveries total={totalOf(now, 'deadDeliveries')} isMeant={meant === 'dead'} />
          </>
        )}
      </Shown>
    </div>
  );
}

function Depths({ queues }: { readonly queues: Health['queues'] }) {
  return (
    <div class="scroll-x">
      <table>
        <thead>
          <tr>
            <th scope="col">Queue</th>
            <th scope="col" class="number">
              Visible
            </th>
            <th scope="col" class="number">
              In flight
            </th>
            <th scope="col" class="number">
              Delayed
            </th>
          </tr>
        </thead>
        <tbody>
          {QUEUES.map(([name, title, about]) => {
            const depth = queues?.[name];
            return (
              <tr key={name}>
                <th scope="row">
                  {title}
                  <div class="dim about">{about}</div>
                </th>
                {[depth?.visible, depth?.inFlight, depth?.delayed].map((number, index) => (
                  <td class="number" key={index}>
                    {number === undefined ? '–' : count(number)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
