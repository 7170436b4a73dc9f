import * as v from 'valibot';
import type { Keyring } from '../keyring.ts';
import { credentialFields, keyPairFields, text } from '../schema.ts';

const projects = v.optional(v.array(v.strictObject({ id: text, name: v.optional(text) })));
const huaweiKey = v.strictObject({ vendor: v.literal('huawei'), ...keyPairFields, ...credentialFields, projects });
const huaweiUser = v.strictObject({
  vendor: v.literal('huawei'),
  domain: text,
  username: text,
  password: text,
  ...credentialFields,
  projects,
});

export type HuaweiKey = v.InferOutput<typeof huaweiKey>;
export type HuaweiUser = v.InferOutput<typeof huaweiUser>;

export function huaweiCredentialFor(given: object): typeof huaweiKey | typeof huaweiUser {
  return 'username' in given ? huaweiUser : huaweiKey;
}

export function huaweiName(credential: HuaweiKey | HuaweiUser): string {
  return 'username' in credential ? userName(credential.domain, credential.username) : credential.accessKeyId;
}

export function findHuaweiKey(keys: Keyring, accessKeyId: string): HuaweiKey | undefined {
  const found = keys.find('huawei', accessKeyId);
  return found !== undefined && isKey(found) ? found : undefined;
}

export function findHuaweiUser(keys: Keyring, domain: string, username: string): HuaweiUser | undefined {
  const found = keys.find('huawei', userName(domain, username));
  return found !== undefined && isHuaweiUser(found) ? found : undefined;
}

export function userName(domain: string, username: string): string {
  return `${domain}/${username}`;
}

function isKey(credential: object): credential is HuaweiKey {
  return 'accessKeySecret' in credential;
}

export function isHuaweiUser(credential: object): credential is HuaweiUser {
  return 'password' in credential;
}
