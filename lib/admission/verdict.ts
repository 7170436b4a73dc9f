import { isTrouble, type Observation } from '../job/observation.ts';
import type { PollResult } from '../vendors/vendor.ts';
import type { CallOutcome } from './cool-down.ts';
import type { Verdict } from './key-permit.ts';

/** What the result of a call says about pace, key and scope; null: nothing came of the call. */

/** The pace cares about the worst of what came back. */
export function paceOutcome(result: PollResult | null): CallOutcome {
  if (result === null) return { kind: 'nothing' };
  const seen = [...result.observations.values()];
  const throttled = seen.find((observation) => observation.kind === 'throttled');
  if (throttled?.kind === 'throttled') return { kind: 'throttled', retryAfterMs: throttled.retryAfterMs };
  if (seen.some((observation) => !isTrouble(observation))) return { kind: 'answered', restMs: result.restMs };
  if (seen.some((observation) => observation.kind === 'unreachable')) return { kind: 'unreachable' };
  return { kind: seen.some((observation) => observation.kind === 'unasked') ? 'nothing' : 'answered' };
}

/** A call that came to nothing may have been refused all the same. */
export function keyVerdict(result: PollResult | null): Verdict {
  if (result === null) return { kind: 'undecided', doubt: true };
  const seen = [...result.observations.values()];
  const reason = denialOf(seen, 'key');
  if (reason !== null) return { kind: 'refused', reason, refusals: result.keyRefusals };
  const scopeToo = seen.some((observation) => !isTrouble(observation));
  const isKnown = scopeToo || denialOf(seen, 'scope') !== null;
  return isKnown
    ? { kind: 'good', refusals: result.keyRefusals, scopeToo }
    : { kind: 'undecided', doubt: result.keyDoubts > 0 };
}

export function scopeVerdict(result: PollResult | null): Verdict {
  const seen = [...(result?.observations.values() ?? [])];
  const reason = denialOf(seen, 'scope');
  if (reason !== null) return { kind: 'refused', reason, refusals: 0 };
  const isGood = seen.some((observation) => !isTrouble(observation));
  return isGood ? { kind: 'good', refusals: 0, scopeToo: true } : { kind: 'undecided', doubt: false };
}

function denialOf(seen: readonly Observation[], what: 'key' | 'scope'): string | null {
  const denial = seen.find((observation) => observation.kind === 'denied' && observation.what === what);
  return denial?.kind === 'denied' ? denial.reason : null;
}
