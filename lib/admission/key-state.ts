import { type Iso, toIso } from '../base/time.ts';

/**
 * What is known about a refused key, scope or account; an item of the table `state`, shared by workers and cold starts.
 * A refused *key* is more than a nuisance: Huawei locks a key for five minutes after more than five bad signatures.
 * https://support.huaweicloud.com/intl/en-us/apig_faq/apig-faq-0003.html
 */
export interface Standing {
  /** `key#<fingerprint>`, `scope#<scope>` or `account#<name>`. */
  readonly id: string;
  /** 0: not in the table yet. Every write is conditional on it. */
  readonly version: number;
  /** Calls with this key that were refused, or may have been: their times, within the last five minutes. */
  readonly badMs: readonly number[];
  /** One call alone is trying the key; it answers or is given up by then. */
  readonly trialUntilMs: number;
  readonly denial: Denial | null;
}

export interface Denial {
  readonly since: Iso;
  /** No call before this time. */
  readonly untilMs: number;
  readonly probes: number;
  /** The account whose use was refused first: the event names it. */
  readonly account: string;
  /** Each account whose use was refused, and the version of its parameter then: a new version is tried at once. */
  readonly versions: Readonly<Record<string, string | null>>;
  readonly reason: string;
  /** `jobwatch.account.denied` has been sent. */
  readonly told: boolean;
}

/** Never more than this many bad signatures of a key within the window. */
export const BAD_MAX = 5;
const WINDOW_MS = 5 * 60_000;
const PROBE_WAITS_MS = [5, 10, 20, 30].map((minutes) => minutes * 60_000);
/** Jobs of something denied look in again this often: a mended account is then noticed within two minutes. */
export const DENIED_LOOK_MS = 60_000;
const TRIAL_LOOK_MS = 2000;

export function unknownStanding(id: string): Standing {
  return { id, version: 0, badMs: [], trialUntilMs: 0, denial: null };
}

export type TrialVerdict =
  | { readonly kind: 'claim'; readonly claimed: Standing }
  | { readonly kind: 'wait'; readonly untilMs: number; readonly reason: string };

/**
 * Whether something without a good answer yet in this process may be tried by one call now. The claim must be written
 * (on the version) before the call is made; it counts the call as bad until the answer shows otherwise, so that a
 * worker that dies in between is counted too.
 */
export function claimTrial(
  standing: Standing,
  account: { name: string; version: string | null },
  nowMs: number,
  trialMs: number,
): TrialVerdict {
  const { denial } = standing;
  if (nowMs < standing.trialUntilMs) {
    return {
      kind: 'wait',
      untilMs: nowMs + TRIAL_LOOK_MS,
      reason: denial?.reason ?? 'one call is trying the credentials first',
    };
  }
  const mended =
    denial !== null &&
    Object.hasOwn(denial.versions, account.name) &&
    denial.versions[account.name] !== account.version;
  if (denial !== null && !mended && nowMs < denial.untilMs)
    return { kind: 'wait', untilMs: nowMs + DENIED_LOOK_MS, reason: denial.reason };
  const badMs = recent(standing.badMs, nowMs);
  if (badMs.length >= BAD_MAX) {
    const oldest = badMs[0] ?? nowMs;
    return {
      kind: 'wait',
      untilMs: Math.min(oldest + WINDOW_MS, nowMs + DENIED_LOOK_MS),
      reason: denial?.reason ?? 'the key may be locked',
    };
  }
  const next =
    denial === null ? null : { ...denial, probes: denial.probes + 1, untilMs: nowMs + probeWaitMs(denial.probes + 1) };
  return {
    kind: 'claim',
    claimed: { ...standing, badMs: [...badMs, nowMs], trialUntilMs: nowMs + trialMs, denial: next },
  };
}

/**
 * A trial was refused, or a call of a key that had been good. `refusals` counts the bad signatures of the call beyond
 * the one that a trial has counted already.
 */
export function refused(
  standing: Standing,
  refusal: { account: string; accountVersion: string | null; reason: string; refusals: number },
  nowMs: number,
): Standing {
  const probes = standing.denial?.probes ?? 0;
  const more = Array.from({ length: refusal.refusals }, () => nowMs);
  return {
    ...standing,
    badMs: [...recent(standing.badMs, nowMs), ...more].slice(-2 * BAD_MAX),
    trialUntilMs: 0,
    denial: {
      since: standing.denial?.since ?? toIso(nowMs),
      untilMs: nowMs + probeWaitMs(probes),
      probes,
      account: standing.denial?.account ?? refusal.account,
      versions: { ...standing.denial?.versions, [refusal.account]: refusal.accountVersion },
      reason: refusal.reason,
      told: standing.denial?.told ?? false,
    },
  };
}

/**
 * A good answer: nothing is denied any more. The trial's own mark goes; what was refused, before or in this call, stays
 * counted.
 */
export function accepted(
  standing: Standing,
  markMs: number | null,
  bad: { refusals: number; nowMs: number },
): Standing {
  const badMs = [...withoutMark(standing.badMs, markMs), ...Array.from({ length: bad.refusals }, () => bad.nowMs)];
  return { ...standing, badMs: badMs.slice(-2 * BAD_MAX), trialUntilMs: 0, denial: null };
}

/**
 * The trial brought no answer about the key. `doubt`: the vendor may have refused what it never answered, so the mark
 * stays.
 */
export function undecided(standing: Standing, markMs: number | null, doubt: boolean): Standing {
  return { ...standing, badMs: doubt ? standing.badMs : withoutMark(standing.badMs, markMs), trialUntilMs: 0 };
}

export function told(standing: Standing): Standing {
  return standing.denial === null ? standing : { ...standing, denial: { ...standing.denial, told: true } };
}

function withoutMark(badMs: readonly number[], markMs: number | null): readonly number[] {
  const at = markMs === null ? -1 : badMs.indexOf(markMs);
  return at < 0 ? badMs : badMs.toSpliced(at, 1);
}

/** Bad signatures that the vendor may still be counting. */
export function recentBad(standing: Standing, nowMs: number): number {
  return recent(standing.badMs, nowMs).length;
}

function recent(badMs: readonly number[], nowMs: number): number[] {
  return badMs.filter((ms) => ms > nowMs - WINDOW_MS);
}

function probeWaitMs(probes: number): number {
  return PROBE_WAITS_MS[Math.min(probes, PROBE_WAITS_MS.length - 1)] ?? WINDOW_MS;
}
