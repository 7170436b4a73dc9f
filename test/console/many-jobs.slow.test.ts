import { describe, expect, it } from 'vitest';
import { manyJobId, submitMany } from '../../scripts/screenshots/many-jobs.ts';
import { isMissing, useConsole } from './harness.ts';

const ROW = 833;
const ROW_PX = 36;

/** Goal: a list as long as a busy day's is worked through row by row. Method: 2,000 jobs in the real system, at rest. */
describe.skipIf(isMissing)('2,000 jobs', { timeout: 600_000 }, () => {
  const open = useConsole([]);

  it('are all in the list, and Back returns to row 833', async () => {
    const { scene, page, goTo } = open();
    await scene.stack.system.pause('watch', 'wake', 'reconcile');
    await submitMany(scene, 2000);
    page.setDefaultTimeout(60_000);
    await goTo('#/jobs');
    await page.locator('[data-row="5"]').waitFor();
    await page.getByRole('button', { name: /Load all/ }).click();
    await page.locator('.reach', { hasText: /^2.000 jobs/ }).waitFor();
    const top = ROW * ROW_PX - 200;
    await page.evaluate(`document.querySelector(".jobs-scroll").scrollTop = ${top}`);
    const row = page.locator(`[data-row="${ROW}"] .row-link`);
    const jobId = String(await row.textContent());
    await row.click();
    await page.getByRole('heading', { level: 1, name: jobId }).waitFor();
    await page.goBack();
    await page.locator(`[data-row="${ROW}"] .row-link:focus`, { hasText: jobId }).waitFor();
    expect(await page.evaluate('document.querySelector(".jobs-scroll").scrollTop')).toBe(top);
    expect(await page.locator('.reach').textContent()).toMatch(/^2.000 jobs/);
    await page.keyboard.press('j');
    await page.locator(`[data-row="${ROW + 1}"] .row-link:focus`).waitFor();
  });

  it('are none where none failed, and a single one by the beginning of its id', async () => {
    const { page, goTo } = open();
    await goTo('#/jobs');
    await page.getByRole('button', { name: 'Failed recently' }).click();
    await page.getByText('No job matches').waitFor();
    await page.getByRole('link', { name: 'Clear' }).click();
    await page.getByLabel('Id begins with').fill(manyJobId(7));
    await page.locator('.reach', { hasText: /^1 job/ }).waitFor();
    await page.locator('[data-row="0"] .row-link', { hasText: manyJobId(7) }).waitFor();
  });
});
