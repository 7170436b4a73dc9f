import { isOpen } from '../../client/job.ts';
import type { Job } from '../../client/responses.ts';
import { troubleOf } from '../data/job-text.ts';
import { hrefOf } from '../data/place.ts';
import { PhaseMark } from '../parts/phase.tsx';
import { Elapsed, When } from '../parts/time.tsx';

interface JobRowProps {
  readonly job: Job;
  /** Its place in the list, from 0. */
  readonly index: number;
  readonly top: number;
  /** Tab stops here. */
  readonly isStop: boolean;
  readonly onFocus: () => void;
}

export function JobRow({ job, index, top, isStop, onFocus }: JobRowProps) {
  const trouble = troubleOf(job);
  const pairs = Object.entries(job.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return (
    <div role="row" class="job-row" aria-rowindex={index + 2} data-row={index} style={{ top: `${top}px` }}>
      <div role="cell">
        <PhaseMark phase={job.phase} />
      </div>
      <div role="cell" class="mono cut">
        <a href={hrefOf(['jobs', job.id])} tabIndex={isStop ? 0 : -1} onFocus={onFocus} title={job.jobId}>
          {job.jobId}
        </a>
      </div>
      <div role="cell" class="cut">
        {job.api}
        {job.detail.operation === null ? null : <span class="dim"> {job.detail.operation}</span>}
      </div>
      <div role="cell" class="cut">
        {job.account}
        <span class="dim"> {job.region}</span>
      </div>
      <div role="cell" class="cut" title={pairs.map(([key, value]) => `${key}=${value}`).join('\n')}>
        {pairs.map(([, value]) => value).join(', ')}
      </div>
      <div role="cell" class="number">
        <Elapsed from={job.submittedAt} to={job.endedAt} />
      </div>
      <div role="cell" class="number">
        {isOpen(job) ? <When at={job.expectedEndAt} /> : <span class="dim">–</span>}
      </div>
      <div role="cell" class={isOpen(job) ? 'cut dim' : 'cut'} title={trouble ?? undefined}>
        {trouble ?? ''}
      </div>
    </div>
  );
}
