import { makeSignedCall, type SignedCall, type SignedCallOptions } from '../../../lib/adapters/aws/signed-call.ts';
import { makeSend } from '../../../lib/adapters/http/send.ts';

/** A signed call to a server of this machine, which never waits between its tries. */
export function signedCallTo(url: string, options: Partial<SignedCallOptions> = {}): SignedCall {
  return makeSignedCall({
    send: makeSend({ timeoutMs: 2000, maxBytes: 10_000 }),
    credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
    region: 'eu-central-1',
    environment: { AWS_ENDPOINT_URL: url },
    clock: Date.now,
    sleep: async () => undefined,
    random: () => 0,
    ...options,
  });
}
