import { type AnyCloud, defineCloud } from '../kit/cloud.ts';
import { bearerAccount } from './account.ts';
import { declaredApi } from './api.ts';
import { bearerProtocol } from './client.ts';
import { type DeclaredCloud, problemsOf } from './declaration.ts';

/** A declared cloud as one of the registry. Throws if the declaration is not safe: a test has seen to it that it is. */
export function declaredCloud(cloud: DeclaredCloud): AnyCloud {
  const problems = problemsOf(cloud);
  if (problems.length > 0) throw new Error(`${cloud.name}: ${problems.join('; ')}`);
  const { name, callsAtOnce, keyShapes, faults, apis } = cloud;
  return defineCloud({
    name,
    takesBearer: true,
    schemaFor: () => bearerAccount(name),
    kindOf: () => 'token',
    key: {
      identity: ({ token }) => [name, token],
      callsAtOnce: (workers) => Math.max(1, Math.floor(callsAtOnce / workers)),
      lockRule: null,
    },
    keyShapes,
    faults,
    protocol: ({ clock }) => bearerProtocol(cloud, clock),
    apis: apis.map((api) => declaredApi(api, cloud)),
  });
}
