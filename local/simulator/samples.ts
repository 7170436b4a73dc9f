import { readFile } from 'node:fs/promises';
import type { Sample } from './cloud.ts';
import { SIMULATED } from './clouds.ts';
import type { ScenarioSpec } from './scenario.ts';
import type { CredentialSpec } from './schema.ts';
import type { Simulator } from './simulator.ts';

export const SAMPLES: readonly Sample[] = SIMULATED.flatMap(({ samples }) => samples);

export const SAMPLE_CREDENTIALS: readonly CredentialSpec[] = SIMULATED.map(
  ({ sampleAccount }) => sampleAccount.credential,
);

/** The simulator's side of the samples. The clock of each job starts when the simulator does. */
export function sampleScenario(): ScenarioSpec {
  return { credentials: [...SAMPLE_CREDENTIALS], jobs: SAMPLES.map(({ job }) => job) };
}

/** The watcher's side: a file of accounts whose calls go to the simulator. */
export function sampleAccounts({ endpointsOf }: Pick<Simulator, 'endpointsOf'>): Record<string, object> {
  return Object.fromEntries(
    SIMULATED.map(({ name, sampleAccount }) => [
      sampleAccount.name,
      { ...sampleAccount.credential, endpoints: endpointsOf(name) },
    ]),
  );
}

/** The text of a sample's watch message, as a deployer would put it on the queue. */
export function readSampleMessage(name: string): Promise<string> {
  return readFile(new URL(`../../events/${name}.json`, import.meta.url), 'utf8');
}
