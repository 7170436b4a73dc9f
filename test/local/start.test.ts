import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeApiClient } from '../../local/client.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What a newcomer runs after the demo; the package is made by the tests' set-up. */
test('npm start prints settings that work, the next steps, and an event in a line', { timeout: 60_000 }, async () => {
  const started = spawn(process.execPath, ['local/start.ts'], { cwd: ROOT, stdio: 'pipe' });
  const ended = once(started, 'exit');
  let printed = '';
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  try {
    await expect.poll(() => printed, { timeout: 30_000, interval: 100 }).toContain('jobwatch listen --forward-to');
    const [, url = '', token = ''] = /export JOBWATCH_URL=(\S+) JOBWATCH_TOKEN=(\S+)\n/.exec(printed) ?? [];
    expect(printed).toContain(`\n  alias jobwatch='"${process.execPath}" "${join(ROOT, 'dist/jobwatch.mjs')}"'\n`);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const api = makeApiClient(url, token);
    const { subscriptions } = await api.get<{ subscriptions: { id: string }[] }>('/subscriptions');
    await api.post(`/subscriptions/${subscriptions[0]?.id}/test`, { type: 'jobwatch.job.failed' });
    await expect
      .poll(() => printed, { timeout: 10_000, interval: 100 })
      .toMatch(/\nverified {2}\d\d:\d\d:\d\d {2}job\.failed {2}ef6da45b-[^{}\n]*\n/);
  } finally {
    started.kill('SIGINT');
    await ended;
  }
  expect(printed).toMatch(/\nStopping\.\n$/);
});
