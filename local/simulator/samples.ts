import { readFile } from 'node:fs/promises';
import type { Endpoints } from '../../lib/vendors/kit/credentials.ts';
import { alibabaSamples } from './alibaba/samples.ts';
import { huaweiSamples } from './huawei/samples.ts';
import type { Sample } from './sample.ts';
import type { ScenarioSpec } from './scenario.ts';
import { type CredentialSpec, JOB_APIS } from './schema.ts';

export const SAMPLES: readonly Sample[] = [...alibabaSamples, ...huaweiSamples];

/** Keys of nobody: they open nothing but the simulator. */
export const SAMPLE_CREDENTIALS: readonly CredentialSpec[] = [
  { vendor: 'alibaba', accessKeyId: 'SAMPLEALIBABAKEY', accessKeySecret: 'sample-alibaba-secret' },
  { vendor: 'huawei', accessKeyId: 'SAMPLEHUAWEIKEY', accessKeySecret: 'sample-huawei-secret' },
];

/** The simulator's side of the samples. The clock of each job starts when the simulator does. */
export function sampleScenario(): ScenarioSpec {
  return { credentials: [...SAMPLE_CREDENTIALS], jobs: SAMPLES.map(({ job }) => job) };
}

/** The watcher's side: a file of accounts whose calls go to the simulator at `url`. */
export function sampleAccounts(url: string): Record<string, object> {
  const endpointsOf = (cloud: string): Endpoints =>
    Object.fromEntries(JOB_APIS.filter((api) => api.startsWith(`${cloud}.`)).map((api) => [api, url]));
  const [alibaba, huawei] = SAMPLE_CREDENTIALS;
  return {
    default: { ...alibaba, endpoints: endpointsOf('alibaba') },
    huawei: { ...huawei, endpoints: endpointsOf('huawei') },
  };
}

/** The text of a sample's watch message, as a deployer would put it on the queue. */
export function readSampleMessage(name: string): Promise<string> {
  return readFile(new URL(`../../events/${name}.json`, import.meta.url), 'utf8');
}
