import * as v from 'valibot';
import { whole } from '../common/environment.ts';
import { arePollsInOrder, watchEntries } from '../common/watch-environment.ts';

/** What the function reads from its environment; a test holds `serverless.yml` against it. */
export const watchEnvironment = v.pipe(
  v.object({
    ...watchEntries,
    WATCH_SECONDS: whole(1, 840, 57),
    MAX_WORKERS: whole(1, 4, 1),
    /** Whether the queue wakes workers of `wake` as well. */
    WAKE: v.optional(v.picklist(['on', 'off'], 'expected on or off'), 'on'),
  }),
  v.forward(
    v.check((given) => arePollsInOrder(given), 'expected at least POLL_MIN_SECONDS'),
    ['POLL_MAX_SECONDS'],
  ),
);

export type WatchEnvironment = v.InferOutput<typeof watchEnvironment>;
