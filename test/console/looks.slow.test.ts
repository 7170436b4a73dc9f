import { beforeAll, describe, expect, it } from 'vitest';
import { isMissing, useConsole, violations } from './harness.ts';
import { emptyLists, type Furnished, flaws, furnish, kindsOn, TROUBLES } from './states.ts';

/** Goal: every page can be read and used in every state that it can be in: by axe, in light and dark, at every width. */
describe.skipIf(isMissing)('every page in every state', { timeout: 300_000 }, () => {
  const open = useConsole(['jobwatch.job.failed']);
  let pages: Furnished['pages'] = [];
  let webhook = '';

  beforeAll(async () => {
    const { scene, page, goTo } = open();
    page.setDefaultTimeout(60_000);
    ({ pages, webhook } = await furnish(scene, async (job) => {
      await goTo(job);
      await page.locator('.deliveries li', { hasText: scene.endpoint.url }).waitFor();
    }));
  }, 180_000);

  it('filled', async () => {
    const { page, goTo, see } = open();
    const found: string[] = [];
    for (const [hash, ready] of pages) {
      await goTo(hash);
      await see(ready);
      found.push(...(await flaws(page, hash)));
      const panels = page.locator('details.panel:not([open]) > summary');
      while ((await panels.count()) > 0) await panels.first().click();
      found.push(...(await violations(page, false)).map((one) => `${hash}, panels open: ${one}`));
    }
    expect(found).toEqual([]);
  });

  it.each(TROUBLES)('with answers that are $name', async ({ name, answer }) => {
    const { page, goAnew } = open();
    const found: string[] = [];
    for (const [hash] of pages) {
      await page.route('**/v1/**', (route) => void answer(route));
      await goAnew(hash);
      await page.locator('main h1').waitFor({ state: 'attached' });
      const readsNothing = hash.endsWith('/new') && name !== 'none';
      if (name !== 'awaited' && !readsNothing) await page.locator('[role="alert"], .trouble, .stale').first().waitFor();
      found.push(...(await flaws(page, `${hash} ${name}`)));
      await page.unrouteAll({ behavior: 'ignoreErrors' });
    }
    expect(found).toEqual([]);
  });

  it('empty', async () => {
    const { page, see, goAnew } = open();
    const found: string[] = [];
    await page.route('**/v1/**', emptyLists);
    const texts = [
      ['#/', 'No job is open'],
      ['#/jobs', 'No job yet'],
      ['#/jobs?phase=lost', 'No job matches'],
      ['#/groups', /group/],
      ['#/subscriptions', 'No webhook yet'],
      [webhook, 'Nothing was sent yet'],
      ['#/durations', 'Nothing learned yet'],
      ['#/nowhere', 'There is no such page'],
    ] as const;
    for (const [hash, text] of texts) {
      await goAnew(hash);
      await see(text);
      found.push(...(await flaws(page, `${hash} empty`)));
    }
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    expect(found).toEqual([]);
  });

  it('with a connection that is lost', async () => {
    const { page, goTo, see } = open();
    const found: string[] = [];
    for (const [hash, ready] of pages.slice(0, 5)) {
      await goTo(hash);
      await see(ready);
      await page.route('**/v1/**', (route) => route.abort());
      await see(/^No connection since/);
      found.push(...(await flaws(page, `${hash} lost`)));
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.getByRole('button', { name: 'Try now' }).click();
      await page.getByText('No connection since').waitFor({ state: 'hidden' });
    }
    expect(found).toEqual([]);
  });

  it('with a token that may only read', async () => {
    const { page, see, goAnew } = open();
    const found: string[] = [];
    await page.route('**/v1/**', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { ...response.headers(), 'jobwatch-scopes': 'read' } });
    });
    for (const [hash] of pages) {
      await goAnew(hash);
      await see('read only');
      found.push(...(await flaws(page, `${hash} read only`)));
    }
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    expect(found).toEqual([]);
  });

  it('with menus, lists, questions and dialogs open', async () => {
    const { page, goTo } = open();
    const found: string[] = [];
    const cases: readonly (readonly [hash: string, button: string])[] = [
      ['#/jobs', 'summary:has-text("View")'],
      ['#/jobs', '.filter summary'],
      ['#/jobs?open=1', 'summary:has-text("Saved filters")'],
      [webhook, 'button:has-text("Rotate")'],
      [webhook, 'button:has-text("Pause")'],
      [webhook, 'button:has-text("Delete")'],
      [webhook, 'button:has-text("Redeliver …")'],
      [webhook, 'button:has-text("Send test")'],
    ];
    for (const [hash, button] of cases) {
      await goTo('#/groups');
      await goTo(hash);
      await page.locator(button).last().click();
      found.push(...(await flaws(page, `${hash} ${button}`)));
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    found.push(...(await flaws(page, 'the list of keys')));
    await page.keyboard.press('Escape');
    expect(found).toEqual([]);
  });

  it('with forms that hold errors', async () => {
    const { page, goTo, goAnew } = open();
    const found: string[] = [];
    const forms: readonly (readonly [hash: string, before: readonly string[], button: string])[] = [
      ['#/jobs/new', [], 'Submit'],
      ['#/subscriptions/new', ['Choose'], 'Add'],
    ];
    for (const [hash, before, button] of forms) {
      await goAnew(hash); // The token may do all again.
      for (const one of before) await page.getByLabel(one, { exact: true }).check();
      await page.getByRole('button', { name: button, exact: true }).click();
      await page.locator('.field-problem').first().waitFor();
      found.push(...(await flaws(page, `${hash} with errors`)));
    }
    await goTo('#/jobs/new');
    await page.getByRole('button', { name: 'JSON' }).click();
    await page.getByRole('textbox').fill('{"jobID":1}');
    found.push(...(await flaws(page, '#/jobs/new JSON')));
    await goTo('#/jobs');
    await page.getByLabel('Label').fill('team');
    await page.getByLabel('Label').press('Enter');
    found.push(...(await flaws(page, 'half a label')));
    await page.getByLabel('Label').fill('');
    expect(found).toEqual([]);
  });

  it('under the mouse, pressed and with the focus', async () => {
    const { page, goTo, see } = open();
    const found: string[] = [];
    for (const [hash, ready] of pages) {
      await goTo(hash);
      await see(ready);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const selector of await kindsOn(page)) {
          const one = page.locator(selector).first();
          const note = async (state: string) =>
            found.push(
              ...(await violations(page, true, selector)).map((text) => `${hash} ${colorScheme} ${state} ${text}`),
            );
          if (!(await one.isVisible())) continue; // The page has changed since.
          await one.focus();
          await note('focus');
          await one.hover();
          await note('hover');
          await page.mouse.down();
          await note('down');
          await page.mouse.move(1, 1); // Elsewhere: nothing is clicked.
          await page.mouse.up();
        }
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    expect([...new Set(found)]).toEqual([]);
  });

  it('signed out, and with a token that was refused', async () => {
    const { page, goTo, see, scene } = open();
    await goTo('#token=jw_wrong');
    await see('The token was refused.');
    const found = [...(await flaws(page, 'refused'))];
    await page.reload();
    await see('API token');
    found.push(...(await flaws(page, 'signed out')));
    await goTo(`#token=${scene.stack.token}`);
    expect(found).toEqual([]);
  });
});
