import type { ComponentChildren } from 'preact';
import type { History } from '../../client/responses.ts';
import { count, duration, spanText } from '../data/format.ts';
import { phaseWord } from '../data/phases.ts';
import { useAbsolute } from '../data/zone.ts';
import { DeliveryMark, deliveryToneOf, PhaseMark, toneOf } from '../parts/phase.tsx';
import { countTicks, secondsTicks } from './axis.ts';
import { Chart, Stack, Whisker } from './chart.tsx';
import {
  type Bucket,
  badPhasesOf,
  cutBuckets,
  type Delay,
  endPhasesOf,
  type Figures,
  jobsHref,
  pollsOf,
  statesOf,
  sumOf,
} from './series.ts';

/** `10:00 to 11:00: …`, in the zone that was chosen. */
function useTexts(): (bucket: Bucket, said: string) => string {
  const absolute = useAbsolute();
  return ({ from, to }, said) => `${spanText(absolute(from), absolute(to))}: ${said}`;
}

interface CountsProps {
  readonly history: History;
  readonly words: readonly string[];
  readonly of: (figures: Figures) => Readonly<Record<string, number>>;
  readonly toneOf: (word: string) => string;
  readonly since: string;
  readonly hrefOf: (bucket: Bucket) => string | null;
}

/** So many of each word, stacked. */
function Counts({ history, words, of, since, ...props }: CountsProps) {
  const say = useTexts();
  const { buckets, bucketSeconds } = history;
  const highest = Math.max(...buckets.map((bucket) => sumOf(of(bucket), words)));
  const said = (bucket: Bucket): string =>
    words
      .filter((word) => (of(bucket)[word] ?? 0) > 0)
      .map((word) => `${count(of(bucket)[word] ?? 0)} ${phaseWord(word)}`)
      .join(', ') || 'none';
  return (
    <Chart
      buckets={buckets}
      bucketSeconds={bucketSeconds}
      ticks={countTicks(highest)}
      tickText={count}
      cut={cutBuckets(history, since)}
      textOf={(bucket) => say(bucket, said(bucket))}
      hrefOf={props.hrefOf}
    >
      {(bucket, scale) => (
        <Stack
          parts={words.map((word) => ({ word, tone: props.toneOf(word), value: of(bucket)[word] ?? 0 }))}
          scale={scale}
        />
      )}
    </Chart>
  );
}

interface DelaysProps {
  readonly history: History;
  readonly of: (figures: Figures) => Delay;
  readonly since: string;
  readonly hrefOf: (bucket: Bucket) => string | null;
}

/** The p50 and the p95 of each bucket. */
function Delays({ history, of, since, hrefOf }: DelaysProps) {
  const say = useTexts();
  const { buckets, bucketSeconds } = history;
  const highest = Math.max(...buckets.map((bucket) => of(bucket)?.p95Seconds ?? 0));
  return (
    <Chart
      buckets={buckets}
      bucketSeconds={bucketSeconds}
      ticks={secondsTicks(highest)}
      tickText={(seconds) => (seconds === 0 ? '0' : duration(seconds * 1000))}
      cut={cutBuckets(history, since)}
      textOf={(bucket) => say(bucket, of(bucket) === null ? 'nothing measured' : delayText(of(bucket)))}
      hrefOf={hrefOf}
    >
      {(bucket, scale) => {
        const delay = of(bucket);
        return delay === null ? null : <Whisker low={delay.p50Seconds} high={delay.p95Seconds} scale={scale} />;
      }}
    </Chart>
  );
}

function delayText(delay: Delay): string {
  if (delay === null) return '–';
  return `p50 ${duration(delay.p50Seconds * 1000)}, p95 ${duration(delay.p95Seconds * 1000)}`;
}

