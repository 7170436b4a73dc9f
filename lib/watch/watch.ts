import type { Busy, Wait } from '../admission/pace.ts';
import type { Permit } from '../admission/permit.ts';
import type { Tick } from '../admission/tick.ts';
import { makeCadence } from '../cadence/cadence.ts';
import type { Call } from '../vendors/vendor.ts';
import { makeCompany } from './company.ts';
import { makeIntake, type Received } from './intake.ts';
import { makeLearned } from './learned.ts';
import { makePlanner, type Planned } from './plan.ts';
import { makePoll, type Turn } from './poll.ts';
import type { Due, PendingMessage, WatchPorts, WatchSettings } from './ports.ts';
import { makeSteps } from './steps.ts';

/**
 * The way of a message, in the order in which it goes:
 *
 *   receive (intake.ts)  message → read the record → publish what is pending → whose job is it? → due
 *   plan    (plan.ts)    due jobs → the fewest vendor calls
 *   admit   (lines.ts)   may the call be made? What has to wait for its turn waits in the line of its scope
 *   poll    (poll.ts)    poll → judge → 1 write → 2 publish → 3 published → 4 delay or remove
 *
 * A crash after any step leaves a message that comes back and a record that says what is still to be published. The
 * rounds that bring the messages are in tick.ts, the steps themselves in steps.ts.
 */
export interface Watch {
  readonly receive: (message: PendingMessage) => Promise<Received>;
  /** What the plan of a round's jobs rests on and an earlier process may know. */
  readonly recall: (due: readonly Due[]) => Promise<void>;
  /** Those of a round's jobs who may share a call with jobs that are received within the same second. */
  readonly meeting: (due: readonly Due[]) => readonly Due[];
  /** The longest due first. */
  readonly plan: (due: readonly Due[]) => readonly Planned[];
  readonly admit: (call: Call, tick: Tick) => Promise<Permit | Busy | Wait>;
  /** Answers those whom the call did not come to. */
  readonly poll: (call: Call, due: readonly Due[], turn: Turn) => Promise<readonly Due[]>;
  readonly putOff: (due: readonly Due[], wait: Wait) => Promise<void>;
  readonly release: (due: readonly Due[]) => Promise<void>;
}

/** What lives as long as the process: the cadence with what it has learned, and polls that no record tells yet. */
export function makeWatch(ports: WatchPorts, settings: WatchSettings): Watch {
  const cadence = makeCadence(settings);
  const learned = makeLearned(ports, cadence);
  const steps = makeSteps(ports, settings, cadence);
  const { recall, plan, learnList } = makePlanner(ports);
  const { meeting, leave } = makeCompany(ports);
  const polling = makePoll(ports, steps, { cadence, refresh: learned.refresh, learnList, leave });
  return { receive: makeIntake(ports, steps, learned), recall, meeting, plan, ...polling };
}
