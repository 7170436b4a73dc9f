import type { Clock } from '../base/time.ts';
import type { LockRule } from '../vendors/vendor.ts';
import type { KeyState } from './key-state.ts';
import type { Tick } from './tick.ts';

/** Something that a vendor may refuse, a key, a scope or an account itself, as one account uses it. */
export interface Credential {
  readonly id: string;
  readonly account: string;
  readonly accountVersion: string | null;
  /**
   * Of a key: when its cloud locks it, so that its first call goes alone, as a probe. Null: nothing is ever locked. A
   * scope has none: a refused permission locks nothing.
   */
  readonly lockRule: LockRule | null;
  /** Of a key: the scope that calls. */
  readonly scope: string | null;
  /** Calls under way at once, in this process. */
  readonly inFlightMax: number;
  /** Workers that share the tick: each has such a part of what another tick has left under way. */
  readonly workers: number;
}

export interface KeyWait {
  readonly kind: 'wait';
  readonly untilMs: number;
  readonly reason: string;
  readonly isDenied?: boolean;
}

/** A good answer is trusted for so long; then the table is read: another worker may know better. */
const TRUST_MS = 20_000;

/** What this process knows of credentials. A cold start loses it; what must not be lost is in the table `state`. */
export function makeKeyMemory(clock: Clock) {
  const trusted = new Map<string, { sinceMs: number; state: KeyState }>();
  const denied = new Map<string, { untilMs: number; reason: string }>();
  const goodScopes = new Map<string, readonly string[]>();

  return {
    trust(credential: Credential, state: KeyState): void {
      trusted.set(useOf(credential), { sinceMs: clock(), state });
    },

    /** Its state when it was last seen to be good, if that was in this tick and not long ago. */
    trustedState(credential: Credential, tick: Tick, trustMs = TRUST_MS): KeyState | null {
      const known = trusted.get(useOf(credential));
      if (known === undefined || known.sinceMs < tick.beganMs || clock() >= known.sinceMs + trustMs) return null;
      return known.state;
    },

    /** Whether its last answer was good, however long ago. */
    wasGood: (credential: Credential): boolean => trusted.has(useOf(credential)),

    distrust(credential: Credential): void {
      trusted.delete(useOf(credential));
    },

    /** The key is bad, whoever uses it. */
    distrustAll({ id }: Credential): void {
      for (const use of trusted.keys()) if (use.startsWith(`${id}|`)) trusted.delete(use);
    },

    /** The latest last. */
    goodScopes: ({ id }: Credential): readonly string[] => goodScopes.get(id) ?? [],

    noteGoodScope({ id, scope }: Credential): void {
      if (scope !== null) goodScopes.set(id, withScope(goodScopes.get(id) ?? [], scope));
    },

    deny(credential: Credential, untilMs: number, reason: string): void {
      denied.set(useOf(credential), { untilMs, reason });
    },

    clear(credential: Credential): void {
      denied.delete(useOf(credential));
    },

    /** Whether it is known to be denied without reading the table. */
    knownDenial(credential: Credential): KeyWait | null {
      const known = denied.get(useOf(credential));
      return known === undefined || clock() >= known.untilMs ? null : { kind: 'wait', ...known, isDenied: true };
    },
  };
}

export type KeyMemory = ReturnType<typeof makeKeyMemory>;

/** Enough that one of them has a job when the key is refused. */
const GOOD_SCOPES_MAX = 5;

export function withScope(scopes: readonly string[], scope: string): readonly string[] {
  return [...scopes.filter((one) => one !== scope), scope].slice(-GOOD_SCOPES_MAX);
}

/** A key is good as one version of one account uses it: another secret for the same key is probed first. */
function useOf({ id, account, accountVersion }: Credential): string {
  return `${id}|${account}|${accountVersion}`;
}

/** Calls of a credential under way in this process, and the probe that its other calls wait for. */
export function makeCallsUnderWay() {
  const counts = new Map<string, number>();
  /** Keys that their cloud may lock. */
  const lockable = new Set<string>();
  const probes = new Map<string, PromiseWithResolvers<void>>();

  return {
    count: (id: string): number => counts.get(id) ?? 0,

    /** Of each key that has some, and that its cloud may lock. */
    ofLockable: (): ReadonlyMap<string, number> =>
      new Map([...counts].filter(([id, count]) => count > 0 && lockable.has(id))),

    begin({ id, lockRule }: Credential): void {
      if (lockRule !== null) lockable.add(id);
      counts.set(id, (counts.get(id) ?? 0) + 1);
    },

    end(id: string): void {
      counts.set(id, Math.max(0, (counts.get(id) ?? 1) - 1));
    },

    /** Resolves when the probe ends; null if there is none. */
    probe: (id: string): Promise<void> | null => probes.get(id)?.promise ?? null,

    beginProbe(id: string): void {
      probes.set(id, Promise.withResolvers<void>());
    },

    endProbe(id: string): void {
      probes.get(id)?.resolve();
      probes.delete(id);
    },
  };
}

export type CallsUnderWay = ReturnType<typeof makeCallsUnderWay>;
