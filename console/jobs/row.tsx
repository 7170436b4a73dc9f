import { isOpen } from '../../client/job.ts';
import type { Job } from '../../client/responses.ts';
import { duration } from '../data/format.ts';
import { troubleOf } from '../data/job-text.ts';
import { hrefOf } from '../data/place.ts';
import { Chips } from '../parts/chips.tsx';
import { PhaseMark } from '../parts/phase.tsx';
import { Elapsed, When } from '../parts/time.tsx';

type Query = Readonly<Record<string, string | readonly string[]>>;

interface JobRowProps {
  readonly job: Job;
  /** The filters of the table: a value in a row adds its own. */
  readonly query: Query;
  /** Its place in the list, from 0. */
  readonly index: number;
  readonly top: number;
  /** Tab stops here. */
  readonly isStop: boolean;
  readonly onFocus: () => void;
}

export function JobRow({ job, query, index, top, isStop, onFocus }: JobRowProps) {
  const trouble = troubleOf(job);
  const { operation } = job.detail;
  return (
    <div
      role="row"
      class={trouble === null ? 'job-row' : 'job-row has-why'}
      aria-rowindex={index + 2}
      data-row={index}
      style={{ top: `${top}px` }}
    >
      <div role="cell">
        <PhaseMark phase={job.phase} />
      </div>
      <div role="cell" class="mono cut">
        <a
          class="row-link"
          href={hrefOf(['jobs', job.id])}
          tabIndex={isStop ? 0 : -1}
          onFocus={onFocus}
          title={job.jobId}
        >
          {job.jobId}
        </a>
      </div>
      <div role="cell" class="cut">
        <Chips labels={job.labels} query={query} isQuiet />
      </div>
      <div role="cell" class="cut">
        <When at={job.submittedAt} />
      </div>
      <div role="cell" class="cut">
        <Elapsed from={job.submittedAt} to={job.endedAt} />
        {isOpen(job) ? <Expected job={job} /> : null}
      </div>
      <div role="cell" class="cut">
        <Add query={query} change={{ api: job.api }} text={job.api} />
        {operation === null ? null : <Add query={query} change={{ operation }} text={operation} isDim />}
      </div>
      <div role="cell" class="cut">
        <Add query={query} change={{ account: job.account }} text={job.account} />
        <Add query={query} change={{ region: job.region }} text={job.region} isDim />
      </div>
      <div role="cell" class={isOpen(job) ? 'cut dim' : 'cut'} title={trouble ?? undefined}>
        {trouble ?? ''}
      </div>
    </div>
  );
}

/** Of an open job: how long such jobs take. */
function Expected({ job: { submittedAt, expectedEndAt } }: { readonly job: Job }) {
  if (expectedEndAt === null || expectedEndAt === undefined) return null;
  return <span class="dim"> of about {duration(Date.parse(expectedEndAt) - Date.parse(submittedAt))}</span>;
}

interface AddProps {
  readonly query: Query;
  readonly change: Query;
  readonly text: string;
  readonly isDim?: boolean;
}

/** A value that filters when it is clicked. The keyboard has the fields above the table. */
function Add({ query, change, text, isDim = false }: AddProps) {
  return (
    <a
      class={isDim ? 'value dim' : 'value'}
      href={hrefOf(['jobs'], { ...query, ...change })}
      tabIndex={-1}
      title={`Only ${text}`}
    >
      {text}
    </a>
  );
}
