import { useRef } from 'preact/hooks';
import type { Job } from '../../client/responses.ts';
import { count } from '../data/format.ts';
import { useNow } from '../data/now.ts';
import { Empty, Loading, Stale, Trouble } from '../parts/states.tsx';
import { SubmitLink } from '../parts/submit-link.tsx';
import { Title } from '../parts/title.tsx';
import { FilterBar } from './filter-bar.tsx';
import { apiQuery, type Filters, filtersOf, fitsFilters, isFiltered } from './filters.ts';
import { type JobsList, ROWS_MAX, useJobsList } from './list.ts';
import { useOpenJobs } from './open-jobs.ts';
import { compareJobs } from './rows.ts';
import { JobsTable } from './table.tsx';

/** All jobs, newest first, as they change. */
export function JobsPage({ query }: { readonly query: URLSearchParams }) {
  const filters = filtersOf(query);
  return (
    <div class="page wide">
      <div class="heading">
        <Title>Jobs</Title>
        <SubmitLink text="Submit a job" isButton />
      </div>
      <FilterBar filters={filters} />
      {filters.phase === 'open' ? <OpenRows filters={filters} /> : <ListedRows filters={filters} />}
    </div>
  );
}

function ListedRows({ filters }: { readonly filters: Filters }) {
  const inSight = useRef<readonly Job[]>([]);
  const list = useJobsList(apiQuery(filters), filters.phase === '' ? undefined : filters.phase, () => inSight.current);
  const { rows, failure, reload } = list;
  if (rows === null) return failure === null ? <Loading what="jobs" /> : <Trouble failure={failure} retry={reload} />;
  if (rows.length === 0 && !list.hasMore) return <NoJobs filters={filters} />;
  return (
    <>
      {failure === null ? null : <Stale failure={failure} retry={reload} />}
      <JobsTable rows={rows} onSight={(jobs) => (inSight.current = jobs)} onEnd={() => list.loadMore()} />
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
      {list.hasMore
        ? ' so far; older ones load as you go down'
        : rows >= ROWS_MAX
          ? ': as many as this page holds'
          : ''}
      {list.hasMore ? (
        <button type="button" class="plain" disabled={list.isLoading} onClick={() => list.loadMore(ROWS_MAX / 100)}>
          {list.isLoading ? 'Loading …' : `Load all, up to ${count(ROWS_MAX)}`}
        </button>
      ) : null}
    </p>
  );
}

function OpenRows({ filters }: { readonly filters: Filters }) {
  const { data, failure } = useOpenJobs(useNow());
  if (data === null) return failure === null ? <Loading what="open jobs" /> : <Trouble failure={failure} />;
  const rows = data.jobs.filter((job) => fitsFilters(job, filters)).sort(compareJobs);
  if (rows.length === 0) return <NoJobs filters={filters} />;
  return (
    <>
      <JobsTable rows={rows} />
      <p class="reach" role="status">
        <span class="num">{count(rows.length)}</span> open {rows.length === 1 ? 'job' : 'jobs'}
        {data.cut.size === 0 ? '' : ', the newest 100 of each phase: choose one phase to see all of it'}
      </p>
    </>
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
      Deployers put them on the pending queue. <SubmitLink text="Submit one here" />
    </Empty>
  );
}
