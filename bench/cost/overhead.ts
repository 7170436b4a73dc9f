import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { startReceiver } from '../../local/receiver.ts';
import { startSimulator } from '../../local/simulator/start.ts';
import { type Stack, startStack } from '../../local/stack.ts';
import { markdown, short } from '../delay/tables.ts';
import type { BenchSection } from '../section.ts';
import { clientsOf, placesOf } from '../throughput/clients.ts';
import { accountsAt, credentials, makeCrowd, submit } from '../throughput/crowd.ts';
import { bytesOf } from '../throughput/watched.ts';

/**
 * What is paid for beside polls, counted on the packaged functions: ticks and passes of a stack with nothing under
 * watch, and what the end of a job costs with a webhook that wants it. The bench of cost goes on from here.
 */
const FILE = join(import.meta.dirname, 'overhead.json');
const JOBS = 200;
const INVOCATIONS = 5;
const CHECK_EVERY_MS = 100;
/** Lines come over a pipe: the last may still be on its way. */
const QUIET_MS = 1000;

const requests = v.record(v.string(), v.number());
const overheadSchema = v.object({
  date: v.string(),
  /** Requests of one; of a tick where the queue wakes workers, and where ticks are alone. */
  tick: requests,
  tickAlone: requests,
  pass: requests,
  /** Of one delivery: of `deliver`, and of `watch` more than without a webhook. */
  delivery: requests,
  /** Of the delivery's record, its event included. */
  deliveryBytes: v.number(),
  /** Log lines of one job: of `watch` and of `deliver`. */
  watchLogBytes: v.number(),
  deliverLogBytes: v.number(),
});

export type Overhead = v.InferOutput<typeof overheadSchema>;

/** Throws if the bench has never run. */
export function readOverhead(): Overhead {
  if (!existsSync(FILE)) throw new Error(`${FILE} is not there: npm run bench -- overhead counts first.`);
  return v.parse(overheadSchema, JSON.parse(readFileSync(FILE, 'utf8')));
}

export const overheadSection: BenchSection = {
  name: 'overhead',
  title: 'Requests beside the polls',
  byNameOnly: true,
  async run() {
    const overhead = await countOverhead();
    const rounded = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(3)) : value);
    writeFileSync(FILE, `${JSON.stringify(overhead, rounded, 2)}\n`);
    return overheadTable(overhead);
  },
};

function overheadTable({
  tick,
  tickAlone,
  pass,
  delivery,
  deliveryBytes,
  watchLogBytes,
  deliverLogBytes,
}: Overhead): string {
  const kinds = [...new Set([tick, tickAlone, pass, delivery].flatMap((one) => Object.keys(one)))].toSorted();
  const rows = kinds.map((kind) => [kind, ...[tick, tickAlone, pass, delivery].map((one) => short(one[kind] ?? 0))]);
  return [
    `A tick and a pass of a stack with nothing under watch; a delivery of a job's end, of ${JOBS} that ended at once.`,
    markdown(['requests of one', 'tick', 'tick, `wake: off`', 'pass of `reconcile`', 'delivery'], rows),
    `The record of a delivery has ${deliveryBytes} bytes. Log lines of one such job: ${watchLogBytes.toFixed(0)} bytes of ` +
      `\`watch\`, ${deliverLogBytes.toFixed(0)} of \`deliver\`.`,
  ].join('\n\n');
}

async function countOverhead(): Promise<Overhead> {
  const simulator = await startSimulator({ scenario: { credentials: credentials() } });
  const receiver = await startReceiver();
  const logBytes: Record<string, number> = {};
  const tick = await requestsOfWokenTick();
  const stack = await startStack({
    wake: 'off',
    accounts: accountsAt(simulator.url),
    paused: true,
    onLog: (name, line) => {
      logBytes[name] = (logBytes[name] ?? 0) + Buffer.byteLength(line) + 1;
    },
  });
  const { system, api } = stack;
  try {
    const tickAlone = await requestsOfOne(stack, 'watch');
    const pass = await requestsOfOne(stack, 'reconcile');
    const { secret } = await api.post<{ secret: string }>('/subscriptions', { url: receiver.url });
    receiver.trust(secret);
    const { sqs, dynamodb } = clientsOf(system.urls, 'bench');
    await submit(simulator, sqs, placesOf(system).pendingUrl, makeCrowd(JOBS, 'job'), 'Succeeded');
    system.resetRequestCounts();
    logBytes['watch'] = 0;
    await system.invoke('watch');
    system.resume('deliver');
    while (receiver.received.length < JOBS) await sleep(CHECK_EVERY_MS);
    await system.pause('deliver');
    await sleep(QUIET_MS);
    const counts = system.requestCounts();
    const table = system.outputs['DeliveriesTableName'];
    const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName: table }));
    const record = Items.find(({ eventJson }) => eventJson !== undefined);
    const published = ['dynamodb:PutItem', 'sqs:SendMessageBatch', 'sqs:SendMessage'];
    const ofWatch = Object.entries(counts['watch'] ?? {}).filter(([kind]) => published.includes(kind));
    const all = [ofWatch, ...['deliver', 'trigger:deliver'].map((name) => Object.entries(counts[name] ?? {}))].flat();
    const delivery: Record<string, number> = {};
    for (const [kind, times] of all) delivery[kind] = (delivery[kind] ?? 0) + times / JOBS;
    // The record of the job itself.
    delivery['dynamodb:PutItem'] = (delivery['dynamodb:PutItem'] ?? 0) - 1;
    return {
      date: new Date().toISOString().slice(0, 10),
      tick,
      tickAlone,
      pass,
      delivery,
      deliveryBytes: record === undefined ? 0 : bytesOf(record),
      watchLogBytes: (logBytes['watch'] ?? 0) / JOBS,
      deliverLogBytes: (logBytes['deliver'] ?? 0) / JOBS,
    };
  } finally {
    await system.close();
    await receiver.close();
    await simulator.close();
  }
}

async function requestsOfWokenTick(): Promise<Record<string, number>> {
  const stack = await startStack({ accounts: {}, paused: true });
  try {
    return await requestsOfOne(stack, 'watch');
  } finally {
    await stack.system.close();
  }
}

/** The first is left out: it makes what the others find. */
async function requestsOfOne({ system }: Stack, name: string): Promise<Record<string, number>> {
  await system.invoke(name);
  system.resetRequestCounts();
  for (let time = 0; time < INVOCATIONS; time++) {
    const result = await system.invoke(name);
    if (!result.ok) throw new Error(`${name}: ${result.error.errorMessage}`);
  }
  const counts = Object.entries(system.requestCounts()[name] ?? {});
  return Object.fromEntries(counts.map(([kind, times]) => [kind, times / INVOCATIONS]));
}
