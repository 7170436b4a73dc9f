import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** What the README tells a newcomer to run; the package is made by the tests' set-up. */
test('the demo brings every sample to its end, says so, and ends by itself', { timeout: 90_000 }, async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['local/demo.ts'], { cwd: ROOT });
  expect(stdout).toMatch(/\nAll \d+ jobs ended as their scripts say, and every event was delivered and verified\. /);
  expect(stdout).toContain('Group shop/release-421 of 5 jobs: succeeded (5 succeeded).');
  const shown = String.raw`-?\d+\.\d s after it, in \d\.\d polls`;
  expect(stdout).toMatch(
    new RegExp(`\nLearning: of a kind .* were seen to end ${shown} each; .* as long, ${shown}\\.\n`),
  );
  expect(stdout).toMatch(/\n {2}npm start {4}# stays up: .*\nand docs\/tutorial\.md: .*\n$/);
  expect(stderr).toBe('');
});
