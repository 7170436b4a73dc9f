import { PRIOR_RATES } from '../../lib/cadence/hazard.ts';
import { weightsOf } from '../../lib/cadence/weights.ts';
import type { System } from '../../local/system.ts';
import { teach } from '../../local/teach.ts';

/** Makes the system know jobs of the apis as jobs of a second: they are polled as often as the settings allow. */
export async function teachQuickJobs(system: System, apis: readonly string[]): Promise<void> {
  const job = weightsOf({ kind: 'ended', fromSeconds: 1, toSeconds: 1 }, { rates: PRIOR_RATES, lean: 0 });
  for (const api of apis) await teach(system, { api, operation: null, region: 'anywhere' }, Array(30).fill(job));
}
