import { accepted, claimTrial, DENIED_LOOK_MS, refused, type Standing, told, undecided } from './denial.ts';
import type { Admission } from './pace.ts';
import type { Clock } from './time.ts';

/** The table `state`, as far as refusals are concerned. */
export interface StandingStore {
  /** Consistent; something never written is `unknownStanding`. */
  get(id: string): Promise<Standing>;
  /** Writes on the condition that `version` still stands, and raises it; false if it does not. */
  put(standing: Standing): Promise<boolean>;
}

export interface KeyPorts {
  readonly standings: StandingStore;
  /** Sends `jobwatch.account.denied`; a repeat is the same event. */
  readonly tellDenied: (standing: Standing) => Promise<void>;
  readonly clock: Clock;
}

/** Something that a vendor may refuse, as used by one account. */
export interface Subject {
  readonly id: string;
  readonly account: string;
  readonly accountVersion: string | null;
  /** Its first call goes alone. A scope needs no trial: a refused permission locks nothing. */
  readonly needsTrial: boolean;
  /** Calls under way at once, in this process. */
  readonly inFlightMax: number;
}

export type Verdict =
  /** `refusals`: what was refused before the good answer (a clock that was off), which the vendor has counted all the same. */
  | { readonly kind: 'good'; readonly refusals: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly refusals: number }
  | { readonly kind: 'undecided'; readonly doubt: boolean };

/** The leave to make one call; it must be given back by `settle`, whatever happens. */
export interface Pass {
  readonly subject: Subject;
  /** When the trial was marked as one that may be refused; null: no trial. */
  readonly markMs: number | null;
}

const CONFLICT_TRIES = 5;
const CROWD_LOOK_MS = 1000;

/**
 * Who may be called: refused keys and scopes, shared over workers and cold starts through the table `state`; trials and
 * calls under way, in this process. docs/vendors.md has the rule.
 */
