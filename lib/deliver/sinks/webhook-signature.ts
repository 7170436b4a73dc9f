import { createHmac } from 'node:crypto';
import { VERSION } from '../../base/version.ts';

const SECRET_PREFIX = 'whsec_';
const SECRET_BYTES = 32;

export interface SignedMessage {
  /** The event's id: the same at every attempt, so that a receiver knows a repeat. */
  readonly id: string;
  readonly timestampMs: number;
  /** The very text that is sent. */
  readonly body: string;
  /** `whsec_…`: the current secret and, for a while after a rotation, the one before it. Each makes one signature. */
  readonly secrets: readonly string[];
}

/** The headers that are the same at every attempt. */
export function steadyHeaders(id: string): Record<string, string> {
  return {
    'content-type': 'application/cloudevents+json',
    'user-agent': `jobwatch/${VERSION}`,
    'webhook-id': id,
  };
}

/**
 * The headers of one attempt.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function webhookHeaders(message: SignedMessage): Record<string, string> {
  const { id, body, secrets } = message;
  const timestamp = String(Math.floor(message.timestampMs / 1000));
  return {
    ...steadyHeaders(id),
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `v1,${signature(secret, `${id}.${timestamp}.${body}`)}`).join(' '),
  };
}

function signature(secret: string, content: string): string {
  const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
  return createHmac('sha256', key).update(content).digest('base64');
}

/** A new signing secret: `whsec_` and 32 random bytes in base 64. */
export function makeSecret(randomBytes: (size: number) => Uint8Array): string {
  return `${SECRET_PREFIX}${Buffer.from(randomBytes(SECRET_BYTES)).toString('base64')}`;
}
