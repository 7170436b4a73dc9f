import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { snippetsOf } from '../docs/snippets.ts';

/**
 * Goal: the receivers that people copy check what they get. Method: each is started as its first lines say, and gets what
 * the library of Standard Webhooks has signed. One whose tool is not installed is skipped.
 */
const EXAMPLES = join(import.meta.dirname, '../../examples/receivers');
const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;
const EVENT = JSON.stringify({
  id: 'evt_1',
  type: 'jobwatch.job.failed',
  data: { job: { jobId: 'job-ß' }, phase: 'failed', error: { code: '1', message: 'No such zone.' } },
});

const RECEIVERS = [
  { folder: 'node', command: process.execPath, args: ['receiver.mjs'], asks: ['--version'] },
  { folder: 'python', command: 'python3', args: ['receiver.py'], asks: ['--version'] },
  { folder: 'go', command: 'go', args: ['run', '.'], asks: ['version'] },
];

function isInstalled(command: string, asks: readonly string[]): boolean {
  try {
    execFileSync(command, [...asks], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.each(RECEIVERS)('the receiver in $folder', ({ folder, command, args, asks }) => {
  const installed = isInstalled(command, asks);
  let process: ChildProcess;
  let url = '';
  let printed = '';

  beforeAll(async () => {
    if (!installed) return;
    const env = {
      PATH: globalThis.process.env['PATH'],
      HOME: globalThis.process.env['HOME'],
      PORT: '0',
      WEBHOOK_SECRET: SECRET,
    };
    process = spawn(command, args, { cwd: join(EXAMPLES, folder), env, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resolve, reject) => {
      process.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
      process.stdout?.on('data', (chunk: Buffer) => {
        printed += chunk.toString('utf8');
        const port = /listening on port (\d+)/.exec(printed)?.[1];
        if (port === undefined) return;
        url = `http://127.0.0.1:${port}/`;
        resolve();
      });
    });
  }, 60_000);
  afterAll(() => void process?.kill());

  async function send(body: string, { secret = SECRET, atMs = Date.now(), extra = '' } = {}): Promise<number> {
    const at = new Date(atMs);
    const headers = {
      'content-type': 'application/cloudevents+json',
      'webhook-id': 'evt_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': extra + new Webhook(secret).sign('evt_1', at, body),
    };
    return (await fetch(url, { method: 'POST', headers, body })).status;
  }

  test.skipIf(!installed)('takes what is signed, once', async () => {
    expect(await send(EVENT)).toBe(204);
    expect(await send(EVENT)).toBe(204);
    expect(await send(EVENT, { extra: `${new Webhook(OTHER).sign('evt_1', new Date(), EVENT)} ` })).toBe(204);
    await expect.poll(() => printed, { timeout: 10_000 }).toContain('jobwatch.job.failed job-ß No such zone.');
    expect(printed.match(/job-ß/g)).toHaveLength(1);
  });

  test.skipIf(!installed)('refuses what is not, what is old, what was changed and what is too long', async () => {
    expect(await send(EVENT, { secret: OTHER })).toBe(400);
    expect(await send(EVENT, { atMs: Date.now() - 10 * 60_000 })).toBe(400);
    expect((await fetch(url, { method: 'POST', body: EVENT })).status).toBe(400);
    expect(await send(JSON.stringify({ id: 'x'.repeat(70_000) })).catch(() => 413)).toBe(413);
    expect(await send(EVENT)).toBe(204);
  });

  /** Writes bytes that no client would; what comes back until the other side, or this one, ends it. */
  function raw(text: string, isCut: boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      let said = '';
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
        socket.write(text, () => isCut && socket.destroy());
      });
      socket.on('data', (chunk) => {
        said += chunk.toString('latin1');
        socket.end();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(said));
    });
  }

  test.skipIf(!installed)('goes on when a sender breaks off, and reads no endless body', async () => {
    const head = (length: string) => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
    await raw(`${head('1000')}{"id":`, true);
    expect(await send(EVENT)).toBe(204);
    for (const length of ['-1', 'many']) expect(await raw(`${head(length)}{`, false)).toMatch(/^HTTP\/1\.[01] 4\d\d /);
    expect(await send(EVENT)).toBe(204);
    expect(process.exitCode).toBeNull();
  });

  test.skipIf(!installed).each(['', 'whsec_', OTHER.slice(0, 20)])('does not start with the secret %j', (secret) => {
    const env = { PATH: globalThis.process.env['PATH'], HOME: globalThis.process.env['HOME'], PORT: '0' };
    const options = { cwd: join(EXAMPLES, folder), env: { ...env, WEBHOOK_SECRET: secret }, timeout: 30_000 };
    const started = spawnSync(command, args, { ...options, encoding: 'utf8' });
    expect([started.signal, started.status]).toEqual([null, 1]);
    expect(started.stderr).toContain('WEBHOOK_SECRET: expected the whsec_…');
  });
});

test.each(RECEIVERS)('$folder says in its first lines how it is started', ({ folder, args }) => {
  const file = { node: 'receiver.mjs', python: 'receiver.py', go: 'main.go' }[folder] ?? '';
  const head = readFileSync(join(EXAMPLES, folder, file), 'utf8')
    .split('\n')
    .slice(0, 4)
    .join('\n');
  expect(head).toContain(`WEBHOOK_SECRET=whsec_… PORT=8080 `);
  expect(head).toContain(args.join(' '));
});

const SNIPPETS = ['README.md', 'docs/webhooks.md'].flatMap((path) =>
  snippetsOf(path).filter(({ text }) => text.includes('createServer(')),
);

test.each(SNIPPETS)(
  'the receiver of $place takes what is signed, and nothing else',
  { timeout: 30_000 },
  async (snippet) => {
    const folder = await mkdtemp(join(tmpdir(), 'jobwatch-receiver-'));
    await symlink(join(EXAMPLES, '../../node_modules'), join(folder, 'node_modules'));
    const file = join(folder, snippet.language === 'ts' ? 'receiver.mts' : 'receiver.mjs');
    // The port is the machine's choice, and said.
    const text = snippet.text.replace(
      '.listen(8080)',
      ".listen(0, function () { console.log('port', this.address().port); })",
    );
    await writeFile(file, text);
    const child = spawn(process.execPath, [file], {
      env: { WEBHOOK_SECRET: SECRET },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let printed = '';
      child.stdout.on('data', (chunk: Buffer) => {
        printed += chunk.toString('utf8');
      });
      await expect.poll(() => printed, { timeout: 20_000 }).toMatch(/port \d+/);
      const url = `http://127.0.0.1:${/port (\d+)/.exec(printed)?.[1]}/`;
      expect((await fetch(url, { method: 'POST', body: EVENT })).status).toBe(400);
      const at = new Date();
      const headers = {
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(SECRET).sign('evt_1', at, EVENT),
      };
      expect((await fetch(url, { method: 'POST', headers, body: EVENT })).status).toBe(204);
      await expect.poll(() => printed, { timeout: 10_000 }).toContain('jobwatch.job.failed');
    } finally {
      child.kill();
      await rm(folder, { recursive: true });
    }
  },
);