export function makeKeys(ports: KeyPorts, settings: { trialMs: number }) {
  const good = new Set<string>();
  const inFlight = new Map<string, number>();
  const trials = new Map<string, { done: Promise<void>; end: () => void }>();
  const denied = new Map<string, { untilMs: number; reason: string; accountVersion: string | null }>();

  /** Whether the subject is known here to be denied, without a look into the table. */
  function knownDenial(subject: Subject): Admission | null {
    const known = denied.get(subject.id);
    if (known === undefined || ports.clock() >= known.untilMs || known.accountVersion !== subject.accountVersion)
      return null;
    return { kind: 'wait', untilMs: known.untilMs, reason: known.reason };
  }

  /** Waits for a trial of the same subject in this process (one call's time at most), then decides. */
  async function admit(subject: Subject): Promise<Admission & { readonly pass?: Pass }> {
    for (;;) {
      const denial = knownDenial(subject);
      if (denial !== null) return denial;
      const running = trials.get(subject.id);
      if (running === undefined) break;
      await running.done;
    }
    if (good.has(subject.id)) return enter(subject, null);
    return tryFirst(subject);
  }

  function enter(subject: Subject, markMs: number | null): Admission & { readonly pass?: Pass } {
    const count = inFlight.get(subject.id) ?? 0;
    if (count >= subject.inFlightMax) {
      return {
        kind: 'wait',
        untilMs: ports.clock() + CROWD_LOOK_MS,
        reason: 'as many calls of this key as are allowed are under way',
      };
    }
    inFlight.set(subject.id, count + 1);
    return { kind: 'go', pass: { subject, markMs } };
  }

  async function tryFirst(subject: Subject): Promise<Admission & { readonly pass?: Pass }> {
    const { promise: done, resolve: end } = Promise.withResolvers<void>();
    trials.set(subject.id, { done, end });
    const admission = await claim(subject).catch((error: unknown) => {
      endTrial(subject.id);
      throw error;
    });
    if (admission.pass === undefined || admission.pass.markMs === null) endTrial(subject.id);
    return admission;
  }

  async function claim(subject: Subject): Promise<Admission & { readonly pass?: Pass }> {
    const nowMs = ports.clock();
    const standing = await settleTold(await ports.standings.get(subject.id));
    if (!subject.needsTrial && standing.denial === null) {
      good.add(subject.id);
      return enter(subject, null);
    }
    const verdict = claimTrial(
      standing,
      { name: subject.account, version: subject.accountVersion },
      nowMs,
      settings.trialMs,
    );
    if (verdict.kind === 'wait') {
      if (standing.denial !== null) remember(subject, verdict.untilMs, verdict.reason);
      return verdict;
    }
    if (await ports.standings.put(verdict.claimed)) return enter(subject, nowMs);
    return { kind: 'wait', untilMs: nowMs + CROWD_LOOK_MS, reason: 'another worker is trying the credentials' };
  }

  async function settle(pass: Pass, verdict: Verdict): Promise<void> {
    const { subject, markMs } = pass;
    inFlight.set(subject.id, Math.max(0, (inFlight.get(subject.id) ?? 1) - 1));
    try {
      await note(pass, verdict);
    } finally {
      if (markMs !== null) endTrial(subject.id);
    }
  }

  async function note(pass: Pass, verdict: Verdict): Promise<void> {
    const { subject, markMs } = pass;
    if (verdict.kind === 'refused') return refuse(pass, verdict);
    if (verdict.kind === 'good') {
      good.add(subject.id);
      denied.delete(subject.id);
    }
    const isCounted = verdict.kind === 'good' && verdict.refusals > 0;
    if (markMs === null && !isCounted) return;
    await update(subject.id, (standing) =>
      verdict.kind === 'good'
        ? accepted(standing, markMs, { refusals: verdict.refusals, nowMs: ports.clock() })
        : undecided(standing, markMs, verdict.doubt),
    );
  }

  async function refuse(pass: Pass, verdict: { reason: string; refusals: number }): Promise<void> {
    const { subject, markMs } = pass;
    good.delete(subject.id);
    const refusals = Math.max(0, verdict.refusals - (markMs === null ? 0 : 1));
    remember(subject, ports.clock() + DENIED_LOOK_MS, verdict.reason);
    await deny(subject, { reason: verdict.reason, refusals });
  }

  /** Writes that the subject is denied, and tells it once. */
  async function deny(subject: Subject, refusal: { reason: string; refusals: number }): Promise<void> {
    const { account, accountVersion } = subject;
    const standing = await update(subject.id, (known) =>
      refused(known, { account, accountVersion, ...refusal }, ports.clock()),
    );
    await settleTold(standing);
  }

  /** What is owed is told by whoever finds it: a worker may have died between the denial and its event. */
  async function settleTold(standing: Standing): Promise<Standing> {
    if (standing.denial === null || standing.denial.told) return standing;
    await ports.tellDenied(standing);
    return update(standing.id, (known) => (known.denial?.since === standing.denial?.since ? told(known) : known));
  }

  async function update(id: string, change: (standing: Standing) => Standing): Promise<Standing> {
    for (let attempt = 0; attempt < CONFLICT_TRIES; attempt++) {
      const known = await ports.standings.get(id);
      const next = change(known);
      if (next === known) return known;
      if (await ports.standings.put(next)) return { ...next, version: known.version + 1 };
    }
    throw new Error(`The state of ${id} changed ${CONFLICT_TRIES} times while it was being written.`);
  }

  function remember(subject: Subject, untilMs: number, reason: string): void {
    denied.set(subject.id, { untilMs, reason, accountVersion: subject.accountVersion });
  }

  function endTrial(id: string): void {
    trials.get(id)?.end();
    trials.delete(id);
  }

  /** An account without usable credentials: nothing is called. */
  async function denyAccount(subject: Subject, reason: string): Promise<void> {
    if (knownDenial(subject) !== null) return;
    remember(subject, ports.clock() + DENIED_LOOK_MS, reason);
    const known = await settleTold(await ports.standings.get(subject.id));
    good.delete(subject.id);
    if (known.denial === null || known.denial.reason !== reason) await deny(subject, { reason, refusals: 0 });
  }

  /** The account has usable credentials (again). */
  async function clearAccount(subject: Subject): Promise<void> {
    if (good.has(subject.id)) return;
    const known = await ports.standings.get(subject.id);
    if (known.denial !== null)
      await update(subject.id, (standing) => accepted(standing, null, { refusals: 0, nowMs: ports.clock() }));
    denied.delete(subject.id);
    good.add(subject.id);
  }

  return { admit, settle, denyAccount, clearAccount };
}

export type Keys = ReturnType<typeof makeKeys>;
