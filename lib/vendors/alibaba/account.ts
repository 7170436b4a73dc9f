import * as v from 'valibot';
import { type Endpoints, endpoints, type KeyPair, keyPair } from '../kit/credentials.ts';

export type AlibabaAccount = KeyPair & {
  readonly vendor: 'alibaba';
  readonly endpoints?: Endpoints | undefined;
};

export const alibabaAccount = v.strictObject({ vendor: v.literal('alibaba'), ...keyPair, endpoints });
