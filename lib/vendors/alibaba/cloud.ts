import * as v from 'valibot';
import type { Cloud } from '../kit/cloud.ts';
import { type Endpoints, endpoints, type KeyPair, keyPair } from '../kit/credentials.ts';

export interface AlibabaAccount extends KeyPair {
  readonly vendor: 'alibaba';
  readonly endpoints?: Endpoints | undefined;
}

const account = v.strictObject({ vendor: v.literal('alibaba'), ...keyPair, endpoints });

/** No rule is published by which a key is locked, so the calls of a key are bounded for our own sake only. */
const CALLS_OF_KEY = 50;

export const ALIBABA: Cloud<AlibabaAccount> = {
  name: 'alibaba',
  schemaFor: () => account,
  keyIdentity: ({ accessKeyId }) => [accessKeyId],
  callsOfKey: () => CALLS_OF_KEY,
  lockRule: null,
};
