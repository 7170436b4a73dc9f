import { simulated } from '../cloud.ts';
import { alibabaKey } from './credential.ts';
import { routeAlibaba } from './gateway.ts';
import { alibabaSamples } from './samples.ts';

export const ALIBABA = simulated({
  name: 'alibaba',
  credentialFor: () => alibabaKey,
  nameOf: ({ accessKeyId }) => accessKeyId,
  hosts: {},
  route: routeAlibaba,
  samples: alibabaSamples,
  sampleAccount: {
    name: 'default',
    credential: { vendor: 'alibaba', accessKeyId: 'SAMPLEALIBABAKEY', accessKeySecret: 'sample-alibaba-secret' },
  },
});
