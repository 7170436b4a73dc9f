import * as v from 'valibot';
import type { Keyring } from '../keyring.ts';
import { credentialFields, keyPairFields } from '../schema.ts';

export const alibabaKey = v.strictObject({
  vendor: v.literal('alibaba'),
  ...keyPairFields,
  ...credentialFields,
  active: v.optional(v.boolean(), true),
});

export type AlibabaKey = v.InferOutput<typeof alibabaKey>;

export function findAlibabaKey(keys: Keyring, accessKeyId: string): AlibabaKey | undefined {
  const found = keys.find('alibaba', accessKeyId);
  return found !== undefined && isAlibabaKey(found) ? found : undefined;
}

function isAlibabaKey(credential: object): credential is AlibabaKey {
  return 'accessKeySecret' in credential;
}
