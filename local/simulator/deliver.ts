import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { DamagingFault } from './fault-schema.ts';
import type { Reply } from './reply.ts';

/** Sends an answer, whole or as a fault has it. Resolves when there is nothing left to send. */
export async function deliver(response: ServerResponse, reply: Reply, damage: DamagingFault | null): Promise<void> {
  switch (damage?.kind) {
    case undefined:
      return sendWhole(response, reply);
    case 'wrongTypes':
      return sendWhole(response, { ...reply, body: withWrongTypes(reply.body, damage.what) });
    case 'huge':
      return sendWhole(response, { ...reply, body: withPadding(reply.body, damage.bytes) });
    case 'hang':
      return;
    case 'reset':
      if (damage.when === 'before') resetConnection(response);
      else sendHalf(response, reply, () => resetConnection(response));
      return;
    case 'cut':
      if (damage.framing === 'kept') sendWhole(response, { ...reply, body: firstHalf(reply.body) });
      else sendHalf(response, reply, () => response.socket?.end());
      return;
    case 'slow':
      return drip(response, reply, damage.delayMs, damage.bytesPerSecond);
    default:
      damage satisfies never;
  }
}

function sendWhole(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, headersOf(reply));
  response.end(reply.body);
}

/** The head promises the whole body; half of it follows, and then `after`. */
function sendHalf(response: ServerResponse, reply: Reply, after: () => void): void {
  response.writeHead(reply.status, headersOf(reply));
  response.write(firstHalf(reply.body), after);
}

function resetConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

const DRIP_INTERVAL_MS = 50;

async function drip(
  response: ServerResponse,
  reply: Reply,
  delayMs: number,
  bytesPerSecond: number | undefined,
): Promise<void> {
  await wait(delayMs);
  if (bytesPerSecond === undefined) return sendWhole(response, reply);
  const bytes = Buffer.from(reply.body);
  const intervalMs = Math.max(DRIP_INTERVAL_MS, 1000 / bytesPerSecond);
  const chunkBytes = Math.max(1, Math.floor((bytesPerSecond * intervalMs) / 1000));
  response.writeHead(reply.status, headersOf(reply));
  for (let sent = 0; sent < bytes.length && !response.destroyed; sent += chunkBytes) {
    response.write(bytes.subarray(sent, sent + chunkBytes));
    await wait(intervalMs);
  }
  response.end();
}

/** A client that has gone keeps nobody waiting: the timer does not hold the process. */
async function wait(ms: number): Promise<void> {
  if (ms > 0) await pause(ms, undefined, { ref: false });
}

function headersOf(reply: Reply): Record<string, string | number> {
  return { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) };
}

function firstHalf(body: string): string {
  return body.slice(0, Math.floor(body.length / 2));
}

const WRONG: Readonly<Record<'status' | 'list' | 'id', { names: RegExp; make: (value: unknown) => unknown }>> = {
  status: { names: /^status$/i, make: () => 42 },
  list: { names: /^jobs?$/i, make: (value) => ({ item: value }) },
  id: { names: /^(id|job_id)$/i, make: () => 7 },
};

function withWrongTypes(body: string, what: 'status' | 'list' | 'id'): string {
  const { names, make } = WRONG[what];
  return editJson(body, (value) =>
    JSON.parse(JSON.stringify(value), (name: string, inner: unknown) => (names.test(name) ? make(inner) : inner)),
  );
}

function withPadding(body: string, bytes: number): string {
  return editJson(body, (value) =>
    typeof value === 'object' && value !== null ? { ...value, padding: 'x'.repeat(bytes) } : value,
  );
}

/** An answer that is no JSON is left as it is. */
function editJson(body: string, edit: (value: unknown) => unknown): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body;
  }
  return JSON.stringify(edit(value));
}
