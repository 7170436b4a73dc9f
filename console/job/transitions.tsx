import { useEffect, useState } from 'preact/hooks';
import { placeOf } from '../../client/input.ts';
import { errorText, isOpen, workflowOf } from '../../client/job.ts';
import { type Job, type JobDelivery, jobDeliveries, subscriptions, type Transition } from '../../client/responses.ts';
import { useFetched } from '../data/fetched.ts';
import { duration } from '../data/format.ts';
import { hrefOf } from '../data/place.ts';
import { DeliveryMark, PhaseMark } from '../parts/phase.tsx';
import { Stale } from '../parts/states.tsx';
import { ClockTime, Due } from '../parts/time.tsx';

/** While something is on its way, and when all has arrived. */
const SOON_MS = 2000;
const LATER_MS = 10_000;
const SUBSCRIPTIONS_EVERY_MS = 60_000;
/** The API finds the deliveries of so many transitions, the newest. */
const LOOKED_AT = 20;

/** Every change, and what was sent of it to whom. */
export function Transitions({ job }: { readonly job: Job }) {
  const [isUnderWay, setUnderWay] = useState(true);
  const fetched = useFetched(jobDeliveries, `/jobs/${job.id}/deliveries`, isUnderWay ? SOON_MS : LATER_MS);
  const subscribed = useFetched(subscriptions, '/subscriptions', SUBSCRIPTIONS_EVERY_MS);
  const urls = new Map(subscribed.data?.subscriptions.map((one) => [one.id, placeOf(one)]));
  const found = fetched.data?.deliveries ?? [];
  const newest = job.history.toReversed();
  const isUnpublished = job.notifiedSeq < job.seq;
  useEffect(
    () => setUnderWay(isUnpublished || isOpen(job) || found.some(({ state }) => state === 'waiting')),
    [job, fetched.data],
  );
  useEffect(() => fetched.reload(), [job.notifiedSeq]);
  return (
    <section aria-labelledby="transitions-title">
      <h2 id="transitions-title">Transitions and their deliveries</h2>
      {fetched.failure === null ? null : <Stale failure={fetched.failure} retry={fetched.reload} />}
      {newest.length === 0 ? <p class="dim">None yet: the vendor has not said anything about the job.</p> : null}
      <ol class="transitions">
        {newest.map((entry, index) => (
          <li key={entry.seq}>
            <TransitionLine
              entry={entry}
              before={newest[index + 1]?.at ?? job.submittedAt}
              after={newest[index + 1] === undefined ? 'the submission' : 'the one before'}
            />
            <TransitionDeliveries
              isKnown={fetched.data !== null && index < LOOKED_AT}
              isUnpublished={entry.seq > job.notifiedSeq}
              deliveries={found.filter(({ seq }) => seq === entry.seq)}
              nameOf={({ subscription, eventId }) => workflowOf(job, eventId) ?? urls.get(subscription) ?? subscription}
            />
          </li>
        ))}
      </ol>
      {job.droppedTransitions > 0 ? (
        <p class="dim">{job.droppedTransitions} transitions in between are no longer kept.</p>
      ) : null}
    </section>
  );
}

interface TransitionLineProps {
  readonly entry: Transition;
  readonly before: string;
  /** What `before` is. */
  readonly after: string;
}

function TransitionLine({ entry, before, after }: TransitionLineProps) {
  const error = errorText(entry.error);
  return (
    <div class="transition">
      <span class="seq num dim">{entry.seq}</span>
      <ClockTime at={entry.at} />
      <PhaseMark phase={entry.phase} />
      <span>
        {entry.kind === 'changed'
          ? (entry.vendorStatus ?? '')
          : `${entry.kind.replaceAll('_', ' ')}: ${entry.vendorStatus ?? ''}`}
      </span>
      {entry.by === undefined ? null : (
        <span>
          {entry.phase === 'stopped' ? 'stopped' : 'watched again'} by <strong>{entry.by}</strong>
        </span>
      )}
      <span class="dim num">
        {duration(Math.max(0, Date.parse(entry.at) - Date.parse(before)))} after {after}
      </span>
      {error === null ? null : <span class="why">{error}</span>}
    </div>
  );
}

interface TransitionDeliveriesProps {
  readonly isKnown: boolean;
  readonly isUnpublished: boolean;
  readonly deliveries: readonly JobDelivery[];
  readonly nameOf: (delivery: JobDelivery) => string;
}

function TransitionDeliveries({ isKnown, isUnpublished, deliveries, nameOf }: TransitionDeliveriesProps) {
  if (isUnpublished) return <p class="deliveries dim">not sent yet</p>;
  if (!isKnown) return null;
  if (deliveries.length === 0) return <p class="deliveries dim">no subscription matches it</p>;
  return (
    <ul class="deliveries">
      {deliveries.map((delivery) => {
        const { subscription, eventId, state, attemptCount, nextAttemptAt, reason } = delivery;
        return (
          <li key={`${subscription}/${eventId}`}>
            <DeliveryMark state={state} />
            <a class="mono cut" href={hrefOf(['subscriptions', subscription, 'deliveries', eventId])}>
              {nameOf(delivery)}
            </a>
            <span class="dim">
              {attemptCount} {attemptCount === 1 ? 'attempt' : 'attempts'}
              {nextAttemptAt === null ? null : (
                <>
                  , next <Due at={nextAttemptAt} />
                </>
              )}
              {reason === null ? '' : `: ${reason}`}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
