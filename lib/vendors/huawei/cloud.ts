import * as v from 'valibot';
import type { Cloud, LockRule } from '../kit/cloud.ts';
import { type Endpoints, endpoints, type KeyPair, keyPair, origin, plain, secret } from '../kit/credentials.ts';

export interface HuaweiKeyAccount extends KeyPair {
  readonly vendor: 'huawei';
  readonly endpoints?: Endpoints | undefined;
}

/** An IAM user that logs in for an X-Auth-Token. */
export interface HuaweiUserAccount {
  readonly vendor: 'huawei';
  readonly iamEndpoint: string;
  readonly domain: string;
  readonly username: string;
  readonly password: string;
  readonly endpoints?: Endpoints | undefined;
}

export type HuaweiAccount = HuaweiKeyAccount | HuaweiUserAccount;

const keyAccount = v.strictObject({ vendor: v.literal('huawei'), ...keyPair, endpoints });
const user = { iamEndpoint: origin, domain: plain, username: plain, password: secret };
const userAccount = v.strictObject({ vendor: v.literal('huawei'), ...user, endpoints });

/**
 * A key is locked for five minutes after more than five bad signatures.
 * https://support.huaweicloud.com/intl/en-us/apig_faq/apig-faq-0003.html
 */
const LOCK_RULE = { badMax: 5, windowMs: 5 * 60_000 } satisfies LockRule;

/** Over all workers: calls that are under way when a key goes bad are refused together, which may not lock it. */
const CALLS_OF_KEY = 4;

export const HUAWEI = {
  name: 'huawei',
  schemaFor: (given: object) => (Object.keys(user).some((field) => field in given) ? userAccount : keyAccount),
  keyIdentity: (account: HuaweiAccount) =>
    'accessKeyId' in account
      ? [account.accessKeyId]
      : [new URL(account.iamEndpoint).origin, account.domain, account.username],
  callsOfKey: (workers: number) => Math.max(1, Math.floor(CALLS_OF_KEY / workers)),
  lockRule: LOCK_RULE,
} satisfies Cloud<HuaweiAccount>;
