import { useCallback, useEffect, useState } from 'preact/hooks';
import { errorText, isOpen } from '../../client/job.ts';
import {
  type Duration,
  durations as durationsShape,
  type Job,
  job as jobShape,
  submitted,
} from '../../client/responses.ts';
import { isWatchable, jobCommands, watchAgainMessage } from '../data/commands.ts';
import { useFetched } from '../data/fetched.ts';
import { duration } from '../data/format.ts';
import { troubleOf } from '../data/job-text.ts';
import { useNow } from '../data/now.ts';
import { type Answer, act } from '../data/requests.ts';
import { Action } from '../parts/action.tsx';
import { Commands } from '../parts/commands.tsx';
import { Code } from '../parts/copy.tsx';
import { PhaseMark } from '../parts/phase.tsx';
import { Raw } from '../parts/raw.tsx';
import { Shown } from '../parts/states.tsx';
import { Elapsed } from '../parts/time.tsx';
import { Title } from '../parts/title.tsx';
import { JobFacts } from './facts.tsx';
import { SubJobs } from './sub-jobs.tsx';
import { detectionOf, durationOf, timelineOf } from './timeline.ts';
import { TimelineChart } from './timeline-chart.tsx';
import { Transitions } from './transitions.tsx';

/** An open job, and one that has ended: it may be opened again. */
const OPEN_EVERY_MS = 2000;
const ENDED_EVERY_MS = 10_000;
const DURATIONS_EVERY_MS = 60_000;

/** Everything about one job. */
export function JobPage({ id }: { readonly id: string }) {
  const [isLive, setLive] = useState(true);
  const fetched = useFetched(jobShape, `/jobs/${encodeURIComponent(id)}`, isLive ? OPEN_EVERY_MS : ENDED_EVERY_MS);
  const { data } = fetched;
  useEffect(() => setLive(data === null || isOpen(data) || data.notifiedSeq < data.seq), [data]);
  return (
    <div class="page">
      <p class="crumbs">
        <a href="#/jobs">Jobs</a>
      </p>
      {fetched.data === null ? <Title isMono>{id}</Title> : null}
      <Shown fetched={fetched} what="the job">
        {(job) => <Whole job={job} reload={fetched.reload} />}
      </Shown>
    </div>
  );
}

function Whole({ job, reload }: { readonly job: Job; readonly reload: () => void }) {
  const stop = useCallback(() => act(jobShape, `/jobs/${job.id}/stop`), [job.id]);
  return (
    <>
      <div class="heading">
        <div>
          <Title isMono>{job.jobId}</Title>
          <p class="subtitle">
            <PhaseMark phase={job.phase} />
            <span>
              {isOpen(job) ? 'for' : 'after'} <Elapsed from={job.submittedAt} to={job.endedAt} />
            </span>
            <span>
              {job.api}
              {job.detail.operation === null ? '' : ` ${job.detail.operation}`}
            </span>
          </p>
        </div>
        {isOpen(job) ? (
          <Action
            label="Stop the watch"
            confirm="The vendor’s job goes on; jobwatch sends “stopped” and stops polling it."
            permission="jobs:write"
            run={stop}
            onDone={reload}
          />
        ) : null}
        {isWatchable(job) ? (
          <Action
            label="Watch again"
            confirm="It is polled for up to 24 hours more, and what it ends in then is sent as a new event."
            permission="jobs:write"
            run={() => watchAgain(job)}
            onDone={reload}
          />
        ) : null}
      </div>
      <Why job={job} />
      <TimelineSection job={job} />
      <JobFacts job={job} />
      <SubJobs subJobs={job.detail.subJobs} />
      <Transitions job={job} />
      <div class="panels">
        <Commands commands={jobCommands(location.origin, job)} />
        <Raw value={job} title="Raw record" />
      </div>
    </>
  );
}

/** The same message as before; one that was not taken says why. */
async function watchAgain(job: Job): Promise<Answer<unknown>> {
  const answer = await act(submitted, '/jobs', watchAgainMessage(job));
  const rejected = answer.ok ? answer.value.rejected[0] : undefined;
  if (rejected === undefined) return answer;
  return { ok: false, failure: { kind: 'refused', status: 202, detail: rejected.reason, errors: [] } };
}

/** The reason first: an error of the vendor, an end of our own, or what keeps the job waiting. */
function Why({ job }: { readonly job: Job }) {
  const trouble = troubleOf(job);
  if (trouble === null) return null;
  const isVendors = errorText(job.detail.error) !== null;
  return (
    <div class={`callout ${isOpen(job) ? 'wait' : job.phase === 'stopped' ? 'calm' : 'bad'}`}>
      <strong>{isVendors ? 'The vendor says' : isOpen(job) ? 'Why it waits' : 'Why it ended'}</strong>
      <span>{trouble}</span>
    </div>
  );
}

function TimelineSection({ job }: { readonly job: Job }) {
  const nowMs = useNow();
  const learnedPolled = useFetched(durationsShape, '/durations', DURATIONS_EVERY_MS);
  const learned = durationOf(job, learnedPolled.data?.durations ?? []);
  const timeline = timelineOf(job, learned, nowMs);
  return (
    <section aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      <Seen job={job} />
      <TimelineChart timeline={timeline} phase={job.phase} />
      <p class="dim">
        {learned === null
          ? 'How long such jobs take has not been learned yet.'
          : `Band: half of ${learned.count} jobs of ${kindOf(learned)} ended before p50, nine of ten before p90.`}
        {timeline.expectedMs === null ? '' : ' Dashed: the expected end.'}
      </p>
      <p class="ids">
        <span class="dim">id</span> <Code text={job.id} name="the id" />
      </p>
    </section>
  );
}

/** What jobwatch is for, in a number: how soon after the vendor's end it knew, and at what price. */
function Seen({ job }: { readonly job: Job }) {
  const detection = detectionOf(job);
  if (detection === null) return null;
  const { delayMs, polls } = detection;
  const price = `${polls} ${polls === 1 ? 'poll' : 'polls'}`;
  return (
    <p class="seen-line">
      {delayMs === null
        ? `Seen after ${price}; the vendor does not say when it ended.`
        : `Seen ${duration(delayMs)} after it ended, ${price}.`}
    </p>
  );
}

function kindOf({ api, operation }: Duration): string {
  return operation === null ? api : `${api} ${operation}`;
}
