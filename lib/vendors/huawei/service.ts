import type { FaultRow } from '../kit/faults.ts';

/** A service behind Huawei's gateway. */
export interface HuaweiService {
  /** Its public end points are `<host>.<region>.myhuaweicloud.com`. */
  readonly host: string;
  /** Regions where the host has another name. */
  readonly otherHosts?: Readonly<Record<string, string>>;
  /** Whether it is at `myhuaweicloud.eu` in the regions of `EU_REGIONS`: some services are, some are not. */
  readonly isAtEu?: boolean;
  /** Codes of its own, and of the gateway where they mean something else here. */
  readonly faults: readonly FaultRow[];
}

const EU_REGIONS: ReadonlySet<string> = new Set(['eu-west-101']);

/**
 * Where a service is in a region, unless an account says otherwise, as it must for Open Telekom Cloud.
 * https://github.com/huaweicloud/huaweicloud-sdk-python-v3 (the `*_region.py` of each service)
 */
export function publicOrigin({ host, otherHosts = {}, isAtEu = false }: HuaweiService, region: string): string {
  const suffix = isAtEu && EU_REGIONS.has(region) ? 'eu' : 'com';
  const name = Object.hasOwn(otherHosts, region) ? otherHosts[region] : host;
  return `https://${name}.${region}.myhuaweicloud.${suffix}`;
}
