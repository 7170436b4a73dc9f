import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseTokens } from '../../lib/api/http/auth.ts';
import { makeWorld } from './world.ts';

/** Goal: what a jobwatch on one machine keeps is managed by the command line, without AWS. */
let home = '';
let dir = '';
const run = (...args: string[]) => makeWorld({ env: {} }).run(...args);

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'jobwatch-cli-data-'));
  dir = join(home, 'data');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('tokens are made, listed and revoked in a folder; only their hashes are there', async () => {
  const made = await run('token', 'create', 'ci', '--data', dir, '--scopes', 'read,jobs:write');
  expect([made.code, made.stdout]).toEqual([0, expect.stringMatching(/^jw_[\w-]{43}\n$/)]);
  const text = readFileSync(join(dir, 'api-tokens.json'), 'utf8');
  expect(text).not.toContain(made.stdout.trim());
  expect(parseTokens(text)).toMatchObject({ ok: true, tokens: [{ name: 'ci', permissions: ['read', 'jobs:write'] }] });
  expect((await run('token', 'ls', '--data', dir)).stdout).toMatch(/ci +read jobs:write/);
  expect(await run('token', 'revoke', 'ci', '--data', dir)).toMatchObject({ code: 0 });
  expect((await run('token', 'ls', '--data', dir)).stderr).toContain('There is no token');
});

test('a key of AWS means nothing to a folder', async () => {
  const { code, stderr } = await run('token', 'revoke', 'ci', '--data', dir, '--key-id', 'alias/x');
  expect([code, stderr]).toEqual([64, expect.stringContaining('--key-id is for AWS')]);
});

test('a backup is made and restored; what is wrong is one sentence', async () => {
  await run('token', 'create', 'ci', '--data', dir, '--scopes', 'read');
  for (const name of ['fauxqs.db', 'dynamodb.sqlite']) {
    const database = new DatabaseSync(join(dir, name));
    database.exec('CREATE TABLE one (a)');
    database.close();
  }
  const out = join(home, 'backup');
  expect(await run('backup', '--data', dir, '--out', out)).toMatchObject({
    code: 0,
    stdout: `The backup is in ${out}, 0.0 MB.\n`,
  });
  expect(await run('restore', '--data', dir, '--from', out)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${dir} holds something already`),
  });
  const other = join(home, 'other');
  const restored = await run('restore', '--data', other, '--from', out, '--json');
  expect(JSON.parse(restored.stdout)).toMatchObject({
    folder: other,
    files: { 'dynamodb.sqlite': expect.any(Number) },
  });
  expect((await run('token', 'ls', '--data', other)).stdout).toContain('ci');
  mkdirSync(join(home, 'empty'));
  expect((await run('backup', '--data', join(home, 'empty'), '--out', join(home, 'x'))).stderr).toContain(
    'is no folder of jobwatch',
  );
});
