import { isFields } from '../template/values.ts';
import type { Call } from './gateway.ts';

/**
 * The body of the call; a receive hides its messages for no longer than `leaseSeconds`, whatever it asks for or its
 * queue says.
 */
export function shortenLease({ action, body }: Call, leaseSeconds: number): Buffer {
  if (action !== 'ReceiveMessage') return body;
  const input: unknown = JSON.parse(body.toString('utf8'));
  if (!isFields(input)) return body;
  const asked = typeof input['VisibilityTimeout'] === 'number' ? input['VisibilityTimeout'] : leaseSeconds;
  return Buffer.from(JSON.stringify({ ...input, VisibilityTimeout: Math.min(asked, leaseSeconds) }));
}
