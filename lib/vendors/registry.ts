import type { Send } from '../base/http.ts';
import type { Clock } from '../base/time.ts';
import type { ApiFacts } from '../job/api-facts.ts';
import { ALIBABA_ALB, makeAlibabaAlb } from './alibaba/alb.ts';
import { ALIBABA_NLB, makeAlibabaNlb } from './alibaba/nlb.ts';
import { HUAWEI_ELB_V1, makeHuaweiElbV1 } from './huawei/elb-v1.ts';
import { HUAWEI_ELB_V3, makeHuaweiElbV3 } from './huawei/elb-v3.ts';
import { type HuaweiIam, makeHuaweiIam } from './huawei/iam.ts';
import { makeSkewedClock, type SkewedClock } from './kit/skew.ts';
import type { Vendor } from './vendor.ts';

export interface VendorDeps {
  readonly send: Send;
  readonly clock: Clock;
  /** A text of letters and digits that never repeats. */
  readonly nonce: () => string;
}

interface Entry {
  readonly facts: ApiFacts;
  readonly make: (deps: VendorDeps & { readonly iam: HuaweiIam; readonly skew: SkewedClock }) => Vendor;
}

const ENTRIES: readonly Entry[] = [
  { facts: ALIBABA_NLB, make: makeAlibabaNlb },
  { facts: ALIBABA_ALB, make: makeAlibabaAlb },
  { facts: HUAWEI_ELB_V1, make: makeHuaweiElbV1 },
  { facts: HUAWEI_ELB_V3, make: makeHuaweiElbV3 },
];

/** The apis that can be watched, by name: what a parser of messages needs to know of them. */
export const API_FACTS: ReadonlyMap<string, ApiFacts> = new Map(ENTRIES.map(({ facts }) => [facts.api, facts]));

/** All vendors, by api. They share the logins of IAM users, and what is known of the clocks of end points. */
export function makeVendors(deps: VendorDeps): ReadonlyMap<string, Vendor> {
  const iam = makeHuaweiIam(deps);
  const skew = makeSkewedClock(deps.clock);
  return new Map(ENTRIES.map(({ facts, make }) => [facts.api, make({ ...deps, iam, skew })]));
}
