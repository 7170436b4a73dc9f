import type { Tick } from '../../admission/tick.ts';
import type { Clock } from '../../base/time.ts';
import type { ApiTable } from '../../job/api-facts.ts';
import { type AccountLookup, parseAccount } from '../../vendors/account.ts';
import type { ReadParameter } from './parameter.ts';

export interface AccountsOptions {
  readonly readParameter: ReadParameter;
  readonly stage: string;
  readonly apis: ApiTable;
  readonly clock: Clock;
}

/** Read again after this, and in each tick. */
const CACHE_MS = 5 * 60_000;
/** An account that is not usable is read again sooner: somebody may be mending it. */
const UNUSABLE_CACHE_MS = 30_000;

/** Accounts in SSM Parameter Store: SecureStrings `/jobwatch/<stage>/accounts/<name>`. */
export function makeAccounts({ readParameter, stage, apis, clock }: AccountsOptions) {
  let cache = new Map<string, { lookup: Promise<AccountLookup>; untilMs: number }>();
  let cachedSinceMs = 0;

  async function read(name: string): Promise<AccountLookup> {
    const parameter = `/jobwatch/${stage}/accounts/${name}`;
    const found = await readParameter(parameter);
    if (found === null) {
      const reason = `account "${name}" does not exist: there is no parameter ${parameter}`;
      return { kind: 'absent', reason, version: null };
    }
    const { value, version } = found;
    const parsed = parseAccount(value, apis);
    if (parsed.ok) return { kind: 'found', account: parsed.account, version };
    return { kind: 'malformed', reason: `account "${name}" is malformed, ${parsed.reason}`, version };
  }

  return async function lookUp(name: string, tick: Tick): Promise<AccountLookup> {
    // What was mended before the tick is seen in it.
    if (cachedSinceMs < tick.beganMs) {
      cache = new Map();
      cachedSinceMs = tick.beganMs;
    }
    const known = cache.get(name);
    if (known !== undefined && clock() < known.untilMs) return known.lookup;
    const entry = { lookup: read(name), untilMs: clock() + CACHE_MS };
    cache.set(name, entry);
    try {
      const lookup = await entry.lookup;
      if (lookup.kind !== 'found') entry.untilMs = clock() + UNUSABLE_CACHE_MS;
      return lookup;
    } catch (error) {
      cache.delete(name);
      throw error;
    }
  };
}
