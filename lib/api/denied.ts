import { type Iso, toIso } from '../base/time.ts';

/** Why calls for an account are kept back. */
export interface Denial {
  /** The account itself (absent, malformed, of another cloud), its key, or what the key may do in a scope. */
  readonly what: 'account' | 'key' | 'scope';
  /** `api/account/region`, and the project where there is one; null: not of a scope. */
  readonly scope: string | null;
  readonly since: Iso;
  readonly reason: string;
  /** No call is made before; null: looked at again each minute, as long as a job waits. */
  readonly nextTryAt: Iso | null;
}

export interface DeniedAccount {
  readonly account: string;
  /** Of the longest of its denials. */
  readonly since: Iso;
  /** The longest first. */
  readonly denials: readonly Denial[];
}

/** An item of the table `state`: a key, scope or account, under the names of its breaker. */
export interface DeniableState {
  /** `key#…`, `scope#<scope>` or `account#…`. */
  readonly id: string;
  readonly denial: {
    readonly account: string;
    readonly since: Iso;
    readonly untilMs: number;
    readonly versions: Readonly<Record<string, unknown>>;
    readonly reason: string;
  } | null;
}

/**
 * A key or scope is tried at least every half an hour as long as a job waits for it. One that nobody has tried for an
 * hour is needed no more: the account has another key by now, or no job.
 */
const UNUSED_MS = 60 * 60_000;

/** Each account that is denied, once: those that share a refused key too, as far as their use of it was refused. */
export function deniedAccounts(states: readonly DeniableState[], nowMs: number): readonly DeniedAccount[] {
  const denials = new Map<string, Denial[]>();
  for (const { id, denial } of states) {
    if (denial === null || (whatOf(id) !== 'account' && denial.untilMs < nowMs - UNUSED_MS)) continue;
    for (const account of new Set([denial.account, ...Object.keys(denial.versions)]))
      denials.set(account, [...(denials.get(account) ?? []), denialOf(id, denial)]);
  }
  return [...denials].map(([account, all]) => {
    const sorted = all.sort((a, b) => (a.since < b.since ? -1 : 1));
    return { account, since: sorted[0]?.since ?? '', denials: sorted };
  });
}

function denialOf(id: string, { since, reason, untilMs }: NonNullable<DeniableState['denial']>): Denial {
  const what = whatOf(id);
  const scope = what === 'scope' ? id.slice(id.indexOf('#') + 1) : null;
  return { what, scope, since, reason, nextTryAt: what === 'account' ? null : toIso(untilMs) };
}

function whatOf(id: string): Denial['what'] {
  const kind = id.slice(0, id.indexOf('#'));
  return kind === 'key' || kind === 'scope' ? kind : 'account';
}

/** Names come from messages: anybody who may submit could make the list as long as it likes. */
const SHOWN_MAX = 100;

/** Those that have been denied longest. */
export function longestDenied<Denied extends Pick<DeniedAccount, 'since'>>(denied: readonly Denied[]): Denied[] {
  return denied.toSorted((a, b) => (a.since < b.since ? -1 : 1)).slice(0, SHOWN_MAX);
}
