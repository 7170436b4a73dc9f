import type { Clock } from '../base/time.ts';
import {
  accepted,
  BAD_MAX,
  claimTrial,
  DENIED_LOOK_MS,
  recentBad,
  refused,
  type Standing,
  told,
  undecided,
} from './key-state.ts';
import { makeStandings, type StandingStore } from './key-state-store.ts';

export interface KeyPorts {
  readonly standings: StandingStore;
  /** Sends `jobwatch.account.denied`; a repeat is the same event. */
  readonly tellDenied: (standing: Standing) => Promise<void>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
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
  /**
   * `refusals`: what was refused before the good answer (a clock that was off), which the vendor has counted all the
   * same.
   */
  | { readonly kind: 'good'; readonly refusals: number }
  | { readonly kind: 'refused'; readonly reason: string; readonly refusals: number }
  | { readonly kind: 'undecided'; readonly doubt: boolean };

/** The leave to make one call; it must be given back by `settle`, whatever happens. */
export interface Pass {
  readonly subject: Subject;
  /** When the trial was marked as one that may be refused; null: no trial. */
  readonly markMs: number | null;
}

export type KeyAdmission =
  | { readonly kind: 'go'; readonly pass: Pass }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly reason: string }
  /** As many calls as are allowed are under way: to be given a slot. */
  | { readonly kind: 'crowd'; readonly reason: string };

/** A good answer is believed for so long; then the table is asked whether another worker knows better. */
const BELIEF_MS = 20_000;
const TRIAL_LOOK_MS = 1000;

/**
 * Who may be called: refused keys and scopes, shared over workers and cold starts through the table `state`; trials and
 * calls under way, in this process. docs/vendors.md has the rule.
 */
