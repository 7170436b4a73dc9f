import { chmodSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkAccounts, makeAccountStore } from '../../../local/serve/account-store.ts';
import { parseConfig } from '../../../local/serve/config.ts';
import { SETTINGS } from '../../../local/serve/settings.ts';
import { watchSecondsMax } from '../../../scripts/stage-settings.ts';

const ROOT = join(import.meta.dirname, '../../..');
const parse = (config: object) => parseConfig(JSON.stringify(config), 'serve.json');
const refusal = (config: object): string => {
  try {
    parse(config);
  } catch (error) {
    return String(error);
  }
  return 'taken';
};

describe('the configuration', () => {
  test('has defaults for everything', () => {
    expect(parse({})).toEqual({
      address: '127.0.0.1',
      port: 8080,
      stage: 'prod',
      accounts: {},
      variables: { WEBHOOK_ALLOWED_CIDRS: '' },
    });
  });

  test('takes the settings of the README, under the names of the parameters', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    const [, table = ''] = /\n## Settings\n([\s\S]*?)\n## /.exec(readme) ?? [];
    const named = [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect([...SETTINGS.map(({ variable }) => variable), 'WEBHOOK_ALLOWED_CIDRS'].toSorted()).toEqual(named.toSorted());
    const config = parse({ pollMinSeconds: 3, consoleUrl: 'https://jobwatch.example', allowedCidrs: ['10.0.0.0/8'] });
    expect(config.variables).toEqual({
      POLL_MIN_SECONDS: '3',
      CONSOLE_URL: 'https://jobwatch.example',
      WEBHOOK_ALLOWED_CIDRS: '10.0.0.0/8',
    });
  });

  test('names every wrong field and what was expected of it', () => {
    const wrong = {
      address: 'localhost',
      port: 0,
      stage: 'Prod',
      accounts: { 'a b': { file: 'x' }, ok: { path: 'x' } },
      allowedCidrs: ['ten'],
      pollMinSeconds: 0.5,
      watchSeconds: 58,
      pollMaxsSeconds: 3,
    };
    const said = refusal(wrong);
    for (const sentence of [
      'address: expected an IP address to listen on',
      'port: expected a whole number from 1 to 65535',
      'stage: expected 1 to 20 lower-case letters',
      'a name is 1 to 64 letters',
      'accounts.ok: expected {"file": "PATH"} or {"variable": "NAME"}',
      'allowedCidrs: expected address ranges such as 10.0.0.0/8',
      'pollMinSeconds: expected a whole number from 1 to 3600',
      'watchSeconds: expected at most 57',
      'pollMaxsSeconds: is no key of the configuration',
    ])
      expect(said).toContain(sentence);
    expect(refusal({ pollMinSeconds: 10, pollMaxSeconds: 5 })).toContain(
      'pollMaxSeconds: expected at least pollMinSeconds',
    );
    expect(watchSecondsMax(70)).toBe(57);
  });

  test.each(['', '[]', 'null', '{'])('that is no object (%j) is refused', (text) => {
    expect(() => parseConfig(text, 'serve.json')).toThrow('serve.json');
  });
});

describe('accounts', () => {
  const ACCOUNT = JSON.stringify({ vendor: 'alibaba', accessKeyId: 'a', accessKeySecret: 'secret-1' });
  let dir = '';
  let file = '';
  const options = (more: object = {}) => ({
    dir,
    stage: 'prod',
    accounts: { main: { file }, other: { variable: 'OTHER' } },
    env: { OTHER: ACCOUNT },
    startedAtMs: 7,
    onUnreadable: (reason: string) => told.push(reason),
    ...more,
  });
  let told: string[] = [];

  beforeEach(() => {
    told = [];
    dir = mkdtempSync(join(tmpdir(), 'jobwatch-accounts-'));
    file = join(dir, 'main.json');
    writeFileSync(file, ACCOUNT, { mode: 0o600 });
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test('are read from files and variables, under the names that the functions ask for', () => {
    const store = makeAccountStore(options());
    expect(store.get('/jobwatch/prod/accounts/main')).toMatchObject({ value: ACCOUNT, type: 'SecureString' });
    expect(store.get('/jobwatch/prod/accounts/other')).toMatchObject({ value: ACCOUNT, version: 7 });
    expect(store.get('/jobwatch/prod/accounts/constructor')).toBeNull();
    expect(store.get('/jobwatch/dev/accounts/main')).toBeNull();
    expect(store.below('/jobwatch/prod/accounts', true)).toHaveLength(2);
    expect(() => store.put('/jobwatch/prod/accounts/main', 'x')).toThrow();
  });

  test('have a new version when their file was written anew', () => {
    const store = makeAccountStore(options());
    const before = store.get('/jobwatch/prod/accounts/main')?.version;
    utimesSync(file, 2_000_000_000, 2_000_000_000);
    expect(store.get('/jobwatch/prod/accounts/main')?.version).not.toBe(before);
  });

  test('in a file that others can read are refused at the start, all of them by name, and without a word of them', () => {
    checkAccounts(options());
    chmodSync(file, 0o640);
    const check = () => checkAccounts(options({ env: {} }));
    expect(check).toThrow(`chmod 600 ${file}`);
    expect(check).toThrow('accounts.other: the variable OTHER is not set');
    writeFileSync(file, '{"vendor":"alibaba","accessKeyId":"secret-1"}');
    chmodSync(file, 0o600);
    expect(check).toThrow('accounts.main: accessKeySecret');
    expect(check).not.toThrow('secret-1');
  });

  test('that became unreadable later are told and are none', () => {
    const store = makeAccountStore(options());
    chmodSync(file, 0o644);
    expect(store.get('/jobwatch/prod/accounts/main')).toBeNull();
    expect(told).toEqual([expect.stringContaining('account "main"')]);
  });
});
