import { randomBytes } from 'node:crypto';
import type { Credential, Options } from './schema.ts';

/** A login that has not ended. `projectId` is null if the token is not bound to one project. */
export interface Token {
  readonly user: Credential;
  readonly projectId: string | null;
  readonly expiresAtMs: number;
}

export interface Keyring {
  /** A credential of the same vendor and name is replaced; a locked key stays locked. */
  set(name: string, credential: Credential): void;
  find(vendor: string, name: string): Credential | undefined;
  /** False if the key has used this nonce before. */
  takeNonce(accessKeyId: string, nonce: string, nowMs: number): boolean;
  isLocked(accessKeyId: string, nowMs: number): boolean;
  /** A signature of this key was refused; too many in a row lock it. */
  refused(accessKeyId: string, nowMs: number): void;
  accepted(accessKeyId: string): void;
  issueToken(user: Credential, projectId: string | null, nowMs: number): { token: string; expiresAtMs: number };
  token(text: string): Token | undefined;
  /** Ends tokens, locks and the memory of nonces; credentials stay. */
  forget(): void;
  has(name: string): boolean;
  /** Names only: access key ids and `domain/username`. */
  names(): string[];
  locks(nowMs: number): Record<string, string>;
}

const NONCE_MEMORY_MS = 30 * 60_000;
const NONCES_MAX = 200_000;
const TOKENS_MAX = 10_000;

export function makeKeyring(options: () => Options): Keyring {
  const credentials = new Map<string, Map<string, Credential>>();
  const nonces = new Map<string, number>();
  const tokens = new Map<string, Token>();
  const strikes = new Map<string, number>();
  const lockedUntilMs = new Map<string, number>();

  return {
    set(name, credential) {
      const ofVendor = credentials.get(credential.vendor) ?? new Map<string, Credential>();
      credentials.set(credential.vendor, ofVendor.set(name, credential));
    },
    find: (vendor, name) => credentials.get(vendor)?.get(name),
    takeNonce(accessKeyId, nonce, nowMs) {
      const name = `${accessKeyId} ${nonce}`;
      if ((nonces.get(name) ?? Number.NEGATIVE_INFINITY) > nowMs - NONCE_MEMORY_MS) return false;
      nonces.delete(name);
      nonces.set(name, nowMs);
      dropOldest(nonces, NONCES_MAX);
      return true;
    },
    isLocked: (accessKeyId, nowMs) => nowMs < (lockedUntilMs.get(accessKeyId) ?? Number.NEGATIVE_INFINITY),
    refused(accessKeyId, nowMs) {
      const count = (strikes.get(accessKeyId) ?? 0) + 1;
      const isTooMany = count > options().lockAfterFailures;
      strikes.set(accessKeyId, isTooMany ? 0 : count);
      if (isTooMany) lockedUntilMs.set(accessKeyId, nowMs + options().lockSeconds * 1000);
    },
    accepted: (accessKeyId) => void strikes.delete(accessKeyId),
    issueToken(user, projectId, nowMs) {
      const token = `MIIs${randomBytes(96).toString('base64url')}`;
      const expiresAtMs = nowMs + options().tokenSeconds * 1000;
      tokens.set(token, { user, projectId, expiresAtMs });
      dropOldest(tokens, TOKENS_MAX);
      return { token, expiresAtMs };
    },
    token: (text) => tokens.get(text),
    forget() {
      for (const memory of [nonces, tokens, strikes, lockedUntilMs]) memory.clear();
    },
    has: (name) => [...credentials.values()].some((ofVendor) => ofVendor.has(name)),
    names: () => [...credentials.values()].flatMap((ofVendor) => [...ofVendor.keys()]),
    locks: (nowMs) =>
      Object.fromEntries(
        [...lockedUntilMs]
          .filter(([, untilMs]) => nowMs < untilMs)
          .map(([key, ms]) => [key, new Date(ms).toISOString()]),
      ),
  };
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  const oldest = map.size > max ? map.keys().next().value : undefined;
  if (oldest !== undefined) map.delete(oldest);
}
