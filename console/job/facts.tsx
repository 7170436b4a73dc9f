import { callbackText, isOpen, nextPollOf } from '../../client/job.ts';
import type { Job } from '../../client/responses.ts';
import { useNow } from '../data/now.ts';
import { hrefOf } from '../data/place.ts';
import { type VendorPage, vendorPageOf } from '../data/vendor-console.ts';
import { Chips } from '../parts/chips.tsx';
import { Facts } from '../parts/facts.tsx';
import { Due, Moment, When } from '../parts/time.tsx';

/** What the record says, in three groups: where it belongs, when, and what the vendor tells. */
export function JobFacts({ job }: { readonly job: Job }) {
  return (
    <section class="fact-groups" aria-label="Details">
      <div>
        <h2>Job</h2>
        <Facts
          facts={[
            ['Vendor status', job.vendorStatus ?? <span class="dim">none yet</span>],
            ['Account', <a href={hrefOf(['jobs'], { account: job.account })}>{job.account}</a>],
            ['Region', <a href={hrefOf(['jobs'], { region: job.region })}>{job.region}</a>],
            job.projectId === null ? null : ['Project', <code>{job.projectId}</code>],
            [
              'Labels',
              Object.keys(job.labels).length === 0 ? <span class="dim">none</span> : <Chips labels={job.labels} />,
            ],
            job.group == null ? null : ['Group', <a href={hrefOf(['groups', job.group.id])}>{job.group.id}</a>],
            job.correlationId === null ? null : ['Correlation id', <code>{job.correlationId}</code>],
            job.callbacks?.length ? ['Callbacks', <Callbacks job={job} />] : null,
            ['Polled', <Polled job={job} />],
          ]}
        />
      </div>
      <div>
        <h2>Times</h2>
        <Facts
          facts={[
            ['Submitted', <Moment at={job.submittedAt} />],
            ['Last polled', <Moment at={job.lastPolledAt} absent="not yet" />],
            isOpen(job) ? ['Next poll', <NextPoll job={job} />] : null,
            isOpen(job) && job.waiting !== null
              ? ['Waits until', <WaitsUntil job={job} at={job.waiting.until} />]
              : null,
            isOpen(job) && job.expectedEndAt ? ['Expected end', <Moment at={job.expectedEndAt} />] : null,
            isOpen(job) ? ['Deadline', <Moment at={job.deadlineAt} />] : ['Ended', <Moment at={job.endedAt} />],
          ]}
        />
      </div>
      <div>
        <h2>Vendor</h2>
        <VendorFacts job={job} />
      </div>
    </section>
  );
}

/** Workflows that wait for the job, or did: what became of each is a delivery, once the job has ended. */
function Callbacks({ job: { callbacks = [], endedAt } }: { readonly job: Job }) {
  return (
    <>
      {callbacks.map((callback) => (
        <div key={callback.hash}>
          {endedAt === null ? (
            callbackText(callback)
          ) : (
            <a href={hrefOf(['subscriptions', 'callbacks', 'deliveries', callback.eventId])}>
              {callbackText(callback)}
            </a>
          )}
        </div>
      ))}
    </>
  );
}

function VendorFacts({ job }: { readonly job: Job }) {
  const { detail } = job;
  const page = vendorPageOf(job, APIS);
  const { operation, resourceId, resourceType, beganAt, endedAt, error, requestId } = detail;
  const resource = [resourceType, resourceId].filter((part) => part !== null).join(' ');
  return (
    <Facts
      facts={[
        ['Operation', operation ?? <span class="dim">not given</span>],
        resource === '' ? null : ['Resource', <code>{resource}</code>],
        page === null ? null : ['Vendor’s console', <VendorLink page={page} />],
        error?.code ? ['Error code', <code>{error.code}</code>] : null,
        error?.message ? ['Error message', error.message] : null,
        ['Began', <Moment at={beganAt} absent="not given" />],
        ['Ended', <Moment at={endedAt} absent="not given" />],
        requestId === null ? null : ['Request id', <code>{requestId}</code>],
      ]}
    />
  );
}

/** It leaves jobwatch: in a tab of its own, without a word of where it came from. */
function VendorLink({ page: { url, isResource } }: { readonly page: VendorPage }) {
  return (
    <a href={url} target="_blank" rel="noopener noreferrer">
      {isResource ? 'the resource' : 'the list'} at {new URL(url).host}
    </a>
  );
}

/** The record is not written while nothing changes: what it says of the next poll may be past long since. */
function NextPoll({ job }: { readonly job: Job }) {
  const { kind, atMs } = nextPollOf(job, useNow());
  const at = new Date(atMs).toISOString();
  if (kind !== 'within') return <Due at={at} />;
  return (
    <>
      <When at={at} /> <span class="dim">at the latest</span>
    </>
  );
}

function Polled({ job }: { readonly job: Job }) {
  const { kind } = nextPollOf(job, useNow());
  const isBehind = isOpen(job) && kind === 'within';
  const times = `${job.polls} ${job.polls === 1 ? 'time' : 'times'}`;
  return <>{isBehind ? `${times} or more` : times}</>;
}

/** It waits on after that time if nothing has changed: then the record is not written again. */
function WaitsUntil({ job, at }: { readonly job: Job; readonly at: string }) {
  return Date.parse(at) > useNow() ? <Moment at={at} /> : <NextPoll job={job} />;
}
