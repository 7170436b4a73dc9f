import { type Health, health } from '../../client/responses.ts';
import { REDRIVE_COMMANDS } from '../data/commands.ts';
import { useFetched } from '../data/fetched.ts';
import { count } from '../data/format.ts';
import { hrefOf } from '../data/place.ts';
import { Line } from '../parts/commands.tsx';
import { Shown } from '../parts/states.tsx';
import { Moment } from '../parts/time.tsx';
import { Title } from '../parts/title.tsx';
import { HEALTH_EVERY_MS } from '../parts/top-bar.tsx';
import { DeadDeliveries } from './dead.tsx';

const QUEUES = [
  ['pending', 'Pending', 'Watch messages, one per open job. They are in flight until the job is due.'],
  ['deliveries', 'Deliveries', 'Events on their way to endpoints.'],
  ['rejected', 'Rejected', 'Invalid watch messages, unchanged, each with the reason.'],
  ['deadDeliveries', 'Dead deliveries', 'Deliveries whose attempts have all failed; a redelivery starts them again.'],
] as const;

/** What lies in the queues, what is denied, and how to get at it: the API gives numbers, the messages are SQS's. */
export function QueuesPage() {
  const fetched = useFetched(health, '/health', HEALTH_EVERY_MS);
  return (
    <div class="page">
      <Title>Queues and accounts</Title>
      <Shown fetched={fetched} what="the queues">
        {(now) => (
          <>
            <Depths queues={now.queues} />
            <Denied accounts={now.deniedAccounts} total={now.deniedAccountsTotal ?? null} />
          </>
        )}
      </Shown>
      <DeadDeliveries />
      <section aria-labelledby="inspect-title">
        <h2 id="inspect-title">Rejected messages: look, and put back</h2>
        <p class="dim">
          The reason lies with each message. With AWS credentials; the first command lists them and changes nothing.
        </p>
        <Line text={REDRIVE_COMMANDS.listRejected} name="command that lists rejected messages" />
        <Line text={REDRIVE_COMMANDS.rejected} name="command that puts one rejected message back" />
      </section>
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

interface DeniedProps {
  readonly accounts: Health['deniedAccounts'];
  readonly total: number | null;
}

function Denied({ accounts, total }: DeniedProps) {
  const others = (total ?? 0) - (accounts?.length ?? 0);
  return (
    <section aria-labelledby="denied-title">
      <h2 id="denied-title">Denied accounts</h2>
      {accounts === null ? <p class="dim">They can’t be read at the moment.</p> : null}
      {accounts?.length === 0 ? <p class="dim">None: every key is accepted.</p> : null}
      <ul>
        {accounts?.map(({ account, since }) => (
          <li key={account}>
            <a href={hrefOf(['jobs'], { open: '1', account })}>{account}</a> since <Moment at={since} />
          </li>
        ))}
      </ul>
      {others > 0 ? <p class="dim">And {others} more.</p> : null}
    </section>
  );
}
