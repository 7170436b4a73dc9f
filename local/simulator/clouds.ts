import * as v from 'valibot';
import { isObject } from '../../lib/base/is-object.ts';
import { ALIBABA } from './alibaba/cloud.ts';
import type { SimulatedCloud } from './cloud.ts';
import { DIGITALOCEAN } from './digitalocean/cloud.ts';
import { HETZNER } from './hetzner/cloud.ts';
import { HUAWEI } from './huawei/cloud.ts';
import type { Credential } from './schema.ts';
import { TENCENT } from './tencent/cloud.ts';

/** The clouds that are played. Huawei's gateway answers what nobody else took, so it stands last. */
export const SIMULATED: readonly SimulatedCloud[] = [ALIBABA, TENCENT, HETZNER, DIGITALOCEAN, HUAWEI];

/** Whose a credential is meant to be. */
function cloudOf(given: unknown): SimulatedCloud | undefined {
  if (!isObject(given)) return undefined;
  const isBearer = given['vendor'] === 'bearer';
  const name = isBearer ? given['cloud'] : given['vendor'];
  return SIMULATED.find((cloud) => cloud.name === name && (cloud.takesBearer ?? false) === isBearer);
}

export const credentialSchema = v.lazy(
  (given): v.GenericSchema<unknown, Credential> => cloudOf(given)?.credentialFor(Object(given)) ?? refusing(given),
);

/** Says what is wrong with the name of the vendor, or of the cloud of a bearer token. */
function refusing(given: unknown): v.GenericSchema<unknown, Credential> {
  const named = (takes: boolean) => SIMULATED.filter((cloud) => (cloud.takesBearer ?? false) === takes);
  const field = isObject(given) && given['vendor'] === 'bearer' ? 'cloud' : 'vendor';
  const names = named(field === 'cloud').map(({ name }) => name);
  const name = v.picklist(field === 'cloud' ? names : [...names, 'bearer']);
  return v.pipe(
    v.looseObject(
      field === 'cloud' ? { vendor: v.string(), cloud: name } : { vendor: name, cloud: v.optional(v.unknown()) },
    ),
    v.transform(({ vendor }): Credential => ({ vendor, deniedApis: [] })),
  );
}

/** What the keyring keeps a credential under: an access key id, or `domain/username`. */
export function nameOfCredential(credential: Credential): string {
  const cloud = cloudOf(credential);
  if (cloud === undefined) throw new Error(`no cloud ${credential.vendor}`);
  return cloud.nameOf(credential);
}
