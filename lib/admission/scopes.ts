/** Regions come from messages: names without end may not fill the memory. */
const SCOPES_MAX = 10_000;

/** What is remembered of one scope, in memory only. */
export interface ScopeState {
  /** When the bucket would be full again: the generic cell rate algorithm. */
  fullAtMs: number;
  /** The next free slot for a job that has to come back. */
  slotMs: number;
  /** Until then the next request is for a call that was begun and waits. */
  claimedUntilMs: number;
  inFlight: number;
  coolUntilMs: number;
  coolDownMs: number;
  /** After a cool-down one call goes alone; the others wait for what it brings. */
  probing: boolean;
  unreachable: number;
  /** Cool-downs so far: a call that was admitted before the latest one knows nothing of what it is about. */
  epoch: number;
}

/** What is remembered of each scope, by its name. */
export function makeScopes() {
  const scopes = new Map<string, ScopeState>();

  /** A scope at rest is as good as one that was never seen; of the others the oldest costs a call to learn again. */
  function makeRoom(nowMs: number): void {
    for (const [scope, { fullAtMs, slotMs, inFlight, coolDownMs, coolUntilMs, unreachable }] of scopes) {
      const rests = inFlight === 0 && coolDownMs === 0 && unreachable === 0;
      if (rests && Math.max(fullAtMs, slotMs, coolUntilMs) <= nowMs) scopes.delete(scope);
    }
    if (scopes.size < SCOPES_MAX) return;
    const oldest = [...scopes].find(([, { inFlight }]) => inFlight === 0);
    if (oldest !== undefined) scopes.delete(oldest[0]);
  }

  return {
    size: () => scopes.size,
    fullMs: () => [...scopes.values()].reduce((latest, { fullAtMs }) => Math.max(latest, fullAtMs), 0),
    stateOf(scope: string, nowMs: number): ScopeState {
      const known = scopes.get(scope);
      if (known) return known;
      if (scopes.size >= SCOPES_MAX) makeRoom(nowMs);
      const times = { fullAtMs: nowMs, slotMs: nowMs, claimedUntilMs: 0, coolUntilMs: 0, coolDownMs: 0 };
      const fresh = { ...times, inFlight: 0, probing: false, unreachable: 0, epoch: 0 };
      scopes.set(scope, fresh);
      return fresh;
    },
  };
}
