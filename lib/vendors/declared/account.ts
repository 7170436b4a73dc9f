import * as v from 'valibot';
import { BEARER, type Endpoints, endpoints } from '../kit/credentials.ts';

export type BearerAccount = {
  readonly vendor: typeof BEARER;
  readonly cloud: string;
  readonly token: string;
  readonly endpoints?: Endpoints | undefined;
};

/** What a header takes: https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const token = v.pipe(
  v.string(),
  v.check((text) => /^[A-Za-z0-9._~+/-]{1,8192}=*$/.test(text), 'expected a token of letters, digits and -._~+/='),
);

export function bearerAccount(cloud: string) {
  return v.strictObject({ vendor: v.literal(BEARER), cloud: v.literal(cloud), token, endpoints });
}
