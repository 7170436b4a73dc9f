import { dirname, join } from 'node:path';
import { makeSecret, webhookHeaders } from '../../lib/deliver/sinks/webhook-signature.ts';
import { reasonOf } from '../api/reach.ts';
import type { Context } from '../context.ts';
import { usage } from '../exit.ts';
import type { Received } from './receive.ts';

/** What came of a forwarded event: the status that jobwatch is answered, and a text for people. */
export interface Forwarded {
  readonly status: number;
  readonly said: string;
}

export type Forward = (received: Received) => Promise<Forwarded>;

const TIMEOUT_MS = 10_000;
/** As a gateway says that what is behind it did not answer. */
const BAD_GATEWAY = 502;
/** Of the connection, not of the request; and those of Standard Webhooks, which are made anew. */
const NOT_COPIED =
  /^(host|connection|keep-alive|content-length|transfer-encoding|accept-encoding|expect|webhook-timestamp|webhook-signature)$/;
const SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

/** Throws a usage error for what is no address that events can be sent to. */
export function forwardUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url.href;
  throw usage('--forward-to takes a URL, such as http://localhost:3000/hook.');
}

/**
 * The secret that forwarded events are signed with: the same at every start, so that the receiver keeps its settings.
 * It is made where there is none, for its owner alone to read. Throws a usage error for what is no secret.
 */
export function forwardSecret(context: Context, file: string | undefined): { readonly path: string; secret: string } {
  const { profileFile, saveSecret, randomBytes } = context;
  const path = file ?? (profileFile.path === null ? null : join(dirname(profileFile.path), 'listen-secret'));
  if (path === null) throw usage('There is no home folder for the secret: give --secret-file.');
  const known = profileFile.readOther(path)?.trim();
  if (known !== undefined) {
    if (SECRET.test(known)) return { path, secret: known };
    throw usage(`${path} holds no secret: it is whsec_ and 24 to 64 bytes in base64; without the file, one is made.`);
  }
  const secret = makeSecret(randomBytes);
  saveSecret(path, `${secret}\n`);
  return { path, secret };
}

/** Sends what was received on, signed anew with that secret. What the receiver answers is what jobwatch is told. */
export function makeForward({ fetch, clock, ticker }: Context, url: string, secret: string): Forward {
  return async ({ body, headers }) => {
    const beganMs = ticker();
    const id = String(headers['webhook-id'] ?? '');
    const kept = Object.entries(headers).filter(([name, value]) => !NOT_COPIED.test(name) && value !== undefined);
    const signed = webhookHeaders({ id, timestampMs: clock(), body, secrets: [secret] });
    const request = { method: 'POST', body, redirect: 'manual' as const, signal: AbortSignal.timeout(TIMEOUT_MS) };
    try {
      const response = await fetch(url, {
        ...request,
        headers: { ...Object.fromEntries(kept.map(([name, value]) => [name, String(value)])), ...signed },
      });
      await response.body?.cancel();
      return { status: response.status, said: `${response.status} in ${Math.round(ticker() - beganMs)} ms` };
    } catch (error) {
      const failure = reasonOf(error, TIMEOUT_MS);
      if (failure === null) throw error;
      return { status: BAD_GATEWAY, said: `no answer (${failure.reason})` };
    }
  };
}
