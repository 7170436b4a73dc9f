import { OPEN_PHASES } from '../../client/job.ts';
import type { Overview } from '../../client/responses.ts';
import type { Fetched } from '../data/fetched.ts';
import { count } from '../data/format.ts';
import { hrefOf } from '../data/place.ts';
import { PhaseMark } from '../parts/phase.tsx';
import { Empty, Shown } from '../parts/states.tsx';
import { SubmitLink } from '../parts/submit-link.tsx';
import { tableOf } from './overview.ts';

/** What is under watch, by api and phase. */
export function OpenTable({ fetched }: { readonly fetched: Fetched<Overview> }) {
  return (
    <section aria-labelledby="open-title">
      <h2 id="open-title">Under watch</h2>
      <Shown fetched={fetched} what="open jobs">
        {({ open }) => <Content open={open} />}
      </Shown>
    </section>
  );
}

function Content({ open }: Pick<Overview, 'open'>) {
  if (open.counts.length === 0) {
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
              {cells.map(({ phase, count: number }) => (
                <td class="number" key={phase}>
                  {number === 0 ? (
                    <span class="dim">0</span>
                  ) : (
                    <a href={hrefOf(['jobs'], { phase, api })}>
                      {count(number)}
                      {open.isWhole ? '' : '+'}
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
