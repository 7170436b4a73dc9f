import { simulated } from '../cloud.ts';
import { tencentKey } from './credential.ts';
import { routeTencent, TENCENT_HOSTS } from './gateway.ts';
import { tencentSamples } from './samples.ts';

export const TENCENT = simulated({
  name: 'tencent',
  credentialFor: () => tencentKey,
  nameOf: ({ secretId }) => secretId,
  hosts: TENCENT_HOSTS,
  route: routeTencent,
  samples: tencentSamples,
  sampleAccount: {
    name: 'tencent',
    credential: { vendor: 'tencent', secretId: 'SAMPLETENCENTKEY', secretKey: 'sample-tencent-secret' },
  },
});
