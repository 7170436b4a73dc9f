import { PRIOR_RATES } from '../lib/cadence/hazard.ts';
import { weightsOf } from '../lib/cadence/weights.ts';
import type { Job } from '../lib/job/job.ts';
import { isTerminal } from '../lib/job/phase.ts';
import type { CredentialSpec } from './simulator/schema.ts';
import type { Simulator } from './simulator/simulator.ts';
import type { Stack } from './stack.ts';
import { teach } from './teach.ts';

/**
 * Part of the demo: jobs of two kinds that last equally long, one of which jobwatch knows. How much sooner their ends
 * are seen is told by the clock of the simulator, which alone knows when they ended.
 */

const ACCOUNT = 'lesson';
/** A key of its own: its calls wait for no others. */
export const LESSON_CREDENTIAL: CredentialSpec = {
  vendor: 'huawei',
  accessKeyId: 'LESSONHUAWEIKEY',
  accessKeySecret: 'lesson-huawei-secret',
};
const PLACE = { region: 'eu-de', projectId: '7b7705dce1e847b08b3b16dda67fec24' };
const KNOWN = { api: 'huawei.ims', operation: 'imsCreateImageByDataDisk' };
const NEW = { api: 'huawei.evs', operation: 'createSnapshot' };
/** How long the known jobs lasted: evenly spread. */
const KNOWN_JOBS = 20;
const FROM_SECONDS = 9;
const TO_SECONDS = 11;
const LAST_SECONDS = [9.3, 10, 10.7];
const LOOK_EVERY_MS = 300;

/** Before the first tick, which reads it. */
export async function prepareLesson({ system }: Stack, simulator: Simulator): Promise<void> {
  const account = { ...LESSON_CREDENTIAL, endpoints: simulator.endpointsOf('huawei') };
  system.parameters.put(`/jobwatch/${system.stage}/accounts/${ACCOUNT}`, JSON.stringify(account));
  const lasted = Array.from({ length: KNOWN_JOBS }, (_, place) => {
    const seconds = FROM_SECONDS + ((TO_SECONDS - FROM_SECONDS) * (place + 0.5)) / KNOWN_JOBS;
    return weightsOf({ kind: 'ended', fromSeconds: seconds, toSeconds: seconds }, { rates: PRIOR_RATES, lean: 0 });
  });
  await teach(system, { ...KNOWN, region: PLACE.region }, lasted);
}

/** What the jobs of a kind showed: means. */
interface Shown {
  /** From the vendor's end to the poll that saw it. */
  readonly delaySeconds: number;
  readonly polls: number;
}

/** One sentence on what was seen; null if the jobs did not end by then. */
export async function giveLesson(stack: Stack, simulator: Simulator, untilMs: number): Promise<string | null> {
  const [known, fresh] = await Promise.all([KNOWN, NEW].map((kind) => watchKind(stack, simulator, kind, untilMs)));
  if (known == null || fresh == null) return null;
  const count = LAST_SECONDS.length;
  const said = ({ delaySeconds, polls }: Shown) =>
    `${delaySeconds.toFixed(1)} s after it, in ${polls.toFixed(1)} polls`;
  return (
    `Learning: of a kind of which ${KNOWN_JOBS} jobs had been entered as known, ${count} jobs of 9 to 11 s were seen ` +
    `to end ${said(known)} each; ${count} of a new kind, which last as long, ${said(fresh)}.`
  );
}

async function watchKind(
  { api }: Stack,
  simulator: Simulator,
  { api: name, operation }: typeof KNOWN,
  untilMs: number,
): Promise<Shown | null> {
  const startMs = Date.now();
  const jobs = LAST_SECONDS.map((forSeconds, place) => {
    const jobId = `1e5501e5501e5501e5501e5501e55${String(place).padStart(3, '0')}`;
    const steps = [{ status: 'RUNNING', forSeconds }, { status: 'SUCCESS' }];
    simulator.addJob({ api: name, projectId: PLACE.projectId, jobId, operation, steps });
    return { ...PLACE, api: name, account: ACCOUNT, jobId };
  });
  const { accepted } = await api.post<{ accepted: readonly { id: string }[] }>('/jobs', { jobs });
  while (Date.now() < untilMs) {
    const found = await Promise.all(accepted.map(({ id }) => api.get<Job>(`/jobs/${id}`)));
    if (found.every(({ phase }) => isTerminal(phase))) return shownBy(found, startMs);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return null;
}

function shownBy(jobs: readonly Job[], startMs: number): Shown {
  const delays = jobs.map(({ endedAt }, place) => {
    const seenMs = Date.parse(endedAt ?? '') - startMs;
    return seenMs / 1000 - (LAST_SECONDS[place] ?? 0);
  });
  return { delaySeconds: mean(delays), polls: mean(jobs.map(({ polls }) => polls)) };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
