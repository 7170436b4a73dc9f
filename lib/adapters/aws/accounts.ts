import type { Tick } from '../../admission/tick.ts';
import { errorText } from '../../base/error.ts';
import type { Log } from '../../base/log.ts';
import type { Clock } from '../../base/time.ts';
import type { ApiTable } from '../../job/api-facts.ts';
import { type AccountLookup, parseAccount } from '../../vendors/account.ts';
import { ParameterError, type ReadParameter } from './parameter.ts';
import { makeParameterLine, type ParameterLineOptions } from './parameter-line.ts';

export interface AccountsOptions extends ParameterLineOptions {
  readonly stage: string;
  readonly apis: ApiTable;
  readonly clock: Clock;
  readonly log: Pick<Log, 'error'>;
}

/**
 * About once a minute: jobs of something denied come back after 60 s, and a mended account is to be found within two
 * minutes whenever it was mended.
 */
const FRESH_MS = 45_000;
/** Who needs an account that is read again waits at most so long for it, and then goes on with what is known. */
const REFRESH_WAIT_MS = 500;
/**
 * Who needs one of which nothing is known yet: time for two thousand accounts at SSM's default quota, and less than a
 * tick has left when it begins its last call. Whoever waits in vain comes back in a minute.
 */
const FIRST_WAIT_MS = 11_000;
const FAILED_MS = 15_000;
const TOLD_EVERY_MS = 60_000;
/** Names come from messages: those that do not exist may not fill the memory. */
const ENTRIES_MAX = 20_000;

interface Entry {
  /** What was last read; null: nothing yet. */
  lookup: AccountLookup | null;
  /** Until then nothing is read. */
  untilMs: number;
  reading: Promise<AccountLookup> | null;
  /** Why the last read failed. */
  fault: unknown;
}

type LookUp = (name: string, tick: Pick<Tick, 'workers'>) => Promise<AccountLookup>;

/**
 * Accounts in SSM Parameter Store: SecureStrings `/jobwatch/<stage>/accounts/<name>`. What was read is kept, and used
 * for as long as SSM can't be read: its outage stops nobody whose credentials are known here. Rejects only if nothing
 * is.
 */
export function makeAccounts(options: AccountsOptions): LookUp {
  const { stage, apis, clock, sleep, log } = options;
  const line = makeParameterLine(options);
  const entries = new Map<string, Entry>();

  let toldMs = -Infinity;
  /** An outage meets every account: the first says enough. */
  function tell(account: string, error: unknown): void {
    if (clock() - toldMs < TOLD_EVERY_MS) return;
    toldMs = clock();
    log.error('account.fault', { account, error: errorText(error) });
  }

  async function read(name: string, entry: Entry, share: number): Promise<AccountLookup> {
    const parameter = `/jobwatch/${stage}/accounts/${name}`;
    try {
      const isUrgent = entry.lookup?.kind !== 'absent';
      entry.lookup = lookupOf(name, parameter, await line.read(parameter, { isUrgent, share }), apis);
      entry.untilMs = clock() + FRESH_MS;
      entry.fault = null;
      return entry.lookup;
    } catch (error) {
      entry.untilMs = clock() + FAILED_MS;
      entry.fault = error;
      tell(name, error);
      throw error;
    } finally {
      entry.reading = null;
    }
  }

  return async function lookUp(name, { workers }) {
    const entry = entries.get(name) ?? entered(entries, name);
    if (clock() < entry.untilMs) {
      if (entry.lookup === null) throw entry.fault;
      return entry.lookup;
    }
    entry.reading ??= read(name, entry, workers);
    const reading = entry.reading;
    if (entry.lookup === null) return await withinMs(FIRST_WAIT_MS, reading, sleep);
    await Promise.race([reading.catch(() => undefined), sleep(REFRESH_WAIT_MS)]);
    return entry.lookup;
  };
}

/** The read goes on all the same: what it brings is for those who come later. */
async function withinMs<Result>(ms: number, reading: Promise<Result>, sleep: (ms: number) => Promise<void>) {
  reading.catch(() => undefined);
  const late = sleep(ms).then(() => {
    throw new ParameterError('GetParameters', `no answer within ${ms} ms`);
  });
  late.catch(() => undefined);
  return await Promise.race([reading, late]);
}

function lookupOf(
  name: string,
  parameter: string,
  found: Awaited<ReturnType<ReadParameter>>,
  apis: ApiTable,
): AccountLookup {
  if (found === null) {
    const reason = `account "${name}" does not exist: there is no parameter ${parameter}`;
    return { kind: 'absent', reason, version: null };
  }
  const { value, version } = found;
  const parsed = parseAccount(value, apis);
  if (parsed.ok) return { kind: 'found', account: parsed.account, version };
  return { kind: 'malformed', reason: `account "${name}" is malformed, ${parsed.reason}`, version };
}

function entered(entries: Map<string, Entry>, name: string): Entry {
  if (entries.size >= ENTRIES_MAX) {
    const [oldest] = [...entries].find(([, { lookup, reading }]) => lookup?.kind !== 'found' && reading === null) ?? [];
    if (oldest !== undefined) entries.delete(oldest);
  }
  const entry: Entry = { lookup: null, untilMs: 0, reading: null, fault: null };
  entries.set(name, entry);
  return entry;
}
