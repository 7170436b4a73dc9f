import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from './screenshots/browser.ts';
import { ensureChromium } from './screenshots/ensure-chromium.ts';
import { seedPast } from './screenshots/past.ts';
import { play, RELEASE, type Scene, startScene } from './screenshots/scene.ts';
import { smallPng } from './screenshots/small-png.ts';

const FOLDER = 'docs/images';
/** The longest of the short jobs and its telling. */
const PLAY_MS = 34_000;

interface Look {
  readonly name: string;
  readonly scheme: 'light' | 'dark';
  readonly width: number;
  readonly height: number;
}

const LOOKS: readonly Look[] = [
  { name: '', scheme: 'light', width: 1440, height: 900 },
  { name: '-dark', scheme: 'dark', width: 1440, height: 900 },
  { name: '-narrow', scheme: 'light', width: 360, height: 780 },
];

interface Shot {
  readonly name: string;
  readonly path: string;
  /** Text that is there when the page is. */
  readonly ready: string | RegExp;
  readonly before?: (page: Page) => Promise<void>;
}

/** Pictures of every page in light, dark and narrow, of the real system at work, to `docs/images/`. */
async function main(): Promise<number> {
  const chromium = await ensureChromium();
  if ('missing' in chromium) {
    console.error(chromium.missing);
    return 1;
  }
  const scene = await startScene(['jobwatch.job.failed', 'jobwatch.job.rollback_failed']);
  const own = await openBrowser(chromium.path);
  try {
    await prepare(scene);
    const shots = await shotsOf(scene);
    mkdirSync(FOLDER, { recursive: true });
    for (const look of LOOKS) await takeAll(own.browser, scene, look, shots);
  } finally {
    await own.close();
    await scene.close();
  }
  return 0;
}

async function prepare(scene: Scene): Promise<void> {
  scene.endpoint.answer(503, 'upstream connect error: connection refused');
  await seedPast(scene);
  await play(scene);
  await sleep(PLAY_MS);
}

interface Listed {
  readonly id: string;
  readonly jobId: string;
}

async function shotsOf({ stack, subscriptions: { other } }: Scene): Promise<readonly Shot[]> {
  const long = await stack.api.get<{ jobs: Listed[] }>('/jobs?limit=100&idPrefix=f20c7a55');
  const rolledBack = await stack.api.get<{ jobs: Listed[] }>('/jobs?limit=100&phase=rollback_failed');
  const { deliveries } = await stack.api.get<{ deliveries: { eventId: string; attempts: unknown[] }[] }>(
    `/subscriptions/${other}/deliveries`,
  );
  const tried = deliveries.find(({ attempts }) => attempts.length > 1);
  const lived = long.jobs.find(({ jobId }) => jobId.endsWith('0'))?.id ?? '';
  return [
    { name: 'now', path: '#/', ready: '% in 24 h' },
    { name: 'jobs', path: '#/jobs', ready: /^\d+ jobs/ },
    { name: 'job', path: `#/jobs/${rolledBack.jobs[0]?.id}`, ready: 'Transitions' },
    { name: 'job-open', path: `#/jobs/${lived}`, ready: 'Transitions' },
    { name: 'groups', path: '#/groups', ready: /of \d+ jobs/ },
    { name: 'group', path: hrefOfGroup(RELEASE), ready: 'First submission' },
    { name: 'submit', path: '#/jobs/new', ready: 'Submit a job', before: fillWrongly },
    { name: 'subscriptions', path: '#/subscriptions', ready: /^\d+ of \d+/ },
    { name: 'webhook-new', path: '#/subscriptions/new', ready: 'Headers', before: chooseEvents },
    { name: 'subscription', path: `#/subscriptions/${other}`, ready: 'Last answer', before: test },
    { name: 'delivery', path: `#/subscriptions/${other}/deliveries/${tried?.eventId}`, ready: 'byte for byte' },
    { name: 'history', path: '#/history', ready: 'Detection delay' },
    { name: 'durations', path: '#/durations', ready: 'learned' },
    { name: 'queues', path: '#/queues', ready: 'Dead deliveries' },
  ];
}

function hrefOfGroup(id: string): string {
  return `#/groups/${encodeURIComponent(id)}`;
}

async function fillWrongly(page: Page): Promise<void> {
  await page.getByLabel('api').selectOption('huawei.elb.v3');
  await page.getByLabel('Region').fill('EU DE');
  await page.getByLabel('Vendor’s job id').fill('ef6da45b-35d9-4c18-8c35-0b80d94a0001');
  await page.getByRole('button', { name: 'Submit', exact: true }).click();
}

async function chooseEvents(page: Page): Promise<void> {
  await page.getByLabel('Choose', { exact: true }).check();
  await page.getByLabel(/^job.failed/).check();
}

async function test(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Send test' }).click();
  await page.getByText('after').first().waitFor();
}

async function takeAll(browser: Browser, { stack }: Scene, look: Look, shots: readonly Shot[]): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.height },
    colorScheme: look.scheme,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(`${stack.system.urls.api}/#token=${stack.token}`);
  await page.getByText('working').first().waitFor();
  for (const { name, path, ready, before } of shots) {
    await page.goto(`${stack.system.urls.api}/${path}`);
    await page.getByText(ready).first().waitFor();
    await before?.(page);
    await page.mouse.move(0, 0); // Nothing is shown as under the mouse.
    await sleep(600);
    const file = join(FOLDER, `${name}${look.name}.png`);
    writeFileSync(file, smallPng(await page.screenshot()));
    console.log(file);
  }
  await context.close();
}

process.exitCode = await main();
