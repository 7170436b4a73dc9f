import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { backup, restore } from '../../../local/data/backup.ts';
import { DATA_FORMAT, formatOf, openFolder } from '../../../local/data/folder.ts';
import { lockFolder } from '../../../local/data/lock.ts';
import { readTokens, saveTokens } from '../../../local/data/tokens.ts';

const DATABASES = ['fauxqs.db', 'dynamodb.sqlite'];

/** Goal: the folder of `serve` is opened by one process, by no older version, and comes back whole from a backup. */
let home = '';
let dir = '';

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'jobwatch-data-'));
  dir = join(home, 'data');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe('a folder', () => {
  test('is made for its owner alone, and says its format', () => {
    expect(openFolder(dir, '1.2.3')).toBeNull();
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(formatOf(dir)).toEqual({ format: DATA_FORMAT, version: '1.2.3' });
  });

  test('of an older version is taken over', () => {
    mkdirSync(dir);
    writeFileSync(join(dir, 'dynamodb.sqlite'), '');
    expect(openFolder(dir, '1.2.3')).toEqual({ format: 0, version: 'before 0.3.0' });
    expect(formatOf(dir)).toEqual({ format: DATA_FORMAT, version: '1.2.3' });
  });

  test('of a newer format is refused, and left as it is', () => {
    openFolder(dir, '1.2.3');
    const newer = JSON.stringify({ format: DATA_FORMAT + 1, version: '9.0.0' });
    writeFileSync(join(dir, 'jobwatch.json'), newer);
    expect(() => openFolder(dir, '1.2.3')).toThrow(`has format ${DATA_FORMAT + 1}, written by jobwatch 9.0.0`);
    expect(readFileSync(join(dir, 'jobwatch.json'), 'utf8')).toBe(newer);
  });

  test('of somebody else is refused, and its rights stay', () => {
    mkdirSync(dir, { mode: 0o755 });
    chmodSync(dir, 0o755);
    writeFileSync(join(dir, 'letter.txt'), 'dear');
    expect(() => openFolder(dir, '1.2.3')).toThrow('holds other things');
    expect(statSync(dir).mode & 0o777).toBe(0o755);
  });

  test('whose format was cut off is refused with what was expected', () => {
    openFolder(dir, '1.2.3');
    truncateSync(join(dir, 'jobwatch.json'), 5);
    expect(() => openFolder(dir, '1.2.3')).toThrow('expected {"format"');
  });

  test('keeps the hashes of tokens in a file for its owner alone', () => {
    openFolder(dir, '1.2.3');
    expect(readTokens(dir)).toBeNull();
    saveTokens(dir, '[]');
    expect(readTokens(dir)?.text).toBe('[]');
    expect(statSync(join(dir, 'api-tokens.json')).mode & 0o777).toBe(0o600);
    expect(() => saveTokens(dir, 'x'.repeat(100_001))).toThrow('longer than 100000 bytes');
    expect(readTokens(dir)?.text).toBe('[]');
  });
});

describe('the lock', () => {
  test('keeps a second one out until it is released', () => {
    const lock = lockFolder(dir);
    expect(() => lockFolder(dir)).toThrow('is in use by another process');
    lock.release();
    lockFolder(dir).release();
  });

  test('ends with its process, also by SIGKILL', async () => {
    const module = join(import.meta.dirname, '../../../local/data/lock.ts');
    const script = `const { lockFolder } = await import(${JSON.stringify(module)});
      lockFolder(${JSON.stringify(dir)}); console.log('locked'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => createInterface(child.stdout).once('line', resolve));
    expect(() => lockFolder(dir)).toThrow('is in use by another process');
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    lockFolder(dir).release();
  });
});

describe('a backup', () => {
  const fill = () => {
    openFolder(dir, '1.2.3');
    saveTokens(dir, '[{"name":"ci"}]');
    const open = DATABASES.map((name) => {
      const database = new DatabaseSync(join(dir, name));
      database.exec("PRAGMA journal_mode = WAL; CREATE TABLE notes (text); INSERT INTO notes VALUES ('kept')");
      return database;
    });
    return () => {
      for (const database of open) database.close();
    };
  };
  const noteIn = (folder: string, name: string) => {
    const database = new DatabaseSync(join(folder, name));
    const row = database.prepare('SELECT text FROM notes').get();
    database.close();
    return row?.['text'];
  };

  test('holds what was written, while the databases are open, and is restored into a new folder', () => {
    const close = fill();
    const out = join(home, 'backup');
    expect(Object.keys(backup(dir, out, '1.2.3').files)).toEqual([...DATABASES]);
    close();
    expect(statSync(out).mode & 0o777).toBe(0o700);
    const other = join(home, 'other');
    restore(other, out, '1.2.3');
    expect(DATABASES.map((name) => noteIn(other, name))).toEqual(['kept', 'kept']);
    expect(readTokens(other)?.text).toBe('[{"name":"ci"}]');
    expect(formatOf(other)).toEqual({ format: DATA_FORMAT, version: '1.2.3' });
  });

  test('is not written over anything, and nothing is restored over anything', () => {
    fill()();
    mkdirSync(join(home, 'full'));
    writeFileSync(join(home, 'full', 'a'), '');
    expect(() => backup(dir, join(home, 'full'), '1.2.3')).toThrow('holds something already');
    backup(dir, join(home, 'backup'), '1.2.3');
    expect(() => restore(dir, join(home, 'backup'), '1.2.3')).toThrow('holds something already');
  });

  test('that is damaged is refused, and the folder stays empty', () => {
    fill()();
    const out = join(home, 'backup');
    backup(dir, out, '1.2.3');
    truncateSync(join(out, 'dynamodb.sqlite'), 5000);
    expect(() => restore(join(home, 'other'), out, '1.2.3')).toThrow('dynamodb.sqlite is damaged');
    expect(() => statSync(join(home, 'other'))).toThrow();
  });

  test('of no folder of jobwatch says so', () => {
    expect(() => backup(dir, join(home, 'backup'), '1.2.3')).toThrow('nothing to back up');
    expect(() => restore(dir, join(home, 'backup'), '1.2.3')).toThrow('is no backup');
  });
});
