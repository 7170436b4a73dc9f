import type { Phase } from '../../lib/job/phase.ts';
import type { JobSpec } from './schema.ts';

/** A job as the simulator plays it, and how its watch must end. Its watch message is `events/<name>.json`. */
export interface Sample {
  readonly name: string;
  /** What the case shows. */
  readonly about: string;
  readonly job: JobSpec;
  readonly expectedPhase: Phase;
  /** When the vendor's job ends, counted from its start. */
  readonly endsAfterSeconds: number;
}
