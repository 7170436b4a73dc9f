import { errorText } from '../../client/job.ts';
import type { SubJob } from '../../client/responses.ts';
import { Elapsed } from '../parts/time.tsx';

/** The parts that the vendor splits a job into, in its own words. */
export function SubJobs({ subJobs }: { readonly subJobs: readonly SubJob[] }) {
  if (subJobs.length === 0) return null;
  return (
    <section aria-labelledby="sub-jobs-title">
      <h2 id="sub-jobs-title">Sub-jobs</h2>
      <div class="scroll-x">
        <table>
          <thead>
            <tr>
              <th scope="col">Operation</th>
              <th scope="col">Status</th>
              <th scope="col">Resource</th>
              <th scope="col" class="number">
                Took
              </th>
              <th scope="col">Error</th>
            </tr>
          </thead>
          <tbody>
            {subJobs.map((one, index) => (
              <tr key={one.jobId ?? index}>
                <th scope="row">{one.operation ?? <span class="dim">not given</span>}</th>
                <td>{one.status ?? '–'}</td>
                <td class="mono">{one.resourceId ?? '–'}</td>
                <td class="number">{one.beganAt === null ? '–' : <Elapsed from={one.beganAt} to={one.endedAt} />}</td>
                <td>{errorText(one.error) ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
