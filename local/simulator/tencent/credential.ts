import * as v from 'valibot';
import type { Keyring } from '../keyring.ts';
import { credentialFields, text } from '../schema.ts';

export const tencentKey = v.strictObject({
  vendor: v.literal('tencent'),
  secretId: text,
  secretKey: text,
  token: v.optional(text),
  ...credentialFields,
});

export type TencentKey = v.InferOutput<typeof tencentKey>;

export function findTencentKey(keys: Keyring, secretId: string): TencentKey | undefined {
  const found = keys.find('tencent', secretId);
  return found !== undefined && isTencentKey(found) ? found : undefined;
}

function isTencentKey(credential: object): credential is TencentKey {
  return 'secretKey' in credential;
}
