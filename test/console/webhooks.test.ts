import { describe, expect, it } from 'vitest';
import { isMissing, useConsole, violations } from './harness.ts';

/** Goal: a webhook is added, tried, changed, paused, redelivered and deleted without leaving the page. */
describe.skipIf(isMissing)('webhooks in the console', { timeout: 90_000 }, () => {
  const open = useConsole([]);
  const count = async (): Promise<number> => {
    const all = await open().scene.stack.api.get<{ subscriptions: unknown[] }>('/subscriptions');
    return all.subscriptions.length;
  };

  it('adds one with chosen events and a filter, shows its secret once, and sends a sample', async () => {
    const { page, goTo, see, scene } = open();
    await goTo('#/subscriptions');
    await page.getByRole('link', { name: 'Add a webhook' }).click();
    await page.getByLabel(/^URL/).fill(`${scene.endpoint.url}/added`);
    await page.getByLabel('Choose', { exact: true }).check();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await see('expected at least one type');
    await page.getByLabel(/^job.failed The job failed/).check();
    await page.getByLabel(/^job.lost/).check();
    await page.getByLabel('api', { exact: true }).selectOption('alibaba.alb');
    await page.getByLabel('Labels').fill('team=net');
    await page.getByLabel('Description').fill('Added by hand');
    expect(await violations(page, false)).toEqual([]);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await see('it is shown only once');
    const secret = await page.locator('.result code').textContent();
    expect(secret).toMatch(/^whsec_/);
    await page.getByRole('button', { name: 'Python' }).click();
    await see('HTTPServer');
    expect(await violations(page, false)).toEqual([]);
    scene.endpoint.answer(418, 'short and stout');
    await page.getByLabel('Event to send').selectOption('jobwatch.job.timed_out');
    await page.getByRole('button', { name: 'Send test' }).click();
    await see('the endpoint answered 418');
    await see('short and stout');
    scene.endpoint.answer(204, '');
    await page.getByRole('link', { name: 'Go to the webhook' }).click();
    await see('job.failed, job.lost');
    await see('Added by hand');
    expect(await page.content()).not.toContain(secret);
  });

  it('changes what was changed and nothing else', async () => {
    const { page, see, scene } = open();
    await page.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('All events').check();
    await page.getByLabel('Labels').fill('');
    expect(await violations(page, false)).toEqual([]);
    const sent = page.waitForRequest((request) => request.method() === 'PATCH');
    await page.getByRole('button', { name: 'Save' }).click();
    expect((await sent).postDataJSON()).toEqual({ types: ['jobwatch.*'], filter: { api: 'alibaba.alb' } });
    await see('Added by hand');
    const id = page.url().split('/').at(-1);
    const { types, url } = await scene.stack.api.get<{ types: string[]; url: string }>(`/subscriptions/${id}`);
    expect([types, url]).toEqual([['jobwatch.*'], `${scene.endpoint.url}/added`]);
  });

  it('asks for the headers again when the URL is of another host, or sends none', async () => {
    const { page, goTo, see, scene } = open();
    const url = `${scene.endpoint.url}/with-headers`;
    const made = { url, description: 'With headers', headers: { authorization: 'Bearer c0ffee' } };
    const { id } = await scene.stack.api.post<{ id: string }>('/subscriptions', made);
    const other = url.replace('127.0.0.1', 'localhost');
    await goTo(`#/subscriptions/${id}/edit`);
    await page.getByLabel(/^URL/).fill(other);
    await page.getByRole('button', { name: 'Save' }).click();
    await see('The URL is of another host: give authorization again for that one, or choose to send none.');
    await page.locator('#field-headers:focus').waitFor();
    expect(await violations(page, false)).toEqual([]);
    await page.locator('#field-headers').fill('Authorization: Bearer 4dea');
    const sent = page.waitForRequest((request) => request.method() === 'PATCH');
    await page.getByRole('button', { name: 'Save' }).click();
    expect((await sent).postDataJSON()).toEqual({ url: other, headers: { Authorization: 'Bearer 4dea' } });
    await page.getByRole('heading', { level: 1, name: other }).waitFor();
    await goTo(`#/subscriptions/${id}/edit`);
    await page.getByLabel(/^URL/).fill(url);
    await page.getByLabel(/^Send none of these headers/).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: url }).waitFor();
    expect(await scene.stack.api.get(`/subscriptions/${id}`)).toMatchObject({ url, headers: [] });
    await scene.stack.api.remove(`/subscriptions/${id}`);
    await goTo('#/subscriptions');
    await page.getByRole('link', { name: `${scene.endpoint.url}/added` }).click();
    await see('Added by hand');
  });

  it('pauses it, says how many events did not arrive, sends those again and deletes it', async () => {
    const { page, see, scene } = open();
    await page.getByRole('button', { name: 'Pause' }).click();
    await see('waiting deliveries are canceled');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('.subtitle', { hasText: 'paused' }).waitFor();
    await see(/^Nothing is sent until you resume it. Since .*, by local\.$/);
    for (const jobId of ['one', 'two'])
      scene.simulator.addJob({ api: 'alibaba.alb', jobId, operation: 'Create', steps: [{ status: 'Succeeded' }] });
    const jobs = ['one', 'two'].map((jobId) => ({ api: 'alibaba.alb', region: 'cn-hangzhou', jobId }));
    await scene.stack.api.post('/jobs', { jobs });
    await page.locator('tr', { hasText: 'skipped' }).nth(1).waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.locator('.subtitle', { hasText: 'active' }).waitFor();
    await page.getByRole('button', { name: 'Redeliver …' }).click();
    await see('2 events of the last 24 hours did not arrive.');
    expect(await page.locator('tr', { hasText: 'skipped' }).count()).toBe(2);
    await page.getByRole('button', { name: 'Send them again' }).click();
    await see('2 sent again.');
    await page.locator('tr', { hasText: 'delivered' }).nth(1).waitFor();
    await page.locator('.filter', { hasText: 'State' }).locator('select').selectOption('waiting');
    await see('No delivery matches');
    await page.locator('.filter', { hasText: 'State' }).locator('select').selectOption('delivered');
    await page.getByLabel('Job', { exact: true }).fill('one');
    await page.locator('tbody tr:only-child', { hasText: 'one' }).waitFor();
    expect(page.url()).toContain('?state=delivered&job=one');
    expect(await violations(page, false)).toEqual([]);
    await page.getByRole('link', { name: 'Clear' }).click();
    const before = await count();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await count()).toBe(before);
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor();
    expect(await count()).toBe(before - 1);
  });
});
