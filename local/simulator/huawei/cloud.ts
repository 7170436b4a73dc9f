import { simulated } from '../cloud.ts';
import { type HuaweiKey, type HuaweiUser, huaweiCredentialFor, huaweiName } from './credential.ts';
import { routeHuawei } from './gateway.ts';
import { JOB_SERVICES } from './job-services.ts';
import { huaweiSamples } from './samples.ts';
import { serviceSamples } from './service-samples.ts';

export const HUAWEI = simulated<HuaweiKey | HuaweiUser>({
  name: 'huawei',
  credentialFor: huaweiCredentialFor,
  nameOf: huaweiName,
  hosts: Object.fromEntries(JOB_SERVICES.map(({ api, host }) => [api, host])),
  route: routeHuawei,
  samples: [...huaweiSamples, ...serviceSamples],
  sampleAccount: {
    name: 'huawei',
    credential: { vendor: 'huawei', accessKeyId: 'SAMPLEHUAWEIKEY', accessKeySecret: 'sample-huawei-secret' },
  },
});
