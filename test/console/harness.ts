import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { type OwnBrowser, openBrowser } from '../../scripts/screenshots/browser.ts';
import { ensureChromium } from '../../scripts/screenshots/ensure-chromium.ts';
import { type Scene, startScene } from '../../scripts/screenshots/scene.ts';

const chromium = await ensureChromium();
export const isMissing = 'missing' in chromium;
if ('missing' in chromium) console.warn(`The tests of the console are skipped: ${chromium.missing}`);

export interface OpenConsole {
  readonly scene: Scene;
  readonly page: Page;
  /** Goes to a place of the console, signed in. */
  readonly goTo: (hash: string) => Promise<unknown>;
  /** The same, with all of the page loaded anew. */
  readonly goAnew: (hash: string) => Promise<unknown>;
  readonly see: (text: string | RegExp) => Promise<void>;
}

/** The real system of this machine, and Chromium on its console; one for the tests of a file. */
export function useConsole(otherTypes: readonly string[] = ['jobwatch.job.failed']): () => OpenConsole {
  let open: OpenConsole | null = null;
  let own: OwnBrowser | null = null;
  beforeAll(async () => {
    if ('missing' in chromium) return;
    const [scene, browser] = await Promise.all([startScene(otherTypes), openBrowser(chromium.path)]);
    own = browser;
    const context = await browser.browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const urlOf = (hash: string) => `${scene.stack.system.urls.api}/${hash}`;
    await page.goto(urlOf(`#token=${scene.stack.token}`));
    open = {
      scene,
      page,
      goTo: (hash) => page.goto(urlOf(hash)),
      goAnew: (hash) => loadAnew(page, urlOf(hash)),
      see: (text) => page.getByText(text).first().waitFor(),
    };
  }, 90_000);
  afterAll(async () => {
    await own?.close();
    await open?.scene.close();
  }, 30_000);
  return () => {
    if (open === null) throw new Error('The console is not open yet.');
    return open;
  };
}

/** A reload right after a change of the hash alone may load the page before. */
export async function loadAnew(page: Page, url: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(url);
}

/** Another scheme changes the colours and nothing else. `within`: a selector; by default the whole page. */
export async function violations(page: Page, coloursOnly: boolean, within = 'html'): Promise<readonly string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  const only = coloursOnly ? ', runOnly: ["color-contrast"]' : '';
  const result = await page.evaluate(`axe.run(${JSON.stringify(within)}, { resultTypes: ["violations"]${only} })`);
  const { violations: all } = result as { violations: { id: string; impact: string; nodes: { html: string }[] }[] };
  return all
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}
