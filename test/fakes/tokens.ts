import { createHash } from 'node:crypto';
import type { ReadTokens, TokensLookup } from '../../lib/api/http/auth.ts';

export const TOKENS = { all: 'jw_all', read: 'jw_read', jobs: 'jw_jobs', subscriptions: 'jw_subs' } as const;

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The parameter with the hashes, as text that a test may replace; `reads` counts how often it was asked for. */
export function fakeTokens() {
  const entries = [
    { name: 'all', sha256: sha256(TOKENS.all), scopes: ['read', 'jobs:write', 'subscriptions:write'] },
    { name: 'reader', sha256: sha256(TOKENS.read), scopes: ['read'] },
    { name: 'deployer', sha256: sha256(TOKENS.jobs), scopes: ['jobs:write'] },
    { name: 'admin', sha256: sha256(TOKENS.subscriptions), scopes: ['subscriptions:write'] },
  ];
  const state: { lookup: TokensLookup; reads: number } = {
    lookup: { kind: 'found', text: JSON.stringify(entries) },
    reads: 0,
  };
  const read: ReadTokens = async () => {
    state.reads += 1;
    return state.lookup;
  };
  return { state, read, entries };
}
