import { defineCloud } from '../kit/cloud.ts';
import type { LockRule } from '../vendor.ts';
import { huaweiKeyIdentity, huaweiKindOf, huaweiSchemaFor } from './account.ts';
import { huaweiProtocol } from './client.ts';
import { HUAWEI_ELB_V1 } from './elb-v1.ts';
import { HUAWEI_ELB_V3 } from './elb-v3.ts';
import { HUAWEI_FAULTS } from './errors.ts';

/**
 * A key is locked for five minutes after more than five bad signatures.
 * https://support.huaweicloud.com/intl/en-us/apig_faq/apig-faq-0003.html
 */
const LOCK_RULE = { badMax: 5, windowMs: 5 * 60_000 } satisfies LockRule;

/** Over all workers: calls that are under way when a key goes bad are refused together, which may not lock it. */
const CALLS_OF_KEY = 4;

export const HUAWEI = defineCloud({
  name: 'huawei',
  schemaFor: huaweiSchemaFor,
  kindOf: huaweiKindOf,
  key: {
    identity: huaweiKeyIdentity,
    callsAtOnce: (workers) => Math.max(1, Math.floor(CALLS_OF_KEY / workers)),
    lockRule: LOCK_RULE,
  },
  // Access key ids are 20 letters and digits without a beginning of their own.
  keyShapes: [],
  faults: HUAWEI_FAULTS,
  protocol: huaweiProtocol,
  apis: [HUAWEI_ELB_V1, HUAWEI_ELB_V3],
});
