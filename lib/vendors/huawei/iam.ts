import type { HttpAnswer, HttpRequest, Send } from '../../base/http.ts';
import { isObject } from '../../base/is-object.ts';
import { type Clock, parseTime } from '../../base/time.ts';
import { keyFingerprint } from '../../job/identity.ts';
import type { Trouble } from '../../job/observation.ts';
import type { HuaweiUserAccount } from '../account.ts';
import { type Fault, type Meaning, meaningOfStatus, retryAfterMs, troubleOf, withPatience } from '../kit/faults.ts';
import { parseObject } from '../kit/json.ts';
import { type Allowance, noteFailure, UNASKED } from '../kit/session.ts';

type Login = { readonly kind: 'token'; readonly token: string } | Trouble;

export interface HuaweiIam {
  /** The token that is kept, or a new one: one login at a time for each user and project, however many ask. */
  readonly login: (account: HuaweiUserAccount, projectId: string, allowance: Allowance) => Promise<Login>;
  /** Drops a token that was refused, unless a newer one has taken its place. */
  readonly forget: (account: HuaweiUserAccount, projectId: string, token: string) => void;
}

interface Kept {
  readonly token: string;
  readonly untilMs: number;
}

const TOKENS_MAX = 256;
const TOKEN_MAX_LENGTH = 32_768;
/** A token lives 24 h by default; a tenth of its life, at most this, is not used. */
const MARGIN_MAX_MS = 600_000;
/** Calls that were under way when the user was refused get the same answer; a later probe tries again. */
const REFUSAL_STANDS_MS = 5000;
/** How long a token is kept that does not say when it ends. */
const UNKNOWN_LIFE_MS = 600_000;

/**
 * Tokens for IAM users: `POST /v3/auth/tokens` with password and project scope; a new token does not end an old one.
 * https://support.huaweicloud.com/api-iam/iam_30_0001.html
 */
export function makeHuaweiIam(deps: { readonly send: Send; readonly clock: Clock }): HuaweiIam {
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<Login>>();
  /** The latest login of each user, whatever its project: the next one waits for it. */
  const turns = new Map<string, Promise<Login>>();
  const refusals = new Map<string, { trouble: Trouble; untilMs: number }>();

  /** One login of a user at a time: IAM counts wrong passwords, and four projects would make four of one. */
  async function renew(
    account: HuaweiUserAccount,
    projectId: string,
    key: string,
    allowance: Allowance,
  ): Promise<Login> {
    const user = userKey(account, '');
    const before = turns.get(user);
    const turn = (before ?? Promise.resolve()).then(() => renewInTurn(account, projectId, key, allowance));
    turns.set(user, turn);
    return turn.finally(() => {
      if (turns.get(user) === turn) turns.delete(user);
    });
  }

  async function renewInTurn(
    account: HuaweiUserAccount,
    projectId: string,
    key: string,
    allowance: Allowance,
  ): Promise<Login> {
    const user = userKey(account, '');
    const refusal = refusals.get(user);
    if (refusal !== undefined && deps.clock() < refusal.untilMs) return refusal.trouble;
    const login = await logIn(account, projectId, key, allowance);
    const isRefused = login.kind === 'denied' && login.what === 'key';
    if (isRefused) refusals.set(user, { trouble: login, untilMs: deps.clock() + REFUSAL_STANDS_MS });
    else refusals.delete(user);
    return login;
  }

  async function logIn(
    account: HuaweiUserAccount,
    projectId: string,
    key: string,
    allowance: Allowance,
  ): Promise<Login> {
    if (!(await allowance.spend())) return UNASKED;
    const answer = await deps.send(loginRequest(account, projectId));
    if (answer.kind === 'failure') return noteFailure(allowance, answer);
    if (answer.status !== 201) return refusedLogin(allowance, answer);
    const token = readToken(answer, deps.clock());
    if (token === null)
      return { kind: 'malformed', reason: 'the login was answered without a usable X-Subject-Token (HTTP 201)' };
    keep(key, token);
    return { kind: 'token', token: token.token };
  }

  function keep(key: string, token: Kept): void {
    kept.delete(key);
    kept.set(key, token);
    const oldest = kept.keys().next();
    if (kept.size > TOKENS_MAX && oldest.done !== true) kept.delete(oldest.value);
  }

  return {
    login: async (account, projectId, allowance) => {
      const key = userKey(account, projectId);
      const known = kept.get(key);
      if (known !== undefined && deps.clock() < known.untilMs) return { kind: 'token', token: known.token };
      const running = underWay.get(key);
      if (running !== undefined) return running;
      const login = renew(account, projectId, key, allowance).finally(() => underWay.delete(key));
      underWay.set(key, login);
      return login;
    },
    forget: (account, projectId, token) => {
      const key = userKey(account, projectId);
      if (kept.get(key)?.token === token) kept.delete(key);
    },
  };
}

/** A changed password is another user: what is kept for the old one is not used. */
function userKey(account: HuaweiUserAccount, projectId: string): string {
  return keyFingerprint(account.iamEndpoint, account.domain, account.username, account.password, projectId);
}

function loginRequest(account: HuaweiUserAccount, projectId: string): HttpRequest {
  const url = new URL('/v3/auth/tokens', account.iamEndpoint);
  const user = { domain: { name: account.domain }, name: account.username, password: account.password };
  const auth = { identity: { methods: ['password'], password: { user } }, scope: { project: { id: projectId } } };
  const headers = { host: url.host, accept: 'application/json', 'content-type': 'application/json' };
  return { method: 'POST', url, headers, body: JSON.stringify({ auth }) };
}

/**
 * A refused user is a refused key, since IAM locks users too. A request that IAM does not accept for another reason is
 * about the project that it names: a wrong project in one message must not stop the account's other projects.
 */
function refusedLogin({ tally }: Allowance, answer: HttpAnswer): Trouble {
  const meaning = withPatience(loginMeaning(answer.status), answer.status, retryAfterMs(answer));
  if (meaning === 'key') tally.keyRefusals += 1;
  const fault: Fault = { status: answer.status, code: null, message: '' };
  const trouble = troubleOf(meaning, fault, retryAfterMs(answer));
  return { ...trouble, reason: `the login of the IAM user failed: ${trouble.reason}` };
}

function loginMeaning(status: number): Meaning {
  if (status === 401 || status === 403) return 'key';
  return status === 400 || status === 404 ? 'scope' : meaningOfStatus(status);
}

/** The life is the vendor's own difference where it names both ends, so a wrong clock here does not matter. */
function readToken(answer: HttpAnswer, nowMs: number): Kept | null {
  const token = answer.headers['x-subject-token'] ?? '';
  if (token.length > TOKEN_MAX_LENGTH || !/^[\x21-\x7e]+$/.test(token)) return null;
  const body = parseObject(answer.body)?.['token'];
  const times = isObject(body) ? body : {};
  const endsMs = timeOf(times['expires_at']);
  const lifeMs = endsMs === null ? UNKNOWN_LIFE_MS : endsMs - (timeOf(times['issued_at']) ?? nowMs);
  return { token, untilMs: nowMs + lifeMs - Math.min(MARGIN_MAX_MS, lifeMs / 10) };
}

function timeOf(value: unknown): number | null {
  return typeof value === 'string' ? parseTime(value) : null;
}
