import { setTimeout as sleep } from 'node:timers/promises';
import { table } from '../local/progress.ts';
import { type Stack, startStack } from '../local/stack.ts';
import { anEvent, makePublisher, startEndpoint } from './endpoint.ts';

/**
 * How much an endpoint that never answers delays the others. Events are told at a steady rate, straight through the
 * outbox, to nine endpoints that answer at once, then to the nine and one that hangs until the time-out of 15 s. The
 * delay of a delivery is the time from the telling of its event to its arrival. The packaged `deliver` runs as on
 * Lambda, batches of ten, in four execution environments of this machine. The rate has to be below what the machine can
 * do (some 50 deliveries a second on two cores), or the figures show its backlog and nothing else.
 *
 * `node bench/webhooks.ts [events, default 1000] [events a second, default 4]`: 9 minutes; `… 100` takes one and a
 * half.
 */
const EVENTS = Number(process.argv[2] ?? 1000);
const EVENTS_PER_SECOND = Number(process.argv[3] ?? 4);
const HEALTHY = 9;
/** After the last event has been told: what has not arrived by then counts as missing. */
const WAIT_MS = 240_000;

const rows = [['run', 'told', 'arrived', 'p50 ms', 'p99 ms', 'worst ms', 'calls to the sick one']];
for (const isOneSick of [false, true]) {
  rows.push(await measure(isOneSick));
  console.log(rows.at(-1)?.join('  '));
}
console.log(
  `\nwebhooks: ${EVENTS} events, ${EVENTS_PER_SECOND} a second, ` +
    `to ${HEALTHY} healthy endpoints; Node ${process.version}\n`,
);
console.log(table(rows));

async function measure(isOneSick: boolean): Promise<string[]> {
  const healthy = await Promise.all(Array.from({ length: HEALTHY }, () => startEndpoint(0)));
  const sick = await Promise.all(isOneSick ? [startEndpoint(null)] : []);
  const stack = await startStack({ accounts: {} });
  try {
    await stack.system.pause('watch', 'reconcile');
    for (const { url } of [...healthy, ...sick]) {
      await stack.api.post('/subscriptions', { url, types: ['jobwatch.job.succeeded'] });
    }
    const told = await publishAll(stack);
    const wanted = EVENTS * HEALTHY;
    const untilMs = Date.now() + WAIT_MS;
    const arrived = () => healthy.reduce((sum, { arrivals }) => sum + arrivals.size, 0);
    while (arrived() < wanted && Date.now() < untilMs) await sleep(100);
    const delays = healthy
      .flatMap(({ arrivals }) => [...arrivals].map(([id, atMs]) => atMs - (told.get(id) ?? Number.NaN)))
      .toSorted((a, b) => a - b);
    const at = (share: number) => String(delays[Math.min(Math.floor(delays.length * share), delays.length - 1)] ?? '');
    const name = isOneSick ? 'nine healthy, and one that hangs' : 'nine healthy';
    const calls = sick.map((endpoint) => String(endpoint.calls()))[0] ?? '';
    return [name, String(wanted), String(delays.length), at(0.5), at(0.99), at(1), calls];
  } finally {
    await stack.system.close();
    await Promise.all([...healthy, ...sick].map((endpoint) => endpoint.close()));
  }
}

/** When each event was told. */
async function publishAll({ system }: Stack): Promise<ReadonlyMap<string, number>> {
  const { publish, close } = makePublisher(system);
  const told = new Map<string, number>();
  const startMs = Date.now();
  const publications: Promise<void>[] = [];
  for (let number = 0; number < EVENTS; number += 1) {
    await sleep(Math.max(startMs + (number * 1000) / EVENTS_PER_SECOND - Date.now(), 0));
    const event = anEvent(String(number));
    told.set(event.id, Date.now());
    publications.push(publish([event]));
  }
  await Promise.all(publications);
  close();
  return told;
}
