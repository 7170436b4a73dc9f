import { setTimeout as sleep } from 'node:timers/promises';
import type { Scene } from './scene.ts';

const API = 'alibaba.alb';
const IN_A_REQUEST = 100;
/** Every so many of them fail. */
export const BAD_EVERY = 20;

export function manyJobId(index: number): string {
  return `7d1c40a2-${index % BAD_EVERY === 0 ? 'bad0' : '9e55'}-4c39-8b1d-${String(index).padStart(12, '0')}`;
}

/** As many jobs at once as a busy day has. The vendor says at the first poll that they have ended. */
export async function submitMany({ stack, simulator }: Scene, jobs: number): Promise<void> {
  for (let from = 0; from < jobs; from += IN_A_REQUEST) {
    const indexes = Array.from({ length: Math.min(IN_A_REQUEST, jobs - from) }, (_, index) => from + index);
    for (const index of indexes)
      simulator.addJob({
        api: API,
        jobId: manyJobId(index),
        operation: 'CreateLoadBalancer',
        steps: [{ status: index % BAD_EVERY === 0 ? 'Failed' : 'Succeeded' }],
      });
    const messages = indexes.map((index) => ({
      api: API,
      region: 'cn-hangzhou',
      jobId: manyJobId(index),
      labels: { team: index % 3 === 0 ? 'net' : 'web', deployment: `shop-${index}` },
    }));
    await stack.api.post('/jobs', { jobs: messages });
  }
}

interface Listed {
  readonly open: { readonly counts: readonly { readonly count: number }[] };
}

/** Resolves when no job is open. */
export async function untilNoneIsOpen({ stack }: Scene): Promise<void> {
  for (;;) {
    const { open } = await stack.api.get<Listed>('/overview');
    if (open.counts.every(({ count }) => count === 0)) return;
    await sleep(1000);
  }
}
