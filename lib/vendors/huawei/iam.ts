import type { HttpRequest, HttpResponse, Send } from '../../base/http.ts';
import { isObject } from '../../base/is-object.ts';
import { type Clock, parseTime } from '../../base/time.ts';
import { keyFingerprint } from '../../job/identity.ts';
import type { Trouble } from '../../job/observation.ts';
import { classOfStatus, type Fault, type FaultClass, retryAfterMs, troubleOf, withPatience } from '../kit/faults.ts';
import { parseObject } from '../kit/json.ts';
import { type Allowance, noteFailure, UNASKED } from '../kit/session.ts';
import type { HuaweiUserAccount } from './account.ts';

type Login = { readonly kind: 'token'; readonly token: string } | Trouble;

export interface HuaweiIam {
  /** The token that is kept, or a new one: one login at a time for each user and project, however many need it. */
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
/** Calls that were under way when the user was refused get the same result; a later probe tries again. */
const REFUSAL_STANDS_MS = 5000;
/** How long a token is kept that does not say when it ends. */
const UNKNOWN_LIFE_MS = 600_000;

/** Who wants a token, for which project, and what its login may use. */
interface LoginRequest {
  readonly account: HuaweiUserAccount;
  readonly projectId: string;
  readonly allowance: Allowance;
}

/**
 * Tokens for IAM users: `POST /v3/auth/tokens` with password and project scope; a new token does not end an old one.
 * https://support.huaweicloud.com/api-iam/iam_30_0001.html
 */
export function makeHuaweiIam(deps: { readonly send: Send; readonly clock: Clock }): HuaweiIam {
  const tokens = makeTokens(deps.clock);
  const underWay = new Map<string, Promise<Login>>();
  /** The latest login of each user, whatever its project: the next one waits for it. */
  const turns = new Map<string, Promise<Login>>();
  const refusals = new Map<string, { trouble: Trouble; untilMs: number }>();

  /** One login of a user at a time: IAM counts wrong passwords, and four projects would make four of one. */
  async function logInInTurn(request: LoginRequest): Promise<Login> {
    const user = userKey(request.account, '');
    const before = turns.get(user);
    const turn = (before ?? Promise.resolve()).then(() => logInUnlessRefused(user, request));
    turns.set(user, turn);
    return turn.finally(() => {
      if (turns.get(user) === turn) turns.delete(user);
    });
  }

  async function logInUnlessRefused(user: string, request: LoginRequest): Promise<Login> {
    const refusal = refusals.get(user);
    if (refusal !== undefined && deps.clock() < refusal.untilMs) return refusal.trouble;
    const login = await logIn(request);
    const isRefused = login.kind === 'denied' && login.what === 'key';
    if (isRefused) refusals.set(user, { trouble: login, untilMs: deps.clock() + REFUSAL_STANDS_MS });
    else refusals.delete(user);
    return login;
  }

  async function logIn({ account, projectId, allowance }: LoginRequest): Promise<Login> {
    if (!(await allowance.acquire())) return UNASKED;
    const response = await deps.send(loginRequest(account, projectId));
    if (response.kind === 'failure') return noteFailure(allowance, response);
    if (response.status !== 201) return refusedLogin(allowance, response);
    const token = readToken(response, deps.clock());
    if (token === null)
      return { kind: 'malformed', reason: 'the login was answered without a usable X-Subject-Token (HTTP 201)' };
    tokens.keep(userKey(account, projectId), token);
    return { kind: 'token', token: token.token };
  }

  return {
    login: async (account, projectId, allowance) => {
      const key = userKey(account, projectId);
      const token = tokens.find(key);
      if (token !== null) return { kind: 'token', token };
      const running = underWay.get(key);
      if (running !== undefined) return running;
      const login = logInInTurn({ account, projectId, allowance }).finally(() => underWay.delete(key));
      underWay.set(key, login);
      return login;
    },
    forget: (account, projectId, token) => tokens.drop(userKey(account, projectId), token),
  };
}

/** The tokens that are kept, by user and project; the oldest goes when there are too many. */
function makeTokens(clock: Clock) {
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
function refusedLogin({ tally }: Allowance, response: HttpResponse): Trouble {
  const faultClass = withPatience(loginClass(response.status), response.status, retryAfterMs(response));
  if (faultClass === 'key') tally.keyRefusals += 1;
  const fault: Fault = { status: response.status, code: null, message: '' };
  const trouble = troubleOf(faultClass, fault, retryAfterMs(response));
  return { ...trouble, reason: `the login of the IAM user failed: ${trouble.reason}` };
}

function loginClass(status: number): FaultClass {
  if (status === 401 || status === 403) return 'key';
  return status === 400 || status === 404 ? 'scope' : classOfStatus(status);
}

/** The life is the vendor's own difference where it names both ends, so a wrong clock here does not matter. */
function readToken(response: HttpResponse, nowMs: number): Kept | null {
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
