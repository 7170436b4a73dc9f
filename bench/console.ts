import { loadavg } from 'node:os';
import type { Browser, Page } from 'playwright-core';
import { table } from '../local/progress.ts';
import { openBrowser } from '../scripts/screenshots/browser.ts';
import { ensureChromium } from '../scripts/screenshots/ensure-chromium.ts';
import { submitMany, untilNoneIsOpen } from '../scripts/screenshots/many-jobs.ts';
import { type Scene, startScene } from '../scripts/screenshots/scene.ts';

/**
 * How soon the console's list of 2,000 jobs that have ended is of use, in Chromium on the real system of this machine:
 * each turn in a browser that has nothing of the page yet. Then the same as from 40 ms away at 10 Mbit/s. Times are
 * taken in the page, to the frame after the rows are there.
 *
 * `node bench/console.ts [jobs, default 2000] [turns, default 5]`: about two minutes.
 */
const JOBS = Number(process.argv[2] ?? 2000);
const TURNS = Number(process.argv[3] ?? 5);
const ROW = Math.min(833, JOBS - 50);
const ROW_PX = 36;

interface Way {
  readonly name: string;
  /** null: as fast as the machine. */
  readonly network: { readonly latencyMs: number; readonly bytesPerSecond: number } | null;
}

const WAYS: readonly Way[] = [
  { name: 'this machine', network: null },
  { name: '40 ms, 10 Mbit/s', network: { latencyMs: 40, bytesPerSecond: 1_250_000 } },
];

/** What is done in the page, and by what it is known to be done: both are scripts of the page. */
const STEPS: readonly { readonly name: string; readonly act: string; readonly isDone: string }[] = [
  { name: 'navigation to rows', act: '', isDone: `document.querySelector('[data-row="5"]') !== null` },
  {
    name: 'scrolled to row 95',
    act: `document.querySelector('.jobs-scroll').scrollTop = 95 * ${ROW_PX}`,
    isDone: `document.querySelector('[data-row="95"]') !== null`,
  },
  {
    name: 'a row beyond the first 100',
    act: `document.querySelector('.jobs-scroll').scrollTop = 1e6`,
    isDone: `document.querySelector('[data-row="105"]') !== null`,
  },
  {
    name: '“Failed recently” to its rows',
    act: `[...document.querySelectorAll('.presets button')].find((one) => one.textContent === 'Failed recently').click()`,
    isDone: `location.hash.includes('phase=') && document.querySelector('[data-row="5"] .phase')?.textContent === 'failed'`,
  },
  {
    name: 'all jobs loaded',
    act: `location.hash = '#/jobs';
      const all = () => [...document.querySelectorAll('.reach button')].find((one) => one.textContent.startsWith('Load all'));
      await until(() => all() !== undefined);
      began = performance.now(); all().click()`,
    isDone: `document.querySelector('.reach .num')?.textContent.replace(/\\D/g, '') === '${JOBS}'`,
  },
  {
    name: `back from a job to row ${ROW}`,
    act: `document.querySelector('.jobs-scroll').scrollTop = ${ROW * ROW_PX - 200};
      await until(() => document.querySelector('[data-row="${ROW}"]') !== null);
      document.querySelector('[data-row="${ROW}"] .row-link').click();
      await until(() => document.querySelector('.subtitle') !== null);
      began = performance.now(); history.back()`,
    isDone: `document.querySelector('[data-row="${ROW}"]') !== null`,
  },
];

const chromium = await ensureChromium();
if ('missing' in chromium) throw new Error(chromium.missing);
const scene = await startScene(['jobwatch.job.failed']);
const own = await openBrowser(chromium.path);
try {
  await submitMany(scene, JOBS);
  await untilNoneIsOpen(scene);
  const rows = [['', ...STEPS.map(({ name }) => name)]];
  for (const way of WAYS) {
    await turn(own.browser, scene, way); // Warms the function up.
    const turns: number[][] = [];
    for (let number = 0; number < TURNS; number += 1) turns.push(await turn(own.browser, scene, way));
    rows.push([way.name, ...STEPS.map((_, step) => summary(turns.map((times) => times[step] ?? Number.NaN)))]);
  }
  const columns = rows[0]?.map((_, column) => rows.map((row) => row[column] ?? '')) ?? [];
  const load = loadavg()[0]?.toFixed(1);
  console.log(`${JOBS} jobs, ms, median (worst) of ${TURNS} browsers that were new to the page, load ${load}:\n`);
  console.log(table(columns));
} finally {
  await own.close();
  await scene.close();
}

/** Milliseconds of each step. */
async function turn(browser: Browser, { stack }: Scene, { network }: Way): Promise<number[]> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  if (network !== null) await slowDown(page, network);
  await page.addInitScript(`sessionStorage.setItem('jobwatch-token', ${JSON.stringify(stack.token)})`);
  await page.goto(`${stack.system.urls.api}/#/jobs`, { waitUntil: 'commit' });
  const times: number[] = [];
  for (const { act, isDone } of STEPS) times.push(await timed(page, act, isDone));
  await context.close();
  return times;
}

async function slowDown(page: Page, network: NonNullable<Way['network']>): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: network.latencyMs,
    downloadThroughput: network.bytesPerSecond,
    uploadThroughput: network.bytesPerSecond,
  });
}

/** Without an act the time runs since the navigation began. */
async function timed(page: Page, act: string, isDone: string): Promise<number> {
  const script = `(async () => {
    const frame = () => new Promise(requestAnimationFrame);
    let began = ${act === '' ? '0' : 'performance.now()'};
    const until = async (isDone) => { while (!isDone()) { if (performance.now() - began > 60000) throw new Error('not done'); await frame(); } };
    ${act};
    await until(() => ${isDone});
    await frame();
    return performance.now() - began;
  })()`;
  return Number(await page.evaluate(script));
}

function summary(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)]?.toFixed(0)} (${sorted.at(-1)?.toFixed(0)})`;
}
