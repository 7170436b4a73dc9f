import type { Overview } from '../../client/responses.ts';
import type { Fetched } from '../data/fetched.ts';
import { count } from '../data/format.ts';
import { troubleOf } from '../data/job-text.ts';
import { BAD_PHASES } from '../data/phases.ts';
import { hrefOf } from '../data/place.ts';
import { PhaseMark } from '../parts/phase.tsx';
import { Empty, Shown } from '../parts/states.tsx';
import { SubmitLink } from '../parts/submit-link.tsx';
import { When } from '../parts/time.tsx';
import { badOf, totalOf } from './overview.ts';

/** What ended badly, and why, of the jobs of the last 24 hours. */
export function Failures({ fetched }: { readonly fetched: Fetched<Overview> }) {
  return (
    <section aria-labelledby="failed-title">
      <h2 id="failed-title">Failed recently</h2>
      <Shown fetched={fetched} what="the jobs of the last 24 hours">
        {(overview) => <List overview={overview} />}
      </Shown>
    </section>
  );
}

function List({ overview }: { readonly overview: Overview }) {
  const { recent, endedBadly } = overview;
  const total = totalOf(recent);
  const bad = badOf(overview);
  if (total === 0) {
    return (
      <Empty title="No job was submitted in the last 24 hours">
        <SubmitLink text="Submit one" />
      </Empty>
    );
  }
  const jobs = `${count(total)}${recent.isWhole ? '' : '+'} ${total === 1 ? 'job' : 'jobs'} of the last 24 hours`;
  // A count that was cut off says nothing about the rest.
  if (bad === 0) return <Empty title={recent.isWhole ? `None of ${jobs} failed` : `Not all of ${jobs} are read`} />;
  return (
    <>
      <ul class="failures">
        {endedBadly.map((job) => (
          <li key={job.id}>
            <div class="line">
              <PhaseMark phase={job.phase} />
              <a href={hrefOf(['jobs', job.id])} class="mono cut">
                {job.jobId}
              </a>
              <span class="dim end">
                <When at={job.endedAt} />
              </span>
            </div>
            <div class="why">{troubleOf(job) ?? 'The vendor gave no reason.'}</div>
            <div class="dim">
              {job.api} · {job.account} · {job.region}
              {job.detail.operation === null ? '' : ` · ${job.detail.operation}`}
            </div>
          </li>
        ))}
      </ul>
      <p class="dim">
        {count(bad)}
        {recent.isWhole ? '' : '+'} of {jobs}
        {bad > endedBadly.length ? `, the newest ${endedBadly.length} shown` : ''}.{' '}
        <a href={hrefOf(['jobs'], { phase: [...BAD_PHASES].join(','), since: overview.since })}>All failed jobs</a>
      </p>
    </>
  );
}
