import type { HttpRequest, HttpResponse, Send } from '../../base/http.ts';
import type { Clock } from '../../base/time.ts';
import { keyFingerprint } from '../../job/identity.ts';
import type { Trouble } from '../../job/observation.ts';
import { classOfStatus, type Fault, type FaultClass, retryAfterMs, troubleOf, withPatience } from '../kit/faults.ts';
import { type Allowance, noteFailure, obstacleAt } from '../kit/session.ts';
import type { HuaweiUserAccount } from './account.ts';
import { makeProofs, makeTokens, readToken } from './iam-tokens.ts';

type Login = { readonly kind: 'token'; readonly token: string } | Trouble;

export interface HuaweiIam {
  /** The token that is kept, or a new one: one login at a time for each user and project, however many need it. */
  readonly login: (account: HuaweiUserAccount, projectId: string, allowance: Allowance) => Promise<Login>;
  /** Drops a token that was refused, unless a newer one has taken its place. */
  readonly forget: (account: HuaweiUserAccount, projectId: string, token: string) => void;
}

/** Calls that were under way when the user was refused get the same result; a later probe tries again. */
const REFUSAL_STANDS_MS = 5000;

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
  const proofs = makeProofs(deps.clock);

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
    const response = await post(allowance, loginRequest(account, projectId));
    if (!('status' in response)) return response;
    if (isRefused(response)) return refusedLogin(account, allowance, response);
    if (response.status !== 201) return troubleOfLogin(loginClass(response.status), response);
    proofs.add(userKey(account, ''));
    const token = readToken(response, deps.clock());
    if (token === null)
      return { kind: 'malformed', reason: 'the login was answered without a usable X-Subject-Token (HTTP 201)' };
    tokens.keep(userKey(account, projectId), token);
    return { kind: 'token', token: token.token };
  }

  /**
   * IAM refuses a wrong password and a project that the user may not enter alike. A wrong project in one message must
   * not stop the account's other projects: it is the scope that is refused if the user is known to be good, or may log
   * in without a project.
   */
  async function refusedLogin(
    account: HuaweiUserAccount,
    allowance: Allowance,
    response: HttpResponse,
  ): Promise<Trouble> {
    const user = userKey(account, '');
    if (proofs.take(user)) return troubleOfLogin('scope', response);
    const unscoped = await post(allowance, loginRequest(account, null));
    const refused = refusedBy(unscoped);
    if (refused === 'scope') proofs.add(user);
    const { tally } = allowance;
    tally.keyRefusals += refused === 'key' ? 1 + Number(isRefused(unscoped)) : 0;
    tally.keyDoubts += Number(refused === null);
    if (refused !== null) return troubleOfLogin(refused, response);
    return 'status' in unscoped ? troubleOfLogin(loginClass(unscoped.status), unscoped) : unscoped;
  }

  async function post(allowance: Allowance, request: HttpRequest): Promise<HttpResponse | Trouble> {
    const obstacle = await obstacleAt(deps.send, allowance, () => request.url);
    if (obstacle !== null) return obstacle;
    const response = await deps.send(request);
    return response.kind === 'failure' ? noteFailure(allowance, response) : response;
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

/** A changed password is another user: what is kept for the old one is not used. */
function userKey(account: HuaweiUserAccount, projectId: string): string {
  return keyFingerprint(account.iamEndpoint, account.domain, account.username, account.password, projectId);
}

/** `projectId` null: without a scope, which any user may have. */
function loginRequest(account: HuaweiUserAccount, projectId: string | null): HttpRequest {
  const url = new URL('/v3/auth/tokens', account.iamEndpoint);
  const user = { domain: { name: account.domain }, name: account.username, password: account.password };
  const scope = projectId === null ? {} : { scope: { project: { id: projectId } } };
  const auth = { identity: { methods: ['password'], password: { user } }, ...scope };
  const headers = { host: url.host, accept: 'application/json', 'content-type': 'application/json' };
  return { method: 'POST', url, headers, body: JSON.stringify({ auth }) };
}

function troubleOfLogin(faultClass: FaultClass, response: HttpResponse): Trouble {
  const fault: Fault = { status: response.status, code: null, message: '' };
  const wishMs = retryAfterMs(response);
  const trouble = troubleOf(withPatience(faultClass, response.status, wishMs), fault, wishMs);
  return { ...trouble, reason: `the login of the IAM user failed: ${trouble.reason}` };
}

function isRefused(response: HttpResponse | Trouble): boolean {
  return 'status' in response && (response.status === 401 || response.status === 403);
}

/** What a login with a project was refused for, as one without a project says; null: it says nothing, for now. */
function refusedBy(unscoped: HttpResponse | Trouble): 'key' | 'scope' | null {
  if (!('status' in unscoped)) return null;
  const { status } = unscoped;
  if (status === 201) return 'scope';
  return status === 429 || status === 408 || status >= 500 ? null : 'key';
}

/** Of a login that is not refused: one that IAM can't read is about the project that it names. */
function loginClass(status: number): FaultClass {
  return status === 400 || status === 404 ? 'scope' : classOfStatus(status);
}
