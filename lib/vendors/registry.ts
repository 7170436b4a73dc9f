import type { ApiFacts } from '../job/api-facts.ts';
import { CLOUDS } from './clouds.ts';
import type { AnyCloud, VendorDeps } from './kit/cloud.ts';
import { makeSkewedClock } from './kit/skew.ts';
import type { Vendor } from './vendor.ts';

/** What is known of each api of these clouds, by name. */
export function factsOf(clouds: readonly AnyCloud[]): ReadonlyMap<string, ApiFacts> {
  return new Map(clouds.flatMap(({ facts }) => facts.map((one) => [one.api, one] as const)));
}

/** The apis that can be watched, by name: what a parser of messages needs to know of them. */
export const API_FACTS: ReadonlyMap<string, ApiFacts> = factsOf(CLOUDS);

/** All vendors, by api. Those of one cloud share its logins, all share what is known of the clocks of end points. */
export function makeVendors(deps: VendorDeps, clouds = CLOUDS): ReadonlyMap<string, Vendor> {
  const skew = makeSkewedClock(deps.clock);
  const vendors = clouds.flatMap((cloud) => cloud.makeVendors({ ...deps, skew }));
  return new Map(vendors.map((vendor) => [vendor.api, vendor]));
}
