import { useRef } from 'preact/hooks';
import type { Job } from '../../client/responses.ts';
import { count } from '../data/format.ts';
import { useNow } from '../data/now.ts';
import type { Place } from '../data/place.ts';
import { Empty, Loading, Stale, Trouble } from '../parts/states.tsx';
import { SubmitLink } from '../parts/submit-link.tsx';
import { Title } from '../parts/title.tsx';
import { Export } from './export.tsx';
import { FilterBar } from './filter-bar.tsx';
import { apiQuery, type Filters, filtersOf, isFiltered, placeQuery } from './filters.ts';
import { type JobsList, ROWS_MAX, useJobsList } from './list.ts';
import { JobsTable } from './table.tsx';

/** All jobs, newest first, as they change. */
export function JobsPage({ place }: { readonly place: Place }) {
  const filters = filtersOf(place.query);
  return (
    <div class="page wide">
      <div class="heading">
        <Title>Jobs</Title>
        <SubmitLink text="Submit a job" isButton />
      </div>
      <FilterBar filters={filters} />
      <Rows filters={filters} place={place} />
    </div>
  );
}

function Rows({ filters, place }: { readonly filters: Filters; readonly place: Place }) {
  const inSight = useRef<readonly Job[]>([]);
  const query = apiQuery(filters, useNow());
  const wanted = { query, phases: filters.phases, visit: place.visit };
  const list = useJobsList(wanted, () => inSight.current);
  const { rows, failure, reload } = list;
  if (rows === null) return failure === null ? <Loading what="jobs" /> : <Trouble failure={failure} retry={reload} />;
  if (rows.length === 0 && !list.hasMore) return <NoJobs filters={filters} />;
  return (
    <>
      {failure === null ? null : <Stale failure={failure} retry={reload} />}
      <JobsTable
        key={`${place.visit} ${query}`}
        name={`${place.visit} ${query}`}
        rows={rows}
        query={placeQuery(filters)}
        onSight={(jobs) => (inSight.current = jobs)}
        onEnd={() => list.loadMore()}
      />
      <Reach list={list} />
    </>
  );
}

/** How far back the table reaches, and how to reach farther. */
function Reach({ list }: { readonly list: JobsList }) {
  const rows = list.rows?.length ?? 0;
  return (
    <p class="reach" role="status">
      <span class="num">{count(rows)}</span> {rows === 1 ? 'job' : 'jobs'}
      {list.hasMore ? ' so far; older ones load as you scroll' : rows >= ROWS_MAX ? ': as many as this page holds' : ''}
      {list.hasMore ? (
        <button type="button" class="plain" disabled={list.isLoading} onClick={() => list.loadMore(ROWS_MAX / 100)}>
          {list.isLoading ? 'Loading …' : `Load all, up to ${count(ROWS_MAX)}`}
        </button>
      ) : null}
      <Export rows={list.rows ?? []} />
    </p>
  );
}

function NoJobs({ filters }: { readonly filters: Filters }) {
  if (isFiltered(filters)) {
    return (
      <Empty title="No job matches">
        <a href="#/jobs">Show all jobs</a>
      </Empty>
    );
  }
  return (
    <Empty title="No job yet">
      Deployers send them to the pending queue. <SubmitLink text="Submit one here" />
    </Empty>
  );
}
