import { createHash } from 'node:crypto';
import * as v from 'valibot';
import type { Keyring } from '../keyring.ts';
import type { RawRequest } from '../raw-request.ts';
import { type Credential, credentialFields, text } from '../schema.ts';

/** A token of a cloud, as an account names it. */
export interface BearerToken extends Credential {
  readonly cloud: string;
  readonly token: string;
}

export function bearerCredential(cloud: string): v.GenericSchema<unknown, BearerToken> {
  return v.strictObject({
    vendor: v.literal('bearer'),
    cloud: v.literal(cloud),
    token: text,
    ...credentialFields,
  });
}

/** Names are shown, tokens are not. */
export function bearerName({ cloud, token }: Pick<BearerToken, 'cloud' | 'token'>): string {
  return `${cloud}/${createHash('sha256').update(token).digest('hex').slice(0, 12)}`;
}

/** The token of the header; null: there is none of that form. https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
export function tokenIn(request: RawRequest): string | null {
  return /^Bearer ([A-Za-z0-9._~+/-]+=*)$/.exec(request.headers.get('authorization') ?? '')?.[1] ?? null;
}

export function findToken(keys: Keyring, cloud: string, token: string): BearerToken | undefined {
  const found = keys.find('bearer', bearerName({ cloud, token }));
  return found !== undefined && isToken(found) && found.token === token ? found : undefined;
}

function isToken(credential: object): credential is BearerToken {
  return 'token' in credential && 'cloud' in credential;
}
