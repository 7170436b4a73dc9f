import type { Health } from '../../client/responses.ts';
import type { Fetched } from '../data/fetched.ts';
import { Mark } from './phase.tsx';
import { When } from './time.tsx';

/** Whether jobwatch works (its tick comes), in one line. */
export function Tick({ fetched: { data, failure } }: { readonly fetched: Fetched<Health> }) {
  if (failure !== null) {
    return (
      <Mark tone="bad" shape="failed">
        no connection
      </Mark>
    );
  }
  if (data === null) return <span class="dim">connecting …</span>;
  if (data.status === 'ok') {
    return (
      <Mark tone="good" shape="succeeded">
        working
        <span class="dim tick-when">
          <When at={data.lastTickAt} />
        </span>
      </Mark>
    );
  }
  return (
    <Mark tone={data.status === 'late' ? 'bad' : 'warn'} shape={data.status === 'late' ? 'timed_out' : 'lost'}>
      {data.status === 'late' ? 'not working' : 'not known'}
      {data.lastTickAt === null ? null : (
        <span class="dim tick-when">
          <When at={data.lastTickAt} />
        </span>
      )}
    </Mark>
  );
}
