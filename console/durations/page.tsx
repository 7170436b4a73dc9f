import { type Duration, durations } from '../../client/responses.ts';
import { useFetched } from '../data/fetched.ts';
import { count, duration } from '../data/format.ts';
import { hrefOf } from '../data/place.ts';
import { Empty, Shown } from '../parts/states.tsx';
import { Title } from '../parts/title.tsx';
import { Histogram } from './histogram.tsx';

const EVERY_MS = 30_000;

/** What was learned about how long jobs take. */
export function DurationsPage() {
  const fetched = useFetched(durations, '/durations', EVERY_MS);
  return (
    <div class="page">
      <Title>Durations</Title>
      <p class="dim">From submission to end, learned from jobs that have ended.</p>
      <Shown fetched={fetched} what="durations">
        {({ durations: all }) =>
          all.length === 0 ? (
            <Empty title="Nothing was learned yet">It begins with the first job that ends.</Empty>
          ) : (
            <div class="durations">
              {[...all].sort(byName).map((learned) => (
                <Card key={`${learned.api} ${learned.operation}`} learned={learned} />
              ))}
            </div>
          )
        }
      </Shown>
    </div>
  );
}

/** Of fewer jobs quantiles and a histogram would say more than is known. */
const FEW = 5;

/** The bins that hold a job, as numbers: `4 s, 20 s`. */
function fewText({ histogram = [], count: jobs, p50Seconds }: Duration): string {
  const times = histogram
    .filter(({ share }) => share > 0)
    .map(({ fromSeconds, toSeconds }) =>
      duration(1000 * (fromSeconds > 0 ? Math.sqrt(fromSeconds * toSeconds) : toSeconds)),
    );
  const known = times.length === 0 || times.length > jobs ? [duration(p50Seconds * 1000)] : times;
  return `${jobs} ${jobs === 1 ? 'job' : 'jobs'}: about ${known.join(', ')}. Quantiles follow with the ${FEW}th.`;
}

/** Those of which something is known first. */
function byName(a: Duration, b: Duration): number {
  if (a.count < FEW !== b.count < FEW) return a.count < FEW ? 1 : -1;
  return `${a.api} ${a.operation}` < `${b.api} ${b.operation}` ? -1 : 1;
}

function Card({ learned }: { readonly learned: Duration }) {
  const { api, operation, p50Seconds, p90Seconds, p99Seconds } = learned;
  return (
    <section class="card" aria-label={`${api} ${operation ?? ''}`}>
      <div class="line">
        <h2>
          {api} <span class="soft-text">{operation ?? 'all operations'}</span>
        </h2>
        <a class="end num" href={hrefOf(['jobs'], { api, operation: operation ?? undefined })}>
          {count(learned.count)} {learned.count === 1 ? 'job' : 'jobs'}
        </a>
      </div>
      {learned.count < FEW ? (
        <p class="few">{fewText(learned)}</p>
      ) : (
        <>
          <dl class="quantiles">
            <Quantile name="p50" seconds={p50Seconds} />
            <Quantile name="p90" seconds={p90Seconds} />
            <Quantile name="p99" seconds={p99Seconds} />
          </dl>
          <Histogram learned={learned} />
        </>
      )}
    </section>
  );
}

function Quantile({ name, seconds }: { readonly name: string; readonly seconds: number | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="num">{seconds === undefined ? '–' : duration(seconds * 1000)}</dd>
    </div>
  );
}
