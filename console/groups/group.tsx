import { errorText } from '../../client/job.ts';
import { type Group, group as groupShape } from '../../client/responses.ts';
import { useFetched } from '../data/fetched.ts';
import { useNow } from '../data/now.ts';
import { phaseWord } from '../data/phases.ts';
import { hrefOf } from '../data/place.ts';
import { Facts, Labels } from '../parts/facts.tsx';
import { Mark, PhaseMark } from '../parts/phase.tsx';
import { Raw } from '../parts/raw.tsx';
import { Empty, Shown } from '../parts/states.tsx';
import { Elapsed, Moment } from '../parts/time.tsx';
import { Title } from '../parts/title.tsx';
import { lanesOf } from './lanes.ts';
import { LanesChart } from './lanes-chart.tsx';

const EVERY_MS = 3000;

/** A group: how far it is, and its members on one timeline. */
export function GroupPage({ id }: { readonly id: string }) {
  const fetched = useFetched(groupShape, `/groups/${encodeURIComponent(id)}`, EVERY_MS);
  return (
    <div class="page">
      <p class="crumbs">
        <a href="#/groups">Groups</a>
      </p>
      {fetched.data === null ? <Title isMono>{id}</Title> : null}
      <Shown fetched={fetched} what="the group">
        {(group) => <Whole group={group} />}
      </Shown>
    </div>
  );
}

function Whole({ group }: { readonly group: Group }) {
  return (
    <>
      <Title isMono>{group.id}</Title>
      <p class="subtitle">
        <OutcomeMark group={group} />
        <span>{phasesText(group)}</span>
        {group.submittedAt === null ? null : (
          <span>
            {group.endedAt === null ? 'for' : 'after'} <Elapsed from={group.submittedAt} to={group.endedAt} />
          </span>
        )}
      </p>
      <BadEnds group={group} />
      <Timeline group={group} />
      <section class="fact-groups" aria-label="Details">
        <div>
          <h2>Group</h2>
          <Facts
            facts={[
              ['Jobs', `${group.joined} of ${group.size} submitted`],
              ['Common labels', <Labels labels={group.labels} />],
            ]}
          />
        </div>
        <div>
          <h2>Times</h2>
          <Facts
            facts={[
              ['First submission', <Moment at={group.submittedAt} />],
              group.failingAt === null ? null : ['Failing', <Moment at={group.failingAt} />],
              group.outcome === null ? ['Expected end', <Moment at={group.expectedEndAt} absent="not known" />] : null,
              group.outcome === null
                ? ['Incomplete after', <Moment at={group.deadlineAt} />]
                : ['Ended', <Moment at={group.endedAt} />],
            ]}
          />
        </div>
      </section>
      <div class="panels">
        <Raw value={group} title="Raw record" />
      </div>
    </>
  );
}

/** The outcome, or whether it can still be a good one. */
export function OutcomeMark({ group }: { readonly group: Pick<Group, 'outcome' | 'failingAt'> }) {
  const { outcome, failingAt } = group;
  if (outcome === 'incomplete')
    return (
      <Mark tone="warn" shape="timed_out">
        incomplete
      </Mark>
    );
  if (outcome !== null) return <PhaseMark phase={outcome} />;
  return (
    <Mark tone={failingAt === null ? 'live' : 'bad'} shape="running">
      {failingAt === null ? 'open' : 'failing'}
    </Mark>
  );
}

function phasesText({ phases, size, joined }: Group): string {
  const parts = Object.entries(phases).map(([phase, count]) => `${count} ${phaseWord(phase)}`);
  return [...parts, ...(joined < size ? [`${size - joined} not submitted`] : [])].join(', ');
}

/** The reason first: what ended badly, and in whose words. */
function BadEnds({ group }: { readonly group: Group }) {
  const bad = group.members.filter(({ endedAt, phase }) => endedAt !== null && phase !== 'succeeded');
  if (bad.length === 0) return null;
  return (
    <div class="callout bad">
      <strong>{bad.length === 1 ? 'A job did not succeed' : `${bad.length} jobs did not succeed`}</strong>
      {bad.slice(0, 5).map(({ id, jobId, phase, error }) => (
        <span key={id}>
          <a href={hrefOf(['jobs', id])}>{jobId}</a> {phaseWord(phase)}
          {errorText(error) === null ? '' : `: ${errorText(error)}`}
        </span>
      ))}
    </div>
  );
}

function Timeline({ group }: { readonly group: Group }) {
  const lanes = lanesOf(group, useNow());
  return (
    <section aria-labelledby="lanes-title">
      <h2 id="lanes-title">Timeline</h2>
      {group.members.length === 0 ? <Empty title="No job of this group is known yet" /> : <LanesChart {...lanes} />}
      {lanes.expectedMs === null ? null : (
        <p class="dim">Dashed: when a job is expected to end; the last one ends the group.</p>
      )}
    </section>
  );
}
