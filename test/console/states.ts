import type { Page, Route } from 'playwright-core';
import { play, type Scene } from '../../scripts/screenshots/scene.ts';
import { violations } from './harness.ts';

/** What may stand between the page and its data. */
export interface Trouble {
  readonly name: string;
  readonly answer: (route: Route) => Promise<unknown>;
}

const EMPTY = {
  open: { counts: [], isWhole: true },
  recent: { counts: [], isWhole: true },
  at: '2026-11-21T10:00:00.000Z',
  since: '2026-11-20T10:00:00.000Z',
  endedBadly: [],
  jobs: [],
  groups: [],
  subscriptions: [],
  deliveries: [],
  durations: [],
};
const FAULT = { detail: 'An unexpected error occurred. The request id finds it in the log.', requestId: 'req-4711' };

/** A request that is never answered is cut off when the page is left. */
const never = () => new Promise<never>(() => undefined);

export const TROUBLES: readonly Trouble[] = [
  { name: 'awaited', answer: never },
  { name: 'faults', answer: (route) => route.fulfill({ status: 500, json: FAULT }) },
  { name: 'refusals', answer: (route) => route.fulfill({ status: 403, json: { detail: 'No scope "read".' } }) },
  { name: 'of nothing', answer: (route) => route.fulfill({ status: 404, json: { detail: 'There is none.' } }) },
  { name: 'none', answer: (route) => route.abort() },
];

/** Lists hold nothing; what is read singly is as it is. */
export async function emptyLists(route: Route): Promise<void> {
  const { pathname } = new URL(route.request().url());
  const isList = /^\/v1\/(overview|jobs|groups|subscriptions|durations|subscriptions\/[^/]+\/deliveries)$/.test(
    pathname,
  );
  const headers = { 'jobwatch-scopes': 'read jobs:write subscriptions:write' };
  if (isList && route.request().method() === 'GET') await route.fulfill({ json: EMPTY, headers });
  else await route.continue();
}

const WIDTHS = [390, 600, 900, 1280, 1920];
const HEIGHT = 850;

/** What axe finds in light and dark, and at which widths the page is wider than the window. */
export async function flaws(page: Page, state: string): Promise<readonly string[]> {
  const found = (await violations(page, false)).map((one) => `${state}, light: ${one}`);
  await page.emulateMedia({ colorScheme: 'dark' });
  found.push(...(await violations(page, true)).map((one) => `${state}, dark: ${one}`));
  await page.emulateMedia({ colorScheme: 'light' });
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHT });
    const tooWide = Number(await page.evaluate('document.scrollingElement.scrollWidth - innerWidth'));
    if (tooWide > 0) found.push(`${state}: ${tooWide} px too wide at ${width} px`);
  }
  await page.setViewportSize({ width: 1280, height: HEIGHT });
  return found;
}

export interface Furnished {
  /** Each with a text that is there once it is read. */
  readonly pages: readonly (readonly [hash: string, ready: string | RegExp])[];
  /** The page of the webhook that does not answer. */
  readonly webhook: string;
}

const GROUP = 'shop/release 1';

/** Something of everything. `untilSent` resolves when an event of the job has been sent to the webhook. */
export async function furnish(scene: Scene, untilSent: (job: string) => Promise<void>): Promise<Furnished> {
  scene.endpoint.answer(503, 'upstream connect error');
  await play(scene);
  const member = { api: 'alibaba.alb', region: 'cn-hangzhou' };
  const steps = { 'lane-1': 'Failed', 'lane-2': 'Processing' };
  for (const [jobId, status] of Object.entries(steps))
    scene.simulator.addJob({ api: member.api, jobId, operation: 'CreateLoadBalancer', steps: [{ status }] });
  const { accepted } = await scene.stack.api.post<{ accepted: { id: string }[] }>('/jobs', {
    group: { id: GROUP, size: 3 },
    jobs: Object.keys(steps).map((jobId) => ({ ...member, jobId, labels: { team: 'net' } })),
  });
  const job = `#/jobs/${accepted[0]?.id}`;
  await untilSent(job);
  const path = `/subscriptions/${scene.subscriptions.other}`;
  const { deliveries } = await scene.stack.api.get<{ deliveries: { eventId: string }[] }>(`${path}/deliveries`);
  return { webhook: `#${path}`, pages: pagesOf({ job, webhook: `#${path}`, eventId: deliveries[0]?.eventId ?? '' }) };
}

function pagesOf({ job, webhook, eventId }: Readonly<Record<'job' | 'webhook' | 'eventId', string>>) {
  return [
    ['#/', 'Failed recently'],
    ['#/jobs', /^\d+ jobs/],
    ['#/groups', 'of 3 jobs'],
    [`#/groups/${encodeURIComponent(GROUP)}`, 'First submission'],
    [job, 'Transitions and'],
    ['#/jobs/new', 'Times and correlation'],
    ['#/subscriptions', 'Latest attempts'],
    ['#/subscriptions/new', 'Headers'],
    [`${webhook}/edit`, 'Save'],
    [webhook, 'Last answer'],
    [`${webhook}/deliveries/${eventId}`, 'byte for byte'],
    ['#/durations', 'From submission to end'],
    ['#/queues', 'In flight'],
  ] as const;
}

/** One element of each look that can be pressed, by what its styles know it by. */
export async function kindsOn(page: Page): Promise<readonly string[]> {
  const script = `(() => {
    const kinds = new Map();
    const all = document.querySelectorAll('a[href], button:not(:disabled), summary, input, select, textarea');
    for (const one of all) {
      const { width, height } = one.getBoundingClientRect();
      if (width < 2 || height < 2 || one.closest('.skip') || !one.checkVisibility()) continue;
      const words = [one.localName, one.className, one.getAttribute('aria-pressed'), one.getAttribute('aria-current'),
        one.type, one.closest('nav, main, header')?.localName, one.closest('[class]:not(a, button)')?.className];
      const kind = words.join('|');
      if (kinds.has(kind)) continue;
      one.dataset.kind = String(kinds.size);
      kinds.set(kind, '[data-kind="' + kinds.size + '"]');
    }
    return [...kinds.values()];
  })()`;
  return (await page.evaluate(script)) as string[];
}
