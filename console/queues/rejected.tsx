import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type Rejected, rejected as rejectedShape } from '../../client/responses.ts';
import { REDRIVE_COMMANDS } from '../data/commands.ts';
import { count } from '../data/format.ts';
import { type Failure, read } from '../data/requests.ts';
import { Line } from '../parts/commands.tsx';
import { Code } from '../parts/copy.tsx';
import { Loading, Trouble } from '../parts/states.tsx';
import { When } from '../parts/time.tsx';
import { Section } from './section.tsx';

interface Reading {
  readonly rejected: Rejected | null;
  readonly at: string | null;
  readonly failure: Failure | null;
  readonly isUnderWay: boolean;
}

const NOTHING_READ: Reading = { rejected: null, at: null, failure: null, isUnderWay: false };

interface RejectedProps {
  /** Messages in the queue; null: not known. */
  readonly total: number | null;
  readonly isMeant: boolean;
}

/** Why messages were rejected. Each reading takes hold of them for a moment: it is made once, and then when asked for. */
export function RejectedMessages({ total, isMeant }: RejectedProps) {
  const [reading, setReading] = useState(NOTHING_READ);
  const isBegun = useRef(false);
  const readNow = useCallback(async () => {
    isBegun.current = true;
    setReading((before) => ({ ...before, isUnderWay: true }));
    const answer = await read(rejectedShape, '/queues/rejected');
    setReading((before) =>
      answer.ok
        ? { rejected: answer.value, at: new Date().toISOString(), failure: null, isUnderWay: false }
        : { ...before, failure: answer.failure, isUnderWay: false },
    );
  }, []);
  const isAny = total !== 0;
  useEffect(() => {
    if (isAny && !isBegun.current) void readNow();
  }, [isAny]);
  return (
    <Section part="rejected" title="Rejected messages" total={total} isMeant={isMeant}>
      {isAny ? (
        <>
          <Found reading={reading} />
          {reading.isUnderWay && reading.rejected === null ? null : (
            <p>
              <button type="button" disabled={reading.isUnderWay} onClick={() => void readNow()}>
                {reading.isUnderWay ? 'Reading …' : 'Read again'}
              </button>
            </p>
          )}
          <p class="dim">
            A message that its sender has to fix: let it send a new one. One that jobwatch can take by now: put it back,
            with AWS credentials. The first command changes nothing, the second begins with one.
          </p>
          <Line text={REDRIVE_COMMANDS.listRejected} name="command that lists rejected messages" />
          <Line text={REDRIVE_COMMANDS.oneRejected} name="command that puts one rejected message back" />
          <Line text={REDRIVE_COMMANDS.rejected} name="command that puts all rejected messages back" />
        </>
      ) : (
        <p class="dim">None: every message was understood.</p>
      )}
    </Section>
  );
}

function Found({ reading: { rejected, at, failure } }: { readonly reading: Reading }) {
  if (rejected === null) return failure === null ? <Loading what="the reasons" /> : <Trouble failure={failure} />;
  const { messages, total, isWhole } = rejected;
  return (
    <>
      {failure === null ? null : <Trouble failure={failure} />}
      <p class="dim">
        Read <When at={at} />. {isWhole ? '' : `The newest ${count(messages.length)} of about ${count(total)}. `}
        {isWhole && messages.length === 0 ? 'None was found. ' : ''}
        Bodies are not shown: one may hold the secret that it was rejected for.
      </p>
      {messages.length === 0 ? null : <Messages messages={messages} />}
    </>
  );
}

function Messages({ messages }: Pick<Rejected, 'messages'>) {
  return (
    <div class="scroll-x">
      <table class="stacking rejected">
        <thead>
          <tr>
            <th scope="col">Rejected</th>
            <th scope="col">Reason</th>
            <th scope="col">Message</th>
            <th scope="col" class="number" title="From this queue, by whoever looked at it">
              Received
            </th>
          </tr>
        </thead>
        <tbody>
          {messages.map(({ id, rejectedAt, reason, receives }) => (
            <tr key={id}>
              <td class="when">
                <When at={rejectedAt} />
              </td>
              <th scope="row" class="why">
                {reason ?? <span class="dim">none was given</span>}
              </th>
              <td>
                <Code text={id} name={`the id ${id}`} />
              </td>
              <td class="number">{count(receives)}×</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
