import type { DatabaseSync } from 'node:sqlite';
import { sqlite } from '../data/lock.ts';

/** As `abstract-level` has them. Keys are in the order of their bytes. */
export interface Range {
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}
type Operation = { readonly key: string } & (
  | { readonly type: 'put'; readonly value: unknown }
  | { readonly type: 'del' }
);
interface Cursor<One> {
  /** Undefined at the end. */
  next(): Promise<One | undefined>;
}

/** What dynalite asks of a store, on one SQLite file. Values are JSON. */
export interface SqliteStore {
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<void>;
  del(key: string): Promise<void>;
  batch(operations: readonly Operation[]): Promise<void>;
  keys(range?: Range): Cursor<string>;
  values(range?: Range): Cursor<unknown>;
  /**
   * Everything written since the last call is on the disk when it returns true; if that can't be (a full disk), none of
   * it is kept.
   */
  settle(): boolean;
  close(): Promise<void>;
}

const PAGE_ROWS = 100;
const BOUNDS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;
const bytes = (key: string): Buffer => Buffer.from(key, 'utf8');

/** Throws if the file is no database. */
export function makeSqliteStore(path: string): SqliteStore {
  const { DatabaseSync } = sqlite();
  const database = new DatabaseSync(path);
  // FULL: a commit is on the disk when it returns. https://www.sqlite.org/pragma.html#pragma_synchronous
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`);
  const find = database.prepare('SELECT value FROM entries WHERE key = ?');
  const write = database.prepare('INSERT OR REPLACE INTO entries VALUES (?, ?)');
  const remove = database.prepare('DELETE FROM entries WHERE key = ?');
  const transaction = makeTransaction(database);
  const apply = (operation: Operation): void => {
    if (operation.type === 'del') remove.run(bytes(operation.key));
    else write.run(bytes(operation.key), JSON.stringify(operation.value));
  };
  return {
    async get(key) {
      const row = find.get(bytes(key));
      return row === undefined ? undefined : JSON.parse(String(row['value']));
    },
    put: async (key, value) => transaction.run(() => apply({ type: 'put', key, value })),
    del: async (key) => transaction.run(() => apply({ type: 'del', key })),
    batch: async (operations) => transaction.run(() => operations.forEach(apply)),
    keys: (range = {}) => cursor(database, range, (row) => Buffer.from(row['key'] as Uint8Array).toString('utf8')),
    values: (range = {}) => cursor(database, range, (row) => JSON.parse(String(row['value']))),
    settle: transaction.settle,
    async close() {
      transaction.settle();
      database.close();
    },
  };
}

/**
 * One transaction from the first write to `settle`. A write that fails is not told to dynalite, which would end the
 * process: `settle` tells it.
 */
function makeTransaction(database: DatabaseSync) {
  let hasFailed = false;
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch {
      hasFailed = true;
    }
  };
  return {
    run(work: () => void): void {
      if (hasFailed) return;
      attempt(() => {
        if (!database.isTransaction) database.exec('BEGIN IMMEDIATE');
        work();
      });
    },
    settle(): boolean {
      if (!hasFailed && database.isTransaction) attempt(() => database.exec('COMMIT'));
      const isGood = !hasFailed;
      hasFailed = false;
      // SQLite itself rolls back after some errors.
      if (database.isTransaction) database.exec('ROLLBACK');
      return isGood;
    },
  };
}

type Row = Record<string, unknown>;

/** By pages, each beginning behind the last row of the one before. */
function cursor<One>(database: DatabaseSync, range: Range, read: (row: Row) => One): Cursor<One> {
  const { reverse = false, limit = Number.POSITIVE_INFINITY } = range;
  let left = limit < 0 ? Number.POSITIVE_INFINITY : limit;
  let behind: Uint8Array | null = null;
  let page: Row[] = [];
  let isLast = false;
  const load = (): void => {
    const given = Object.entries(BOUNDS).flatMap(([name, sign]) => {
      const bound = range[name as keyof typeof BOUNDS];
      return bound === undefined ? [] : [{ text: `key ${sign} ?`, value: bytes(bound) as Uint8Array }];
    });
    const wanted = behind === null ? given : [...given, { text: `key ${reverse ? '<' : '>'} ?`, value: behind }];
    const where = wanted.length === 0 ? '' : `WHERE ${wanted.map(({ text }) => text).join(' AND ')}`;
    const sql = `SELECT key, value FROM entries ${where} ORDER BY key ${reverse ? 'DESC' : 'ASC'} LIMIT ${PAGE_ROWS}`;
    page = database.prepare(sql).all(...wanted.map(({ value }) => value));
    isLast = page.length < PAGE_ROWS;
    behind = (page.at(-1)?.['key'] as Uint8Array | undefined) ?? behind;
  };
  return {
    async next() {
      if (left <= 0) return undefined;
      if (page.length === 0 && !isLast) load();
      const row = page.shift();
      if (row === undefined) return undefined;
      left -= 1;
      return read(row);
    },
  };
}
