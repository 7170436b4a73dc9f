import { makeStore } from './store.ts';

/**
 * The token lives as long as the tab. It comes from the fragment of the URL, which no browser sends, or from the form.
 */

const KEY = 'jobwatch-token';
const IN_FRAGMENT = /^#token=(jw_[\x21-\x7e]{1,256})$/;

export interface Session {
  readonly token: string | null;
  /** What the token may do, as the API said with its latest answer; null: not known yet. */
  readonly permissions: ReadonlySet<string> | null;
  /** The API refused the token that was here. */
  readonly wasRefused: boolean;
}

export const session = makeStore<Session>({ token: null, permissions: null, wasRefused: false });

/** Takes a token out of the URL before anything else reads or keeps it. */
export function startSession(): void {
  const given = IN_FRAGMENT.exec(location.hash)?.[1];
  if (given !== undefined) {
    sessionStorage.setItem(KEY, given);
    history.replaceState(null, '', `${location.pathname}#/`);
  }
  const token = sessionStorage.getItem(KEY);
  if (token !== session.get().token) session.set({ token, permissions: null, wasRefused: false });
}

export function signIn(token: string): void {
  sessionStorage.setItem(KEY, token);
  session.set({ token, permissions: null, wasRefused: false });
}

export function signOut(wasRefused = false): void {
  sessionStorage.removeItem(KEY);
  session.set({ token: null, permissions: null, wasRefused });
}

export function learnPermissions(header: string | null): void {
  const now = session.get();
  if (header === null || now.token === null) return;
  if (now.permissions !== null && [...now.permissions].join(' ') === header) return;
  session.set({ ...now, permissions: new Set(header.split(' ').filter((permission) => permission !== '')) });
}
