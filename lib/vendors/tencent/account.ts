import * as v from 'valibot';
import { type Endpoints, endpoints, plain, secret } from '../kit/credentials.ts';

export type TencentAccount = {
  readonly vendor: 'tencent';
  readonly secretId: string;
  readonly secretKey: string;
  /** Of a temporary key. */
  readonly token?: string | undefined;
  readonly endpoints?: Endpoints | undefined;
};

export const tencentAccount = v.strictObject({
  vendor: v.literal('tencent'),
  secretId: plain,
  secretKey: secret,
  token: v.optional(secret),
  endpoints,
});
