import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnBrowser, openBrowser } from '../../scripts/screenshots/browser.ts';
import { ensureChromium } from '../../scripts/screenshots/ensure-chromium.ts';
import { type Scene, startScene } from '../../scripts/screenshots/scene.ts';
import { loadAnew, violations } from './harness.ts';
import { aListedJob } from './jobs.ts';

/**
 * Goal: an operator can do with the console what it is for. Method: Chromium on the real system of this machine, with
 * markup in every text that strangers write.
 */
const chromium = await ensureChromium();
const MARKUP = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
const FIRST_ID = 'a<img_src=x_onerror=alert(1)>';

if ('missing' in chromium) console.warn(`The tests of the console are skipped: ${chromium.missing}`);

describe.skipIf('missing' in chromium)('the console', { timeout: 90_000 }, () => {
  let scene: Scene;
  let own: OwnBrowser;
  let page: Page;
  const complaints: string[] = [];
  const requested: string[] = [];

  beforeAll(async () => {
    [scene, own] = await Promise.all([
      startScene(['jobwatch.job.failed']),
      openBrowser('path' in chromium ? chromium.path : ''),
    ]);
    page = await own.browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
    page.setDefaultTimeout(30_000);
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requested.push(request.url()));
  }, 90_000);

  afterAll(async () => {
    await own?.close();
    await scene?.close();
  }, 30_000);

  const urlOf = (hash: string) => `${scene.stack.system.urls.api}/${hash}`;
  const see = (text: string | RegExp) => page.getByText(text).first().waitFor();
  const failing = (jobId: string) =>
    scene.simulator.addJob({
      api: 'alibaba.alb',
      jobId,
      operation: 'CreateLoadBalancer',
      steps: [{ status: 'Failed', error: { code: '506', message: MARKUP } }],
    });

  it('takes the token out of the URL and keeps it in the tab', async () => {
    await page.goto(urlOf(`#token=${scene.stack.token}`));
    await see('working');
    expect(page.url()).toBe(urlOf('#/'));
    expect(await page.evaluate('sessionStorage.getItem("jobwatch-token")')).toBe(scene.stack.token);
    expect(await page.evaluate('localStorage.length')).toBe(0);
    expect(requested.filter((url) => url.includes(scene.stack.token))).toEqual([]);
  });

  it('submits a job by form, names wrong fields first, and watches it end and its event arrive', async () => {
    failing(FIRST_ID);
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await page.getByRole('link', { name: 'Submit a job' }).click();
    await page.getByLabel('api', { exact: false }).first().selectOption('alibaba.alb');
    await page.getByLabel('Region').fill('CN Hangzhou');
    await page.getByLabel('Vendor’s job id').fill(FIRST_ID);
    await page.getByLabel('Labels').fill(`note=${MARKUP}`);
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await see(/expected a region such as eu-central-1/);
    await page.getByLabel('Region').fill('cn-hangzhou');
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: FIRST_ID }).waitFor();
    await page.locator('.subtitle', { hasText: 'failed' }).waitFor();
    await see(`506: ${MARKUP}`);
    await page.locator('.deliveries li', { hasText: scene.endpoint.url }).getByText('delivered').waitFor();
    expect(await page.title()).not.toMatch(/^[12]$/);
  });

  it('shows an endpoint that breaks, word for word, and delivers again when it is mended', async () => {
    scene.endpoint.answer(503, MARKUP);
    failing('second');
    await page.goto(urlOf('#/jobs/new'));
    await page.getByRole('button', { name: 'JSON' }).click();
    await page.getByRole('textbox').fill('{"api":"alibaba.alb","region":"cn-hangzhou","jobID":"second"}');
    await see('unknown field');
    await page.getByRole('textbox').fill('{"api":"alibaba.alb","region":"cn-hangzhou","jobId":"second"}');
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    const sent = page.locator('.deliveries li', { hasText: scene.endpoint.url });
    await sent.getByText('exhausted').waitFor();
    await page.goto(urlOf('#/'));
    await page.getByRole('heading', { name: 'Webhooks' }).waitFor();
    await page.locator('.endpoints li', { hasText: scene.endpoint.url }).getByText('failing').waitFor();
    await page.goBack();
    await sent.getByRole('link').click();
    await see('the endpoint answered 503');
    await see(MARKUP);
    scene.endpoint.answer(204, '');
    await page.getByRole('button', { name: 'Redeliver', exact: true }).click();
    await page.locator('.subtitle', { hasText: 'delivered' }).waitFor();
    expect(await page.evaluate('document.querySelectorAll("img, main script").length')).toBe(0);
  });

  it('shows a group with its jobs as lanes on one timeline, and each job leads to it', async () => {
    const group = { id: `shop/release 1 ${FIRST_ID}`, size: 2 };
    const job = { api: 'alibaba.alb', region: 'cn-hangzhou' };
    scene.simulator.addJob({ api: job.api, jobId: 'lane-2', steps: [{ status: 'Processing' }] });
    const jobs = [
      { ...job, jobId: 'second' },
      { ...job, jobId: 'lane-2' },
    ];
    await scene.stack.api.post('/jobs', { group, jobs });
    await page.getByRole('link', { name: 'Groups', exact: true }).click();
    await page.getByRole('link', { name: group.id }).click();
    await page.getByRole('heading', { level: 1, name: group.id }).waitFor();
    await page.locator('.subtitle', { hasText: 'failing' }).waitFor();
    await page.locator('.lanes li', { hasText: 'lane-2' }).locator('.phase', { hasText: 'running' }).waitFor();
    expect(await page.locator('.lanes li:not(.axis)').count()).toBe(2);
    await page.getByRole('link', { name: 'lane-2' }).click();
    await page.getByRole('heading', { level: 1, name: 'lane-2' }).waitFor();
    await page.getByRole('link', { name: group.id }).click();
    await page.getByRole('heading', { level: 1, name: group.id }).waitFor();
  });

  it('has nothing serious for axe on any page, in light and dark, and fits 360 to 1920 px', {
    timeout: 60_000,
  }, async () => {
    const { jobs } = await scene.stack.api.get<{ jobs: { id: string }[] }>('/jobs');
    const path = `/subscriptions/${scene.subscriptions.other}`;
    const { deliveries } = await scene.stack.api.get<{ deliveries: { eventId: string }[] }>(`${path}/deliveries`);
    const pages: readonly (readonly [hash: string, ready: string])[] = [
      ['#/', 'Failed recently'],
      ['#/jobs', '3 jobs'],
      ['#/groups', 'of 2 jobs'],
      [`#/groups/${encodeURIComponent(`shop/release 1 ${FIRST_ID}`)}`, 'First submission'],
      [`#/jobs/${jobs[0]?.id}`, 'Transitions'],
      ['#/jobs/new', 'Times and correlation'],
      ['#/subscriptions', 'Latest attempts'],
      ['#/subscriptions/new', 'Headers'],
      [`#${path}/edit`, 'Save'],
      [`#${path}`, 'Last answer'],
      [`#${path}/deliveries/${deliveries[0]?.eventId}`, 'byte for byte'],
      ['#/history', 'Detection delay'],
      ['#/durations', 'From submission to end'],
      ['#/queues', 'In flight'],
    ];
    const found: unknown[] = [];
    for (const [hash, ready] of pages) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(urlOf(hash));
      await see(ready);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        found.push(...(await violations(page, colorScheme === 'dark')).map((one) => `${hash} ${colorScheme} ${one}`));
      }
      for (const width of [1920, 390, 360]) {
        await page.setViewportSize({ width, height: 780 });
        const overflow = await page.evaluate('document.scrollingElement.scrollWidth - innerWidth');
        if (Number(overflow) > 0) found.push(`${hash} is ${overflow} px too wide at ${width} px`);
        if (width === 390) found.push(...(await violations(page, false)).map((one) => `${hash} narrow ${one}`));
      }
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light' });
    expect(found).toEqual([]);
  });

  it('stays readable under the mouse and pressed, in light and dark', { timeout: 90_000 }, async () => {
    const kinds = ['nav a:not([aria-current])', 'a.button', '.figure', '.tag', '.row-link', '.value', 'summary'];
    const buttons = ['button.primary', 'button.plain', 'button[aria-pressed="true"]', 'button[aria-pressed="false"]'];
    const found: string[] = [];
    for (const hash of ['#/', '#/jobs', '#/jobs/new', `#/subscriptions/${scene.subscriptions.other}`, '#/durations']) {
      await page.goto(urlOf(hash));
      await page.locator('main a, main button').first().waitFor();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const kind of [...kinds, ...buttons, 'button:not([class])']) {
          const one = page.locator(`${kind}:visible`).first();
          if ((await one.count()) === 0) continue;
          await one.hover();
          found.push(...(await violations(page, true)).map((text) => `${hash} ${colorScheme} ${kind} hover ${text}`));
          await page.mouse.down();
          found.push(...(await violations(page, true)).map((text) => `${hash} ${colorScheme} ${kind} down ${text}`));
          await page.mouse.move(1, 1); // Elsewhere: nothing is clicked.
          await page.mouse.up();
        }
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    expect(found).toEqual([]);
  });

  it('adds the robot of a group and shows neither its address nor its secret again', async () => {
    scene.endpoint.answer(200, '{"errcode":310000,"errmsg":"sign not match"}');
    await page.goto(urlOf('#/subscriptions'));
    await page.getByRole('link', { name: 'Add a webhook' }).click();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await see('expected an https: URL');
    await page.getByLabel('Format').selectOption('dingtalk');
    await page.getByLabel(/^URL/).fill(`${scene.endpoint.url}robot/send?access_token=c0ffee00c0ffee00c0de`);
    await page.getByLabel('Secret from the chat').fill('SECc0ffee');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByLabel('Event to send').selectOption('jobwatch.job.failed');
    await page.getByRole('button', { name: 'Send test' }).click();
    await see('DingTalk answered 310000: sign not match');
    await see('…c0de');
    await page.getByRole('link', { name: 'Go to the webhook' }).click();
    await see('Nothing was sent yet');
    expect(await page.getByRole('button', { name: 'Rotate' }).count()).toBe(0);
    const shown = String(await page.evaluate('document.documentElement.outerHTML'));
    expect(shown).not.toMatch(/c0ffee/);
    scene.endpoint.answer(204, '');
  });

  it('draws some dozens of 10,000 jobs, and the keyboard reaches the last', async () => {
    await page.route('**/v1/jobs?*', manyJobs);
    await page.goto(urlOf('#/jobs'));
    await see('job-0-0');
    await page.getByRole('button', { name: /Load all/ }).click();
    await page.getByText('as many as this page holds').waitFor();
    await page.locator('[data-row="0"] .row-link').focus();
    await page.keyboard.press('End');
    await page.locator('[data-row="9999"] .row-link:focus').waitFor();
    expect(await page.locator('.jobs-body .job-row').count()).toBeLessThan(60);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(page.url()).toContain('#/jobs/job_');
    await page.unrouteAll({ behavior: 'wait' }); // What is being answered is answered first.
  });

  it('hides from a token what it may not do, and says what it may not see', async () => {
    await page.route('**/v1/**', (route) => as(route, 'read'));
    await loadAnew(page, urlOf('#/subscriptions'));
    await see('read only');
    await page.getByRole('link', { name: scene.endpoint.url }).click();
    await see('Last answer');
    expect(await page.getByRole('button', { name: /test|Rotate|Redeliver|Pause|Delete/ }).count()).toBe(0);
    await page.goto(urlOf('#/jobs'));
    await see('3 jobs');
    expect(await page.getByRole('link', { name: 'Submit a job' }).count()).toBe(0);
    await page.unrouteAll({ behavior: 'wait' }); // What is being answered is answered first.
    await page.route('**/v1/jobs?*', (route) =>
      route.fulfill({ status: 403, json: { detail: 'The token does not have the scope "read".' } }),
    );
    await page.goto(urlOf('#/jobs?phase=failed'));
    await see('This token may not see that');
    await page.unrouteAll({ behavior: 'wait' }); // What is being answered is answered first.
    await page.goto(urlOf('#/jobs/job_none'));
    await see('There is no job with this id.');
  });

  it('keeps the pressed tab readable while the mouse is on it', async () => {
    await page.goto(urlOf('#/jobs/new'));
    await page.getByRole('button', { name: 'JSON' }).click();
    await page.locator('button[aria-pressed="true"]:hover', { hasText: 'JSON' }).waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page, colorScheme === 'dark')).toEqual([]);
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('counts what the API counts, and calls a fault of jobwatch by its name', async () => {
    const counts = [{ api: 'alibaba.alb', phase: 'pending', count: 1700 }];
    const recent = [...counts, { api: 'alibaba.alb', phase: 'failed', count: 300 }];
    const at = new Date().toISOString();
    const json = { at, since: at, open: { counts, isWhole: true }, recent: { counts: recent, isWhole: true } };
    await page.route('**/v1/overview', (route) =>
      route.fulfill({ json: { ...json, endedBadly: [aListedJob(1, 'the-latest', { phase: 'failed' })] } }),
    );
    await loadAnew(page, urlOf('#/'));
    await page.locator('.figure', { hasText: 'Open jobs' }).getByText('1\u202f700').waitFor();
    await see('300 of 2\u202f000 jobs of the last 24 hours, the newest 1 shown.');
    await see('the-latest');
    await page.unrouteAll({ behavior: 'wait' }); // What is being answered is answered first.
    await page.route('**/v1/durations', (route) =>
      route.fulfill({ status: 500, json: { detail: 'An unexpected error occurred.', requestId: 'req-4711' } }),
    );
    await page.goto(urlOf('#/durations'));
    await see('jobwatch failed (500)');
    await see('req-4711');
    await page.unrouteAll({ behavior: 'wait' });
  });

  it('says “reading” of what it has not read yet', async () => {
    await page.route('**/v1/health', (route) => route.abort());
    await loadAnew(page, urlOf('#/'));
    await page.locator('.figure', { hasText: 'Oldest due' }).getByText('reading …').waitFor();
    await page.unrouteAll({ behavior: 'wait' });
  });

  it('says once that there is no connection, keeps what was read, and goes on by itself', async () => {
    await page.goto(urlOf('#/'));
    await page.locator('.figure', { hasText: 'Open jobs' }).getByText(/^\d/).waitFor();
    await page.route('**/v1/**', (route) => route.abort());
    await page.getByText(/^No connection since \d\d:\d\d:\d\d/).waitFor();
    await page.getByText(/Next try in \d+ s/).waitFor();
    await page.getByText('no connection', { exact: true }).waitFor();
    await page.locator('.figure', { hasText: 'Open jobs' }).getByText(/^\d/).waitFor();
    expect(await page.getByText(/Failed to fetch|out of date/).count()).toBe(0);
    expect(await violations(page, false)).toEqual([]);
    await page.unrouteAll({ behavior: 'wait' });
    await page.getByRole('button', { name: 'Try now' }).click();
    await page.getByText('No connection since').waitFor({ state: 'hidden' });
    await see('working');
  });

  it('asks what the token may do on a page that reads nothing else', async () => {
    await loadAnew(page, urlOf('#/jobs/new'));
    await page.getByRole('button', { name: 'Submit', exact: true }).waitFor();
  });

  it('asks nobody but the API it came from, and breaks no rule of its policy', () => {
    const { origin } = new URL(scene.stack.system.urls.api);
    expect(requested.filter((url) => !url.startsWith(`${origin}/`))).toEqual([]);
    // What the API refuses, and what a test cuts off, is an error to the browser's console as well.
    expect(complaints.filter((text) => !/status of (40[34]|500)|ERR_FAILED/.test(text))).toEqual([]);
  });

  it('says that a token was refused, and forgets it', async () => {
    await page.goto(urlOf('#token=jw_wrong'));
    await see('The token was refused.');
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });
});

/** A hundred pages of a hundred. */
async function manyJobs(route: Route): Promise<void> {
  const number = Number(new URL(route.request().url()).searchParams.get('cursor') ?? '0');
  const jobs = Array.from({ length: 100 }, (_, index) => aListedJob(number * 100 + index, `job-${number}-${index}`));
  await route.fulfill({ json: { jobs, nextCursor: String(number + 1) } });
}

/** The API's own answer, as it would be for a token of these scopes. */
async function as(route: Route, scopes: string): Promise<void> {
  const response = await route.fetch();
  await route.fulfill({ response, headers: { ...response.headers(), 'jobwatch-scopes': scopes } });
}
