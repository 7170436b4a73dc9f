import * as v from 'valibot';
import { arePollsInOrder, watchEntries } from '../common/watch-environment.ts';

/** What the function reads from its environment; a test holds `serverless.yml` against it. */
export const wakeEnvironment = v.pipe(
  v.object(watchEntries),
  v.forward(
    v.check((given) => arePollsInOrder(given), 'expected at least POLL_MIN_SECONDS'),
    ['POLL_MAX_SECONDS'],
  ),
);