export function makeKeys(ports: KeyPorts, settings: { trialMs: number }) {
  const { clock } = ports;
  const standings = makeStandings(ports);
  const good = new Map<string, { believedUntilMs: number; bad: Standing }>();
  const inFlight = new Map<string, number>();
  const trials = new Map<string, { done: Promise<void>; end: () => void }>();
  const denied = new Map<string, { untilMs: number; reason: string }>();

  /** Whether the subject is known here to be denied, without a look into the table. */
  function knownDenial(subject: Subject): Extract<KeyAdmission, { kind: 'wait' }> | null {
    const known = denied.get(useOf(subject));
    return known === undefined || clock() >= known.untilMs ? null : { kind: 'wait', ...known };
  }

  /** Waits for a trial of the same subject in this process (one call's time), then decides. */
  async function admit(subject: Subject): Promise<KeyAdmission> {
    for (;;) {
      const denial = knownDenial(subject);
      if (denial !== null) return denial;
      const running = trials.get(subject.id);
      if (running === undefined) break;
      await running.done;
    }
    const belief = good.get(useOf(subject));
    if (belief !== undefined && clock() < belief.believedUntilMs) return enter(subject, null, belief.bad);
    return tryFirst(subject);
  }

  function enter(subject: Subject, markMs: number | null, standing: Standing): KeyAdmission {
    const count = inFlight.get(subject.id) ?? 0;
    const isFull = markMs === null && subject.needsTrial && recentBad(standing, clock()) + count >= BAD_MAX;
    if (count >= subject.inFlightMax || isFull) {
      return { kind: 'crowd', reason: 'as many calls of this key or scope as are allowed are under way' };
    }
    inFlight.set(subject.id, count + 1);
    return { kind: 'go', pass: { subject, markMs } };
  }

  async function tryFirst(subject: Subject): Promise<KeyAdmission> {
    const { promise: done, resolve: end } = Promise.withResolvers<void>();
    trials.set(subject.id, { done, end });
    let isTrial = false;
    try {
      const admission = await consult(subject);
      isTrial = admission.kind === 'go' && admission.pass.markMs !== null;
      return admission;
    } finally {
      if (!isTrial) endTrial(subject.id);
    }
  }

  /** What the table says: another worker may have denied the subject, or be trying it. */
  async function consult(subject: Subject): Promise<KeyAdmission> {
    const nowMs = clock();
    const standing = await settleTold(await standings.get(subject.id));
    const believed = good.has(useOf(subject)) || !subject.needsTrial;
    if (standing.denial === null && believed) {
      believe(subject, standing);
      return enter(subject, null, standing);
    }
    good.delete(useOf(subject));
    const account = { name: subject.account, version: subject.accountVersion };
    const verdict = claimTrial(standing, account, nowMs, settings.trialMs);
    if (verdict.kind === 'wait') {
      if (standing.denial !== null) remember(subject, verdict.untilMs, verdict.reason);
      return verdict;
    }
    if ((await standings.put(verdict.claimed)) === 'saved') return enter(subject, nowMs, verdict.claimed);
    return { kind: 'wait', untilMs: nowMs + TRIAL_LOOK_MS, reason: 'another worker is trying the credentials' };
  }

  async function settle(pass: Pass, verdict: Verdict): Promise<void> {
    const { subject, markMs } = pass;
    inFlight.set(subject.id, Math.max(0, (inFlight.get(subject.id) ?? 1) - 1));
    try {
      if (verdict.kind === 'refused') await refuse(pass, verdict);
      else if (verdict.kind === 'good') await accept(pass, verdict.refusals);
      else if (markMs !== null) await standings.update(subject.id, (known) => undecided(known, markMs, verdict.doubt));
    } finally {
      if (markMs !== null) endTrial(subject.id);
    }
  }

  /** The process knows first, then the table: if the table can't be written, the key is all the same known here. */
  async function accept({ subject, markMs }: Pass, refusals: number): Promise<void> {
    if (markMs === null && refusals === 0) return;
    denied.delete(useOf(subject));
    const bad = { refusals, nowMs: clock() };
    believe(subject, await standings.update(subject.id, (known) => accepted(known, markMs, bad)));
  }

  async function refuse(pass: Pass, verdict: { reason: string; refusals: number }): Promise<void> {
    const { subject, markMs } = pass;
    for (const use of good.keys()) if (use.startsWith(`${subject.id}|`)) good.delete(use);
    remember(subject, clock() + DENIED_LOOK_MS, verdict.reason);
    await deny(subject, {
      reason: verdict.reason,
      refusals: Math.max(0, verdict.refusals - (markMs === null ? 0 : 1)),
    });
  }

  /** Writes that the subject is denied, and tells it once. */
  async function deny(subject: Subject, refusal: { reason: string; refusals: number }): Promise<void> {
    const { account, accountVersion } = subject;
    await settleTold(
      await standings.update(subject.id, (known) => refused(known, { account, accountVersion, ...refusal }, clock())),
    );
  }

  /** What is owed is told by whoever finds it: a worker may have died between the denial and its event. */
  async function settleTold(standing: Standing): Promise<Standing> {
    if (standing.denial === null || standing.denial.told) return standing;
    const { since } = standing.denial;
    await ports.tellDenied(standing);
    return standings.update(standing.id, (known) => (known.denial?.since === since ? told(known) : known));
  }

  function believe(subject: Subject, standing: Standing): void {
    good.set(useOf(subject), { believedUntilMs: clock() + BELIEF_MS, bad: standing });
  }

  function remember(subject: Subject, untilMs: number, reason: string): void {
    denied.set(useOf(subject), { untilMs, reason });
  }

  function endTrial(id: string): void {
    trials.get(id)?.end();
    trials.delete(id);
  }

  /** An account without usable credentials: nothing is called. */
  async function denyAccount(subject: Subject, reason: string): Promise<void> {
    if (knownDenial(subject) !== null) return;
    good.delete(useOf(subject));
    const known = await settleTold(await standings.get(subject.id));
    if (known.denial?.reason !== reason) await deny(subject, { reason, refusals: 0 });
    remember(subject, clock() + DENIED_LOOK_MS, reason);
  }

  /** The account has usable credentials (again). */
  async function clearAccount(subject: Subject): Promise<void> {
    if (good.has(useOf(subject))) return;
    const known = await standings.get(subject.id);
    const bad = { refusals: 0, nowMs: clock() };
    if (known.denial !== null) await standings.update(subject.id, (standing) => accepted(standing, null, bad));
    denied.delete(useOf(subject));
    believe(subject, known);
  }

  /** At the beginning of a tick: other workers may have learned better since. */
  function doubt(): void {
    for (const [use, belief] of good) good.set(use, { ...belief, believedUntilMs: 0 });
  }

  return { knownDenial, admit, settle, denyAccount, clearAccount, doubt };
}

export type Keys = ReturnType<typeof makeKeys>;

/** A key is good as one version of one account uses it: another secret for the same key is tried first. */
function useOf({ id, account, accountVersion }: Subject): string {
  return `${id}|${account}|${accountVersion}`;
}
