import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { makeDeliveryStore } from '../../lib/adapters/dynamodb/deliveries.ts';
import { makeJobStore } from '../../lib/adapters/dynamodb/jobs.ts';
import { toIso } from '../../lib/base/time.ts';
import { end, newDelivery } from '../../lib/deliver/delivery.ts';
import { transitionEvent } from '../../lib/events/event.ts';
import { type Job, newJob } from '../../lib/job/job.ts';
import { judgeByTable } from '../../lib/job/judgement.ts';
import { NO_DETAIL } from '../../lib/job/observation.ts';
import { transition } from '../../lib/job/transition.ts';
import type { Scene } from './scene.ts';

const HOUR_MS = 3_600_000;
const JUDGE = judgeByTable(
  new Map([
    ['running', 'running'],
    ['complete', 'succeeded'],
    ['fail', 'failed'],
  ]),
);
/** Jobs an hour, from 23 hours ago on: a night, a morning with a release that went wrong, and a day. */
const HOURS = [3, 2, 1, 0, 0, 1, 2, 5, 9, 14, 17, 12, 15, 18, 13, 9, 11, 12, 8, 6, 4, 3, 2];
const RELEASE_HOURS: ReadonlySet<number> = new Set([9, 10]);

/** A day before the pictures: records as the functions write them, of jobs that ended by the hour. */
export async function seedPast({ stack: { system }, subscriptions: { good } }: Scene): Promise<void> {
  const client = new DynamoDBClient(system.clientSettings('dynamodb'));
  const unreadable = { note: () => undefined, count: () => 0 };
  const reading = { client, clock: Date.now, random: Math.random, sleep: (ms: number) => sleep(ms), unreadable };
  const tableOf = (output: string) => system.outputs[output] ?? '';
  const jobs = makeJobStore({ ...reading, table: tableOf('JobsTableName') });
  const deliveries = makeDeliveryStore({ ...reading, table: tableOf('DeliveriesTableName') });
  const nowMs = Date.now();
  for (const [hour, count] of HOURS.entries())
    for (let index = 0; index < count; index += 1) {
      const endMs = nowMs - (HOURS.length - hour) * HOUR_MS + ((index + 0.5) * HOUR_MS) / count;
      const job = await writeEnded(jobs, hour, index, endMs);
      const entry = job.history.at(-1);
      if (entry === undefined) throw new Error('The job has not ended.');
      const event = transitionEvent('local', job, entry);
      const fresh = newDelivery(good, event, JSON.stringify(event), toIso(endMs + 200));
      const tookMs = 90 + ((index * 137) % 400) + (RELEASE_HOURS.has(hour) ? 5000 : 0);
      const state = hour === 10 && index < 2 ? 'exhausted' : 'delivered';
      await deliveries.put(end(fresh, state, state === 'delivered' ? null : 'HTTP 503', toIso(endMs + 200 + tookMs)));
    }
  client.destroy();
}

async function writeEnded(
  jobs: ReturnType<typeof makeJobStore>,
  hour: number,
  index: number,
  endMs: number,
): Promise<Job> {
  const lastsMs = 40_000 + ((index * 7919) % 60_000);
  const delayMs = 600 + ((hour * 31 + index * 977) % 4200);
  const beganMs = endMs - lastsMs;
  const begun = newJob(messageOf(hour, index), { sentMs: beganMs, nowMs: beganMs, owner: null });
  const detail = { ...NO_DETAIL, operation: 'UPGRADE', beganAt: toIso(beganMs) };
  const running = transition(begun, { kind: 'status', word: 'RUNNING', detail }, JUDGE, beganMs + 1000).job;
  const isBad = RELEASE_HOURS.has(hour) && index % 3 === 0;
  const ended = {
    ...detail,
    endedAt: toIso(endMs - delayMs),
    error: isBad ? { code: 'ELB.8012', message: null } : null,
  };
  const { job } = transition(
    running,
    { kind: 'status', word: isBad ? 'FAIL' : 'COMPLETE', detail: ended },
    JUDGE,
    endMs,
  );
  await jobs.create(job);
  await jobs.published(job.id, job.seq, { expiresAt: Math.floor(endMs / 1000) + 90 * 86_400 });
  return job;
}

function messageOf(hour: number, index: number) {
  return {
    api: 'huawei.elb.v3',
    account: 'huawei',
    region: 'eu-de',
    projectId: '7b7705dce1e847b08b3b16dda67fec24',
    jobId: `2f8d1c40-6b1e-4a57-${String(hour).padStart(4, '0')}-${String(index).padStart(12, '0')}`,
    submittedAt: null,
    timeoutSeconds: 86_400,
    notFoundGraceSeconds: 120,
    labels: { team: 'net' },
    group: null,
    correlationId: null,
    traceparent: null,
  };
}
