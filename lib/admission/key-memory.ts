import type { Clock } from '../base/time.ts';
import type { KeyState } from './key-state.ts';
import type { Tick } from './tick.ts';

/** Something that a vendor may refuse, a key, a scope or an account itself, as one account uses it. */
export interface Credential {
  readonly id: string;
  readonly account: string;
  readonly accountVersion: string | null;
  /** Its first call goes alone, as a probe. A scope needs none: a refused permission locks nothing. */
  readonly needsProbe: boolean;
  /** Calls under way at once, in this process. */
  readonly inFlightMax: number;
}

export interface KeyWait {
  readonly kind: 'wait';
  readonly untilMs: number;
  readonly reason: string;
}

/** A good answer is trusted for so long; then the table is read: another worker may know better. */
const TRUST_MS = 20_000;

/** What this process knows of credentials. A cold start loses it; what must not be lost is in the table `state`. */
export function makeKeyMemory(clock: Clock) {
  const trusted = new Map<string, { sinceMs: number; state: KeyState }>();
  const denied = new Map<string, { untilMs: number; reason: string }>();

  return {
    trust(credential: Credential, state: KeyState): void {
      trusted.set(useOf(credential), { sinceMs: clock(), state });
    },

    /** Its state when it was last seen to be good, if that was in this tick and not long ago. */
    trustedState(credential: Credential, tick: Tick): KeyState | null {
      const known = trusted.get(useOf(credential));
      if (known === undefined || known.sinceMs < tick.beganMs || clock() >= known.sinceMs + TRUST_MS) return null;
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

    deny(credential: Credential, untilMs: number, reason: string): void {
      denied.set(useOf(credential), { untilMs, reason });
    },

    clear(credential: Credential): void {
      denied.delete(useOf(credential));
    },

    /** Whether it is known to be denied without reading the table. */
    knownDenial(credential: Credential): KeyWait | null {
      const known = denied.get(useOf(credential));
      return known === undefined || clock() >= known.untilMs ? null : { kind: 'wait', ...known };
    },
  };
}

export type KeyMemory = ReturnType<typeof makeKeyMemory>;

/** A key is good as one version of one account uses it: another secret for the same key is probed first. */
function useOf({ id, account, accountVersion }: Credential): string {
  return `${id}|${account}|${accountVersion}`;
}

/** Calls of a credential under way in this process, and the probe that its other calls wait for. */
export function makeCallsUnderWay() {
  const counts = new Map<string, number>();
  const probes = new Map<string, PromiseWithResolvers<void>>();

  return {
    count: (id: string): number => counts.get(id) ?? 0,

    begin(id: string): void {
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
