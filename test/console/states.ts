import type { Page, Route } from 'playwright-core';
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
  if (isList && route.request().method() === 'GET') await route.fulfill({ json: EMPTY });
  else await route.continue();
}

const WIDTHS = [390, 600, 900, 1280, 1920];
const HEIGHT = 850;

/** What axe finds in light and dark, and at which widths the page is wider than the window. */
export async function flaws(page: Page, state: string): Promise<readonly string[]> {
  console.log(state);
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
  if (found.length > 0) console.log('FOUND', JSON.stringify(found));
  return found;
}
