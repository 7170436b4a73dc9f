import type { ApiFacts } from '../job/api-facts.ts';
import { CLOUDS } from './clouds.ts';
import type { AnyCloud, VendorDeps } from './kit/cloud.ts';
import type { Vendor } from './vendor.ts';

/** What is known of each api of these clouds, by name. */
export function factsOf(clouds: readonly AnyCloud[]): ReadonlyMap<string, ApiFacts> {
  return new Map(clouds.flatMap(({ facts }) => facts.map((one) => [one.api, one] as const)));
}

/** The apis that can be watched, by name: what a parser of messages needs to know of them. */
export const API_FACTS: ReadonlyMap<string, ApiFacts> = factsOf(CLOUDS);

/** All vendors, by api. Those of one cloud share its logins. */
export function makeVendors(deps: VendorDeps, clouds = CLOUDS): ReadonlyMap<string, Vendor> {
  return new Map(clouds.flatMap((cloud) => cloud.makeVendors(deps).map((vendor) => [vendor.api, vendor] as const)));
}
