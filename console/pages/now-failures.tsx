import type { Job } from '../../client/responses.ts';
import type { Fetched } from '../data/fetched.ts';
import { troubleOf } from '../data/job-text.ts';
import { BAD_PHASES } from '../data/phases.ts';
import { hrefOf } from '../data/place.ts';
import { PhaseMark } from '../parts/phase.tsx';
import { Empty, Shown } from '../parts/states.tsx';
import { SubmitLink } from '../parts/submit-link.tsx';
import { When } from '../parts/time.tsx';

const SHOWN_MAX = 12;

/** What ended badly, and why, among the newest jobs. */
export function Failures({ fetched }: { readonly fetched: Fetched<{ jobs: Job[] }> }) {
  return (
    <section aria-labelledby="failed-title">
      <h2 id="failed-title">Ended badly</h2>
      <Shown fetched={fetched} what="the newest jobs">
        {({ jobs }) => <List jobs={jobs} />}
      </Shown>
    </section>
  );
}

function List({ jobs }: { readonly jobs: readonly Job[] }) {
  const bad = jobs
    .filter(({ phase }) => BAD_PHASES.has(phase))
    .sort((a, b) => ((a.endedAt ?? '') < (b.endedAt ?? '') ? 1 : -1));
  if (jobs.length === 0) {
    return (
      <Empty title="No job was ever submitted">
        <SubmitLink text="Submit the first" />
      </Empty>
    );
  }
  if (bad.length === 0) return <Empty title={`None of the newest ${jobs.length} jobs ended badly`} />;
  return (
    <>
      <ul class="failures">
        {bad.slice(0, SHOWN_MAX).map((job) => (
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
        {bad.length} of the newest {jobs.length} jobs. All: <a href="#/jobs?phase=failed">failed</a>,{' '}
        <a href="#/jobs?phase=rollback_failed">rollback failed</a>, <a href="#/jobs?phase=timed_out">timed out</a>,{' '}
        <a href="#/jobs?phase=lost">lost</a>
      </p>
    </>
  );
}