/** All charts of a history, each with what it shows in one line: the same for who does not see it. */
export function Charts({ history }: { readonly history: History }) {
  const { total, jobs, deliveries } = history;
  const bad = badPhasesOf(total);
  return (
    <div class="history">
      <Card
        title="Ends"
        legend={endPhasesOf(total).map((phase) => [<PhaseMark phase={phase} />, total.ends[phase]])}
        absent={sumOf(total.ends) === 0 ? 'No job ended.' : null}
      >
        <Counts
          history={history}
          words={endPhasesOf(total)}
          of={({ ends }) => ends}
          toneOf={toneOf}
          since={jobs.since}
          hrefOf={(bucket) => (sumOf(bucket.ends) === 0 ? null : jobsHref(bucket))}
        />
      </Card>
      <Card
        title="Failures"
        legend={bad.map((phase) => [<PhaseMark phase={phase} />, total.ends[phase]])}
        absent={bad.length === 0 ? 'No job failed, timed out or was lost.' : null}
      >
        <Counts
          history={history}
          words={bad}
          of={({ ends }) => ends}
          toneOf={toneOf}
          since={jobs.since}
          hrefOf={(bucket) => (sumOf(bucket.ends, bad) === 0 ? null : jobsHref(bucket, bad))}
        />
      </Card>
      <DetectionCard history={history} />
      <PollsCard history={history} />
      <Card
        title="Deliveries"
        legend={statesOf(total).map((state) => [<DeliveryMark state={state} />, total.deliveries[state]])}
        absent={sumOf(total.deliveries) === 0 ? 'No event was sent to a webhook.' : null}
      >
        <Counts
          history={history}
          words={statesOf(total)}
          of={(figures) => figures.deliveries}
          toneOf={deliveryToneOf}
          since={deliveries.since}
          hrefOf={() => null}
        />
      </Card>
      <Card
        title="Delivery delay"
        about={`From when a delivery was made to the answer that took it: ${delayText(total.deliveryDelay)}.`}
        absent={total.deliveryDelay === null ? 'Nothing was delivered.' : null}
      >
        <Delays
          history={history}
          of={({ deliveryDelay }) => deliveryDelay}
          since={deliveries.since}
          hrefOf={() => null}
        />
      </Card>
    </div>
  );
}

function DetectionCard({ history }: { readonly history: History }) {
  const { total, jobs } = history;
  const known = total.detectionDelay;
  const all = sumOf(total.ends);
  const some = known !== null && known.count < all ? ` of the ${count(known.count)} whose vendor tells the time` : '';
  return (
    <Card
      title="Detection delay"
      about={`From the vendor’s end of a job to the poll that saw it: ${delayText(known)}${some}.`}
      absent={known === null ? 'Of no end the vendor told the time.' : null}
    >
      <Delays
        history={history}
        of={({ detectionDelay }) => detectionDelay}
        since={jobs.since}
        hrefOf={(bucket) => (bucket.detectionDelay === null ? null : jobsHref(bucket))}
      />
    </Card>
  );
}

function PollsCard({ history }: { readonly history: History }) {
  const say = useTexts();
  const { buckets, bucketSeconds, total, jobs } = history;
  const highest = Math.max(...buckets.map((bucket) => pollsOf(bucket) ?? 0));
  return (
    <Card
      title="Polls per job"
      about={`Until a job had ended, on average: ${pollsText(pollsOf(total))}.`}
      absent={pollsOf(total) === null ? 'No job ended.' : null}
    >
      <Chart
        buckets={buckets}
        bucketSeconds={bucketSeconds}
        ticks={countTicks(highest)}
        tickText={count}
        cut={cutBuckets(history, jobs.since)}
        textOf={(bucket) => say(bucket, `${pollsText(pollsOf(bucket))} polls`)}
        hrefOf={(bucket) => (sumOf(bucket.ends) === 0 ? null : jobsHref(bucket))}
      >
        {(bucket, scale) => (
          <Stack parts={[{ word: 'polls', tone: 'live', value: pollsOf(bucket) ?? 0 }]} scale={scale} />
        )}
      </Chart>
    </Card>
  );
}

export function pollsText(polls: number | null): string {
  return polls === null ? '–' : polls.toFixed(1);
}

interface CardProps {
  readonly title: string;
  readonly about?: string;
  readonly legend?: readonly (readonly [mark: ComponentChildren, number: number | undefined])[];
  /** Why there is nothing to draw; null: there is. */
  readonly absent?: string | null;
  readonly children: ComponentChildren;
}

function Card({ title, about, legend, absent = null, children }: CardProps) {
  const id = `history-${title.toLowerCase().replaceAll(' ', '-')}`;
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {absent !== null ? (
        <p class="dim">{absent}</p>
      ) : (
        <>
          {about === undefined ? null : <p class="dim">{about}</p>}
          {legend === undefined ? null : (
            <ul class="legend">
              {legend.map(([mark, number = 0], index) => (
                <li key={index}>
                  {mark} <span class="num">{count(number)}</span>
                </li>
              ))}
            </ul>
          )}
          {children}
        </>
      )}
    </section>
  );
}
