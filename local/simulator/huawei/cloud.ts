import { simulated } from '../cloud.ts';
import { type HuaweiKey, type HuaweiUser, huaweiCredentialFor, huaweiName } from './credential.ts';
import { routeHuawei } from './gateway.ts';
import { huaweiSamples } from './samples.ts';

export const HUAWEI = simulated<HuaweiKey | HuaweiUser>({
  name: 'huawei',
  credentialFor: huaweiCredentialFor,
  nameOf: huaweiName,
  hosts: {},
  route: routeHuawei,
  samples: huaweiSamples,
  sampleAccount: {
    name: 'huawei',
    credential: { vendor: 'huawei', accessKeyId: 'SAMPLEHUAWEIKEY', accessKeySecret: 'sample-huawei-secret' },
  },
});
