import { setTimeout as sleep } from 'node:timers/promises';
import { table } from '../local/progress.ts';
import { type Stack, startStack } from '../local/stack.ts';
import { anEvent, makePublisher, type Publisher, startEndpoint } from './endpoint.ts';

/**
 * What endpoints that are slow or hang cost those that are well. The packaged `deliver` runs as on Lambda, batches of
 * ten, in four execution environments of this machine. The delay of a delivery is the time from the telling of its
 * event to its arrival.
 *
 * - `slow`: five endpoints are proven and get an event every 250 ms; 120 events come at once for one that answers 200
 *   after 4 s.
 * - `hang`: 40 endpoints that are well and 30 that never answer, none ever called before, get an event every 3 s.
 *
 * `node bench/sick-endpoints.ts [slow|hang]`: one minute each.
 */
interface Scenario {
  readonly healthy: number;
  readonly sick: number;
  /** null: never. */
  readonly sickAnswersAfterMs: number | null;
  /** The healthy ones have answered before it begins. */
  readonly isProven: boolean;
  /** Events that the sick ones alone get, at once. */
  readonly burst: number;
  /** Events that the sick ones get as well as the healthy ones. */
  readonly isShared: boolean;
  readonly events: number;
  readonly everyMs: number;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  slow: {
    healthy: 5,
    sick: 1,
    sickAnswersAfterMs: 4000,
    isProven: true,
    burst: 120,
    isShared: false,
    events: 80,
    everyMs: 250,
  },
  hang: {
    healthy: 40,
    sick: 30,
    sickAnswersAfterMs: null,
    isProven: false,
    burst: 0,
    isShared: true,
    events: 10,
    everyMs: 3000,
  },
};
/** After the last event has been told: what has not arrived by then counts as missing. */
const WAIT_MS = 60_000;

const rows = [['scenario', 'told', 'arrived', 'p50 ms', 'p99 ms', 'worst ms', 'calls to the sick']];
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (process.argv[2] !== undefined && process.argv[2] !== name) continue;
  rows.push([`${name}, all well`, ...(await measure({ ...scenario, sickAnswersAfterMs: 0 }))]);
  rows.push([name, ...(await measure(scenario))]);
}
console.log(table(rows));

async function measure(scenario: Scenario): Promise<string[]> {
  const start = (count: number, afterMs: number | null) =>
    Promise.all(Array.from({ length: count }, () => startEndpoint(afterMs)));
  const healthy = await start(scenario.healthy, 0);
  const sick = await start(scenario.sick, scenario.sickAnswersAfterMs);
  const stack = await startStack({ accounts: {} });
  const publisher = makePublisher(stack.system);
  try {
    await stack.system.pause('watch', 'reconcile');
    await subscribe(stack, healthy, 'well');
    await subscribe(stack, sick, scenario.isShared ? 'well' : 'sick');
    if (scenario.isProven) {
      await publisher.publish([anEvent('first', { team: 'well' })]);
      while (healthy.some(({ arrivals }) => arrivals.size === 0)) await sleep(50);
      await sleep(1000);
    }
    const told = await tell(publisher, scenario);
    const wanted = told.size * healthy.length;
    const untilMs = Date.now() + WAIT_MS;
    const delays = () =>
      healthy.flatMap(({ arrivals }) =>
        [...arrivals].flatMap(([id, atMs]) => (told.has(id) ? [atMs - (told.get(id) ?? 0)] : [])),
      );
    while (delays().length < wanted && Date.now() < untilMs) await sleep(100);
    const sorted = delays().toSorted((a, b) => a - b);
    const at = (share: number) => String(sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? '');
    const calls = sick.reduce((sum, endpoint) => sum + endpoint.calls(), 0);
    return [String(wanted), String(sorted.length), at(0.5), at(0.99), at(1), String(calls)];
  } finally {
    publisher.close();
    await stack.system.close();
    await Promise.all([...healthy, ...sick].map((endpoint) => endpoint.close()));
  }
}

async function subscribe({ api }: Stack, endpoints: readonly { readonly url: string }[], team: string): Promise<void> {
  for (const { url } of endpoints) await api.post('/subscriptions', { url, filter: { labels: { team } } });
}

/** When each event was told to the healthy endpoints. */
async function tell({ publish }: Publisher, scenario: Scenario): Promise<ReadonlyMap<string, number>> {
  const told = new Map<string, number>();
  const burst = Array.from({ length: scenario.burst }, (_, index) => anEvent(`sick${index}`, { team: 'sick' }));
  const publications = [publish(burst)];
  for (let number = 0; number < scenario.events; number += 1) {
    const event = anEvent(String(number), { team: 'well' });
    told.set(event.id, Date.now());
    publications.push(publish([event]));
    await sleep(scenario.everyMs);
  }
  await Promise.all(publications);
  return told;
}
