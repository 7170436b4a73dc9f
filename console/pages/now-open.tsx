import { OPEN_PHASES } from '../../client/job.ts';
import { count } from '../data/format.ts';
import { type OpenJobs, tableOf } from '../data/open-jobs.ts';
import { hrefOf } from '../data/place.ts';
import type { Failure } from '../data/requests.ts';
import { PhaseMark } from '../parts/phase.tsx';
import { Empty, Loading, Trouble } from '../parts/states.tsx';
import { SubmitLink } from '../parts/submit-link.tsx';

/** What is under watch, by api and phase. */
export function OpenTable({ open, failure }: { readonly open: OpenJobs | null; readonly failure: Failure | null }) {
  return (
    <section aria-labelledby="open-title">
      <h2 id="open-title">Under watch</h2>
      <Content open={open} failure={failure} />
    </section>
  );
}

function Content({ open, failure }: { readonly open: OpenJobs | null; readonly failure: Failure | null }) {
  if (open === null) return failure === null ? <Loading what="open jobs" /> : <Trouble failure={failure} />;
  if (open.jobs.length === 0) {
    return (
      <Empty title="No job is open">
        <a href="#/jobs">Jobs that have ended</a> <SubmitLink text="Submit one" />
      </Empty>
    );
  }
  const rows = tableOf(open);
  return (
    <div class="scroll-x">
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">api</th>
            {OPEN_PHASES.map((phase) => (
              <th scope="col" class="number" key={phase}>
                <PhaseMark phase={phase} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ api, cells }) => (
            <tr key={api}>
              <th scope="row">
                <a href={hrefOf(['jobs'], { open: '1', api })}>{api}</a>
              </th>
              {cells.map(({ phase, count: number, isAtLeast }) => (
                <td class="number" key={phase}>
                  {number === 0 ? (
                    <span class="dim">0</span>
                  ) : (
                    <a href={hrefOf(['jobs'], { phase, api })}>
                      {count(number)}
                      {isAtLeast ? '+' : ''}
                    </a>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
