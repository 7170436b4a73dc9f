import type { Route } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { isMissing, useConsole, violations } from './harness.ts';
import { aListedJob } from './jobs.ts';

/** Goal: in a list of thousands somebody finds what failed, opens it, and goes on from there. */
describe.skipIf(isMissing)('the list of jobs', { timeout: 90_000 }, () => {
  const open = useConsole([]);
  afterEach(() => open().page.unrouteAll({ behavior: 'wait' }));
  const query = () => new URLSearchParams(open().page.url().split('?')[1] ?? '');

  it('finds jobs by several phases, by labels and values that are clicked, and by the beginning of an id', async () => {
    const { scene, page, goTo, see } = open();
    const job = (jobId: string, status: string) =>
      scene.simulator.addJob({ api: 'alibaba.alb', jobId, operation: 'CreateLoadBalancer', steps: [{ status }] });
    job('good-1', 'Succeeded');
    job('bad-1', 'Failed');
    job('bad-2', 'Failed');
    const common = { api: 'alibaba.alb', region: 'cn-hangzhou' };
    const jobs = [
      { ...common, jobId: 'good-1', labels: { team: 'net', deployment: 'shop-421' } },
      { ...common, jobId: 'bad-1', labels: { team: 'net' } },
      { ...common, jobId: 'bad-2', labels: { team: 'web' } },
    ];
    await scene.stack.api.post('/jobs', { jobs });
    await goTo('#/jobs');
    await page.locator('.job-row', { hasText: 'good-1' }).getByText('succeeded').waitFor({ timeout: 40_000 });
    await page.locator('.job-row', { hasText: 'bad-2' }).getByText('failed').waitFor();
    await page.locator('.job-row', { hasText: 'bad-1' }).getByText('ago').waitFor();
    await page.getByRole('button', { name: 'Failed recently' }).click();
    await see('2 jobs');
    expect(query().get('phase')).toBe('failed,rollback_failed,timed_out,lost');
    expect(await violations(page, false)).toEqual([]);
    await page.locator('.job-row', { hasText: 'bad-1' }).getByRole('link', { name: 'team=net' }).click();
    await see('1 job');
    await page.getByRole('button', { name: 'Remove the filter team=net' }).click();
    await see('2 jobs');
    await page.getByLabel(/^Phase:/).click();
    expect(await violations(page, false)).toEqual([]);
    await page.getByRole('checkbox', { name: 'succeeded' }).check();
    await see('3 jobs');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Clear' }).click();
    await page.getByLabel('Id begins with').fill('bad-');
    await see('2 jobs');
    await page.getByLabel('Id begins with').fill('');
    await see('3 jobs');
    await page.getByLabel('Label').fill('team');
    await page.getByLabel('Label').press('Enter');
    await see('expected key=value');
    expect(query().has('label')).toBe(false);
    await page.getByLabel('Label').fill('deployment=shop-421');
    await page.getByLabel('Label').press('Enter');
    await see('1 job');
    await page.reload();
    await see('1 job');
  });

  it('saves filters under a name in this browser, gives them again, and deletes them', async () => {
    const { page, goTo, see } = open();
    await goTo('#/jobs');
    await see('3 jobs');
    await page.locator('summary', { hasText: 'Saved filters' }).click();
    await see('Set some to save them');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Failed recently' }).click();
    await see('2 jobs');
    await page.locator('summary', { hasText: 'Saved filters' }).click();
    await page.getByLabel('Save these filters as').fill('Bad ones');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('button', { name: 'Bad ones', exact: true }).waitFor();
    expect(await violations(page, false)).toEqual([]);
    const kept = String(await page.evaluate('localStorage.getItem("jobwatch-views")'));
    expect(JSON.parse(kept)).toEqual([
      { name: 'Bad ones', query: 'phase=failed%2Crollback_failed%2Ctimed_out%2Clost', hours: 24 },
    ]);
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Clear' }).click();
    await see('3 jobs');
    await page.reload();
    await see('3 jobs');
    await page.locator('summary', { hasText: 'Saved filters' }).click();
    await page.getByRole('button', { name: 'Bad ones', exact: true }).click();
    await see('2 jobs');
    expect(query().has('since')).toBe(true);
    await page.locator('summary', { hasText: 'Saved filters' }).click();
    await page.getByRole('button', { name: 'Delete the filters Bad ones' }).click();
    await see('None are saved in this browser.');
    expect(await page.evaluate('localStorage.length')).toBe(0);
    await page.keyboard.press('Escape');
  });

  it('stops a watch and begins it again, says who did, and leads to the vendor’s console', async () => {
    const { scene, page, goTo, see } = open();
    const job = { api: 'alibaba.alb', region: 'cn-hangzhou', jobId: 'again-1', labels: { team: 'net' } };
    scene.simulator.addJob({
      api: job.api,
      jobId: job.jobId,
      resourceId: 'alb-4711',
      resourceType: 'loadbalancer',
      steps: [{ status: 'Processing' }],
    });
    const { accepted } = await scene.stack.api.post<{ accepted: { id: string }[] }>('/jobs', job);
    await goTo(`#/jobs/${accepted[0]?.id}`);
    await page.getByRole('button', { name: 'Stop the watch' }).click();
    await page.getByRole('button', { name: 'Stop the watch' }).click();
    await page.locator('.subtitle', { hasText: 'stopped' }).waitFor();
    await page.locator('.transitions li', { hasText: 'stopped by local' }).waitFor();
    await page.getByRole('button', { name: 'Watch again' }).click();
    await see('sent as a new event');
    expect(await violations(page, false)).toEqual([]);
    await page.getByRole('button', { name: 'Watch again' }).click();
    await page.locator('.transitions li', { hasText: 'watched again by local' }).waitFor();
    await page.locator('.subtitle', { hasText: 'running' }).waitFor({ timeout: 40_000 });
    const link = page.getByRole('link', { name: 'the resource at slb.console.aliyun.com' });
    expect(await link.getAttribute('href')).toBe('https://slb.console.aliyun.com/alb/cn-hangzhou/albs/alb-4711');
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
    await page.getByRole('button', { name: 'Stop the watch' }).click();
    await page.getByRole('button', { name: 'Stop the watch' }).click();
    await page.locator('.subtitle', { hasText: 'stopped' }).waitFor();
  });

  it('goes back to the very row of 2,000 from which a job was opened', async () => {
    const { page, goTo, see } = open();
    await page.route('**/v1/jobs?*', manyJobs);
    await page.route('**/v1/jobs/job_*', (route) => route.fulfill({ json: aListedJob(833, 'job-8-33') }));
    await goTo('#/');
    await goTo('#/jobs');
    await see('job-0-0');
    await page.getByRole('button', { name: /Load all/ }).click();
    await page.locator('.reach', { hasText: /^2.000 jobs/ }).waitFor();
    await page.locator('[data-row="0"] .row-link').focus();
    await page.evaluate('document.querySelector(".jobs-scroll").scrollTop = 833 * 36 - 200');
    await page.locator('[data-row="833"]').getByText('job-8-33').click();
    await page.getByRole('heading', { level: 1, name: 'job-8-33' }).waitFor();
    await page.goBack();
    await page.locator('[data-row="833"] .row-link:focus').waitFor();
    expect(await page.evaluate('document.querySelector(".jobs-scroll").scrollTop')).toBe(833 * 36 - 200);
    expect(await page.locator('.reach').textContent()).toMatch(/^2.000 jobs/);
    await page.keyboard.press('j');
    await expect.poll(() => page.evaluate('document.activeElement.closest("[data-row]")?.dataset.row')).toBe('834');
    await page.getByRole('link', { name: 'Now', exact: true }).click();
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await see('job-0-0');
  });

  it('signs new tabs in if it is told to, and signs them all out together', async () => {
    const { page, goTo, see } = open();
    const signedOut = await page.context().newPage();
    await signedOut.goto(page.url());
    await signedOut.getByLabel('API token').waitFor();
    await goTo('#/jobs');
    await page.locator('summary', { hasText: 'View' }).click();
    expect(await violations(page, false)).toEqual([]);
    await page.getByLabel('Stay signed in').check();
    await page.keyboard.press('Escape');
    const [second] = await Promise.all([
      page.context().waitForEvent('page'),
      page
        .locator('.job-row', { hasText: 'bad-1' })
        .locator('.row-link')
        .click({ modifiers: ['Control'] }),
    ]);
    await second.getByRole('heading', { level: 1, name: 'bad-1' }).waitFor();
    await page.locator('summary', { hasText: 'View' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await see('API token');
    await second.getByLabel('API token').waitFor();
    expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0);
    await Promise.all([second.close(), signedOut.close()]);
    await goTo(`#token=${open().scene.stack.token}`);
  });

  it('tells times in the zone that was chosen, and lists its keys', async () => {
    const { page, goTo, see } = open();
    await goTo('#/jobs');
    await page.locator('.job-row', { hasText: 'bad-1' }).locator('.row-link').click();
    await see(/\d\d:\d\d:\d\d UTC/);
    await page.locator('summary', { hasText: 'View' }).click();
    await page.getByLabel('Times of this browser').check();
    await see(/\d\d:\d\d:\d\d [+-]\d\d:\d\d/);
    await page.getByLabel('Times in UTC').check();
    await see(/\d\d:\d\d:\d\d UTC/);
    expect(await page.evaluate('localStorage.length')).toBe(0);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog').getByText('from row to row').waitFor();
    expect(await violations(page, false)).toEqual([]);
    await page.keyboard.press('Escape');
  });

  it('exports what it shows', async () => {
    const { page, goTo, see } = open();
    await goTo('#/jobs?label=deployment%3Dshop-421');
    await see('1 job');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ]);
    const text = await file.createReadStream().then((stream) => stream.toArray());
    expect(file.suggestedFilename()).toBe('jobs.csv');
    expect(Buffer.concat(text).toString('utf8')).toMatch(/^id,api.*\r\njob_.*good-1/s);
  });
});

/** Twenty pages of a hundred. */
async function manyJobs(route: Route): Promise<void> {
  const number = Number(new URL(route.request().url()).searchParams.get('cursor') ?? '0');
  const jobs = Array.from({ length: 100 }, (_, index) => aListedJob(number * 100 + index, `job-${number}-${index}`));
  await route.fulfill({ json: { jobs, ...(number === 19 ? {} : { nextCursor: String(number + 1) }) } });
}
