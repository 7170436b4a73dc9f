import { simulated } from '../cloud.ts';
import { bearerCredential, bearerName } from '../kit/bearer-credential.ts';
import { routeBearer } from '../kit/bearer-gateway.ts';
import { bucketLimit } from '../kit/limits.ts';
import { HETZNER_ERRORS, listActions, showAction } from './actions.ts';
import { hetznerSamples } from './samples.ts';

/** https://docs.hetzner.cloud/reference/cloud: 3600 calls an hour, one comes back each second. */
export const HETZNER = simulated({
  name: 'hetzner',
  takesBearer: true,
  credentialFor: () => bearerCredential('hetzner'),
  nameOf: bearerName,
  hosts: { 'hetzner.actions': 'api.hetzner.cloud' },
  route: routeBearer({
    name: 'hetzner',
    errors: HETZNER_ERRORS,
    limit: bucketLimit(3600),
    routes: [
      { api: 'hetzner.actions', action: 'GetAction', pattern: /^\/v1\/actions\/([^/]+)$/, serve: showAction },
      {
        api: 'hetzner.actions',
        action: 'ListActions',
        pattern: /^\/v1\/actions$/,
        idParameter: 'id',
        serve: listActions,
      },
    ],
  }),
  samples: hetznerSamples,
  sampleAccount: {
    name: 'hetzner',
    credential: { vendor: 'bearer', cloud: 'hetzner', token: 'sample-hetzner-token' },
  },
});
