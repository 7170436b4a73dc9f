import * as v from 'valibot';
import {
  type Endpoints,
  endpoints,
  type KeyPair,
  keyPair,
  kindOfKeyPair,
  origin,
  plain,
  secret,
} from '../kit/credentials.ts';

export type HuaweiKeyAccount = KeyPair & {
  readonly vendor: 'huawei';
  readonly endpoints?: Endpoints | undefined;
};

/** An IAM user that logs in for an X-Auth-Token. */
export type HuaweiUserAccount = {
  readonly vendor: 'huawei';
  readonly iamEndpoint: string;
  readonly domain: string;
  readonly username: string;
  readonly password: string;
  readonly endpoints?: Endpoints | undefined;
};

export type HuaweiAccount = HuaweiKeyAccount | HuaweiUserAccount;

const keyAccount = v.strictObject({ vendor: v.literal('huawei'), ...keyPair, endpoints });
const user = { iamEndpoint: origin, domain: plain, username: plain, password: secret };
const userAccount = v.strictObject({ vendor: v.literal('huawei'), ...user, endpoints });

export function huaweiSchemaFor(given: object) {
  return Object.keys(user).some((field) => field in given) ? userAccount : keyAccount;
}

export function huaweiKeyIdentity(account: HuaweiAccount): readonly string[] {
  if ('accessKeyId' in account) return [account.accessKeyId];
  return [new URL(account.iamEndpoint).origin, account.domain, account.username];
}

export function huaweiKindOf(account: HuaweiAccount): string {
  return 'accessKeyId' in account ? kindOfKeyPair(account) : 'IAM user';
}
