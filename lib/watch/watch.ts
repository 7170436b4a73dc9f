import type { Tick } from '../admission/tick.ts';
import { makeCadence } from '../cadence/cadence.ts';
import type { Call } from '../vendors/vendor.ts';
import { makeIntake, type Received } from './intake.ts';
import { makeLearned } from './learned.ts';
import { makePlanner, type Planned } from './plan.ts';
import { makePoll, type Polled } from './poll.ts';
import type { Due, PendingMessage, WatchPorts, WatchSettings } from './ports.ts';
import { makeSteps } from './steps.ts';

/**
 * The way of a message, in the order in which it goes:
 *
 *   receive (intake.ts)  message → read the record → publish what is pending → whose job is it? → due
 *   plan    (plan.ts)    due jobs → the fewest vendor calls
 *   poll    (poll.ts)    may the call be made? → poll → judge → 1 write → 2 publish → 3 published → 4 delay or remove
 *
 * A crash after any step leaves a message that comes back and a record that says what is still to be published. The
 * rounds that bring the messages are in tick.ts, the steps themselves in steps.ts.
 */
export interface Watch {
  readonly receive: (message: PendingMessage) => Promise<Received>;
  readonly plan: (due: readonly Due[]) => Promise<readonly Planned[]>;
  readonly poll: (call: Call, due: readonly Due[], tick: Tick) => Promise<Polled>;
}

/** What lives as long as the process: the cadence with what it has learned, and polls that no record tells yet. */
export function makeWatch(ports: WatchPorts, settings: WatchSettings): Watch {
  const cadence = makeCadence(settings);
  const learned = makeLearned(ports, cadence);
  const steps = makeSteps(ports, settings, cadence);
  return {
    receive: makeIntake(ports, steps, learned),
    plan: makePlanner(ports),
    poll: makePoll(ports, steps, { cadence, refresh: learned.refresh }),
  };
}
