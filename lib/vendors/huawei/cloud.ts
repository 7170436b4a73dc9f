import { defineCloud } from '../kit/cloud.ts';
import type { LockRule } from '../vendor.ts';
import { huaweiKeyIdentity, huaweiKindOf, huaweiSchemaFor } from './account.ts';
import { HUAWEI_CCE } from './cce.ts';
import { huaweiProtocol } from './client.ts';
import { HUAWEI_DATABASES } from './databases.ts';
import { HUAWEI_ELB_V1 } from './elb-v1.ts';
import { HUAWEI_ELB_V3 } from './elb-v3.ts';
import { CCE_FAULTS, COMPUTE_FAULTS, DATABASE_FAULTS, HUAWEI_FAULTS } from './errors.ts';
import { HUAWEI_JOB_SERVICES } from './job-services.ts';

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
  faults: [...COMPUTE_FAULTS, ...DATABASE_FAULTS, ...CCE_FAULTS, ...HUAWEI_FAULTS],
  protocol: huaweiProtocol,
  apis: [HUAWEI_ELB_V1, HUAWEI_ELB_V3, ...HUAWEI_JOB_SERVICES, ...HUAWEI_DATABASES, HUAWEI_CCE],
});
