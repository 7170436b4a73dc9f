import { timingSafeEqual } from 'node:crypto';
import { webhookHeaders } from '../../lib/deliver/sinks/webhook-signature.ts';

export type Checked =
  | { readonly ok: true; readonly event: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: string };

interface Delivery {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** null: not known yet. */
  readonly secret: string | null;
  readonly nowMs: number;
}

/**
 * Clocks may be so far apart.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
const TOLERANCE_MS = 5 * 60_000;

/** Verifies a delivery as Standard Webhooks says: one good signature of several is enough. */
export function verify({ headers, body, secret, nowMs }: Delivery): Checked {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name] ?? ''),
  );
  if (!id || !timestamp || !signatures) return { ok: false, reason: 'it is not signed' };
  if (secret === null) return { ok: false, reason: 'the secret is not known yet' };
  const timestampMs = Number(timestamp) * 1000;
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(nowMs - timestampMs) > TOLERANCE_MS)
    return { ok: false, reason: 'its time is more than five minutes off' };
  const expected = webhookHeaders({ id, timestampMs, body, secrets: [secret] })['webhook-signature'] ?? '';
  if (!signatures.split(' ').some((given) => isEqual(given, expected)))
    return { ok: false, reason: 'its signature is wrong' };
  const event = parse(body);
  return event === null ? { ok: false, reason: 'it is not a JSON object' } : { ok: true, event };
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function parse(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
