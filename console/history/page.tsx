import { useEffect, useState } from 'preact/hooks';
import { type History, history } from '../../client/responses.ts';
import { useFetched } from '../data/fetched.ts';
import { count } from '../data/format.ts';
import { hrefOf } from '../data/place.ts';
import { useAbsolute } from '../data/zone.ts';
import { Empty, Shown } from '../parts/states.tsx';
import { Title } from '../parts/title.tsx';
import { Charts } from './charts.tsx';
import { sumOf } from './series.ts';
import { HistoryTable } from './table.tsx';

const EVERY_MS = 60_000;
/** While the API has records left to read. */
const READING_EVERY_MS = 2000;

const RANGES = [
  ['24h', '24 hours'],
  ['7d', '7 days'],
] as const;

/** Ends, failures, how soon they were seen, and deliveries: over a day in hours, or over a week. */
export function HistoryPage({ query }: { readonly query: URLSearchParams }) {
  const [everyMs, setEveryMs] = useState(EVERY_MS);
  const [range, name] = RANGES.find(([word]) => word === query.get('range')) ?? RANGES[0];
  const fetched = useFetched(history, `/history?range=${range}`, everyMs);
  const unread = (fetched.data?.jobs.unread ?? 0) + (fetched.data?.deliveries.unread ?? 0);
  useEffect(() => setEveryMs(unread > 0 ? READING_EVERY_MS : EVERY_MS), [unread > 0]);
  return (
    <div class="page">
      <div class="heading">
        <Title>History</Title>
        <nav class="ranges" aria-label="Range">
          {RANGES.map(([word, text]) => (
            <a
              key={word}
              class="button"
              href={hrefOf(['history'], { range: word })}
              aria-current={word === range ? 'true' : undefined}
            >
              {text}
            </a>
          ))}
        </nav>
      </div>
      <Shown fetched={fetched} what="the history">
        {(data) => (
          <>
            <Reach history={data} unread={unread} />
            {sumOf(data.total.ends) + sumOf(data.total.deliveries) === 0 ? (
              <Nothing name={name} unread={unread} />
            ) : (
              <>
                <Charts history={data} />
                <HistoryTable history={data} />
              </>
            )}
          </>
        )}
      </Shown>
    </div>
  );
}

function Nothing({ name, unread }: { readonly name: string; readonly unread: number }) {
  if (unread > 0) return <Empty title="Nothing is counted yet" />;
  return (
    <Empty title={`No job ended in the last ${name}, and no event was sent`}>
      <a href="#/jobs">All jobs</a>
    </Empty>
  );
}

/** What is missing, if anything is: numbers that look whole and are not would mislead. */
function Reach({ history: { jobs, deliveries }, unread }: { readonly history: History; readonly unread: number }) {
  const absolute = useAbsolute();
  const cut = [
    [jobs, 'jobs that were created'],
    [deliveries, 'deliveries that were made'],
  ] as const;
  if (jobs.isWhole && deliveries.isWhole) return null;
  return (
    <div role="status">
      {unread === 0 ? null : <p class="dim">Still reading: {count(unread)} records are left, and not counted yet.</p>}
      {cut.map(([{ isWhole, since, unread: left }, what]) =>
        isWhole || left > 0 ? null : (
          <p class="dim" key={what}>
            There are more than this page reads: {what} before {absolute(since)} are not counted.
          </p>
        ),
      )}
    </div>
  );
}
