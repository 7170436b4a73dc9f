import type { HttpResponse } from '../../base/http.ts';
import { isObject } from '../../base/is-object.ts';
import { type Clock, parseTime } from '../../base/time.ts';
import { parseObject } from '../kit/json.ts';

/** What is kept of the logins of IAM users: tokens, and whose password was right. */

interface Kept {
  readonly token: string;
  readonly untilMs: number;
}

const TOKENS_MAX = 256;
const TOKEN_MAX_LENGTH = 32_768;
/** A token lives 24 h by default; a tenth of its life, at most this, is not used. */
const MARGIN_MAX_MS = 600_000;
/** How long a token is kept that does not say when it ends. */
const UNKNOWN_LIFE_MS = 600_000;
/** A login that succeeded says that name and password are right, for as long as IAM may count wrong ones. */
const PROOF_MS = 300_000;
/** So many refused logins may be the projects' fault before the user has to prove itself again: IAM locks users. */
const REFUSALS_PER_PROOF = 3;

/** Users whose name and password were right a moment ago. */
export function makeProofs(clock: Clock) {
  const proofs = new Map<string, { untilMs: number; left: number }>();
  return {
    add(user: string): void {
      if (proofs.size >= TOKENS_MAX) proofs.clear();
      proofs.set(user, { untilMs: clock() + PROOF_MS, left: REFUSALS_PER_PROOF });
    },
    /** Whether one more refused login is not the user's fault. */
    take(user: string): boolean {
      const proof = proofs.get(user);
      if (proof === undefined || clock() >= proof.untilMs || proof.left === 0) return false;
      proof.left -= 1;
      return true;
    },
  };
}

/** The tokens that are kept, by user and project; the oldest goes when there are too many. */
export function makeTokens(clock: Clock) {
  const kept = new Map<string, Kept>();
  return {
    find(key: string): string | null {
      const known = kept.get(key);
      return known !== undefined && clock() < known.untilMs ? known.token : null;
    },
    keep(key: string, token: Kept): void {
      kept.delete(key);
      kept.set(key, token);
      const oldest = kept.keys().next();
      if (kept.size > TOKENS_MAX && oldest.done !== true) kept.delete(oldest.value);
    },
    drop(key: string, token: string): void {
      if (kept.get(key)?.token === token) kept.delete(key);
    },
  };
}

/** The life is the vendor's own difference where it names both ends, so a wrong clock here does not matter. */
export function readToken(response: HttpResponse, nowMs: number): Kept | null {
  const token = response.headers['x-subject-token'] ?? '';
  if (token.length > TOKEN_MAX_LENGTH || !/^[\x21-\x7e]+$/.test(token)) return null;
  const body = parseObject(response.body)?.['token'];
  const times = isObject(body) ? body : {};
  const endsMs = timeOf(times['expires_at']);
  const lifeMs = endsMs === null ? UNKNOWN_LIFE_MS : endsMs - (timeOf(times['issued_at']) ?? nowMs);
  return { token, untilMs: nowMs + lifeMs - Math.min(MARGIN_MAX_MS, lifeMs / 10) };
}

function timeOf(value: unknown): number | null {
  return typeof value === 'string' ? parseTime(value) : null;
}
