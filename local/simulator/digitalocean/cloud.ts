import { simulated } from '../cloud.ts';
import { bearerCredential, bearerName } from '../kit/bearer-credential.ts';
import { type Limit, routeBearer } from '../kit/bearer-gateway.ts';
import { headersOf, makeMemory } from '../kit/limits.ts';
import { DIGITALOCEAN_ERRORS, digitaloceanSamples, showAction } from './actions.ts';

const CALLS_OF_HOUR = 5000;
const CALLS_OF_MINUTE = 250;
const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];
const callsOf = makeMemory((): number[] => []);

/** 5000 calls in any hour, 250 in any minute; `RateLimit-Reset` is when the oldest does not count any more. */
const limit: Limit = (world, key, nowMs) => {
  const max = world.options().bearerCallsMax ?? CALLS_OF_HOUR;
  const calls = callsOf(world, key, nowMs, max);
  while ((calls[0] ?? nowMs) <= nowMs - HOUR_MS) calls.shift();
  const lately = calls.filter((ms) => ms > nowMs - MINUTE_MS);
  const isBurst = lately.length >= Math.max(CALLS_OF_MINUTE, world.options().bearerCallsMax ?? 0);
  const isLeft = calls.length < max && !isBurst;
  if (isLeft) calls.push(nowMs);
  const headers = headersOf(max, max - calls.length, (calls[0] ?? nowMs) + HOUR_MS);
  const burstMs = (lately[0] ?? nowMs) + MINUTE_MS - nowMs;
  return { isLeft, headers: isBurst ? { ...headers, 'retry-after': String(Math.ceil(burstMs / 1000)) } : headers };
};

/** https://docs.digitalocean.com/reference/api/digitalocean/ */
export const DIGITALOCEAN = simulated({
  name: 'digitalocean',
  takesBearer: true,
  credentialFor: () => bearerCredential('digitalocean'),
  nameOf: bearerName,
  hosts: { 'digitalocean.actions': 'api.digitalocean.com' },
  route: routeBearer({
    name: 'digitalocean',
    errors: DIGITALOCEAN_ERRORS,
    limit,
    routes: [
      { api: 'digitalocean.actions', action: 'GetAction', pattern: /^\/v2\/actions\/([^/]+)$/, serve: showAction },
    ],
  }),
  samples: digitaloceanSamples,
  sampleAccount: {
    name: 'digitalocean',
    credential: { vendor: 'bearer', cloud: 'digitalocean', token: 'sample-digitalocean-token' },
  },
});
