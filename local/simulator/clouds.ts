import * as v from 'valibot';
import { ALIBABA } from './alibaba/cloud.ts';
import type { SimulatedCloud } from './cloud.ts';
import { HUAWEI } from './huawei/cloud.ts';
import type { Credential } from './schema.ts';
import { TENCENT } from './tencent/cloud.ts';

/** The clouds that are played. Huawei's gateway answers what nobody else took, so it stands last. */
export const SIMULATED: readonly SimulatedCloud[] = [ALIBABA, TENCENT, HUAWEI];

const nameOfOne: v.GenericSchema<unknown, { readonly vendor: string }> = v.looseObject({
  vendor: v.picklist(SIMULATED.map(({ name }) => name)),
});

export const credentialSchema = v.lazy((given): v.GenericSchema<unknown, Credential> => {
  const named = v.safeParse(nameOfOne, given);
  const cloud = named.success ? SIMULATED.find(({ name }) => name === named.output.vendor) : undefined;
  if (cloud === undefined || typeof given !== 'object' || given === null) return refusing;
  return cloud.credentialFor(given);
});

/** Says what is wrong with the name of the vendor. */
const refusing = v.pipe(
  nameOfOne,
  v.transform(({ vendor }): Credential => ({ vendor, deniedApis: [] })),
);

/** What the keyring keeps a credential under: an access key id, or `domain/username`. */
export function nameOfCredential(credential: Credential): string {
  const cloud = SIMULATED.find(({ name }) => name === credential.vendor);
  if (cloud === undefined) throw new Error(`no cloud ${credential.vendor}`);
  return cloud.nameOf(credential);
}
