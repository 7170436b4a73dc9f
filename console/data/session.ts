import { makeStore } from './store.ts';

/**
 * The token lives as long as the tab, or for eight hours in this browser if its user says so. It comes from the
 * fragment of the URL, which no browser sends, or from the form.
 */

const KEY = 'jobwatch-token';
const KEPT_KEY = 'jobwatch-kept';
const KEPT_MS = 8 * 3_600_000;
const TOKEN = /^jw_[\x21-\x7e]{1,256}$/;
const IN_FRAGMENT = /^#token=(jw_[\x21-\x7e]{1,256})$/;

export interface Session {
  readonly token: string | null;
  /** What the token may do, as the API said with its latest answer; null: not known yet. */
  readonly permissions: ReadonlySet<string> | null;
  /** The API refused the token that was here. */
  readonly wasRefused: boolean;
  /** New tabs of this browser are signed in too. */
  readonly isKept: boolean;
}

const NOBODY = { token: null, permissions: null, wasRefused: false, isKept: false };

export const session = makeStore<Session>(NOBODY);

/** Takes a token out of the URL before anything else reads or keeps it. */
export function startSession(): void {
  const given = IN_FRAGMENT.exec(location.hash)?.[1];
  if (given !== undefined) {
    localStorage.removeItem(KEPT_KEY);
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, '', `${location.pathname}#/`);
  }
  const kept = keptToken();
  const token = sessionStorage.getItem(KEY) ?? kept;
  if (token !== session.get().token) session.set({ ...NOBODY, token, isKept: token !== null && token === kept });
}

/** Another tab that signs out signs this one out as well, if both had the kept token. */
export function followOtherTabs(): void {
  addEventListener('storage', ({ key, newValue }) => {
    if (key === KEPT_KEY && newValue === null && session.get().isKept) forget(false);
  });
}

export function signIn(token: string, isKept: boolean): void {
  sessionStorage.setItem(KEY, token);
  session.set({ ...NOBODY, token });
  keepSignedIn(isKept);
}

/** Whether new tabs of this browser are signed in too, for eight hours. */
export function keepSignedIn(isKept: boolean): void {
  const now = session.get();
  if (now.token === null) return;
  // Who leaves the kept token goes on in this tab alone.
  sessionStorage.setItem(KEY, now.token);
  session.set({ ...now, isKept });
  if (isKept) localStorage.setItem(KEPT_KEY, JSON.stringify({ token: now.token, untilMs: Date.now() + KEPT_MS }));
  else localStorage.removeItem(KEPT_KEY);
}

export function signOut(wasRefused = false): void {
  localStorage.removeItem(KEPT_KEY);
  forget(wasRefused);
}

function forget(wasRefused: boolean): void {
  sessionStorage.removeItem(KEY);
  session.set({ ...NOBODY, wasRefused });
}

function keptToken(): string | null {
  const kept = parsed(localStorage.getItem(KEPT_KEY));
  if (kept !== null && kept.untilMs > Date.now() && TOKEN.test(kept.token)) return kept.token;
  localStorage.removeItem(KEPT_KEY);
  return null;
}

function parsed(text: string | null): { readonly token: string; readonly untilMs: number } | null {
  if (text === null) return null;
  try {
    const { token, untilMs } = Object(JSON.parse(text));
    return typeof token === 'string' && typeof untilMs === 'number' ? { token, untilMs } : null;
  } catch {
    // Somebody else wrote it: it is removed.
    return null;
  }
}

export function learnPermissions(header: string | null): void {
  const now = session.get();
  if (header === null || now.token === null) return;
  if (now.permissions !== null && [...now.permissions].join(' ') === header) return;
  session.set({ ...now, permissions: new Set(header.split(' ').filter((permission) => permission !== '')) });
}
