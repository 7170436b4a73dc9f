import type { ApiTable } from '../job/api-facts.ts';
import { jobIdOf } from '../job/identity.ts';
import { type CallbackKinds, type Parsed, parseWatchBody, type WatchMessage } from '../job/watch-message.ts';
import type { PendingMessage } from './ports.ts';

/** Below 1 kB each but for labels; beyond that the memory begins anew. */
const KNOWN_MAX = 12_000;

/** What a deployer's message asks for, and the id of the job that it is about. */
export interface Asked {
  readonly watch: WatchMessage;
  readonly id: string;
}

/** Reads deployers' messages. A good one comes back at each poll, always with the same body: it is checked once. */
export function makeReadMessage(apis: ApiTable, closes?: CallbackKinds): (message: PendingMessage) => Parsed<Asked> {
  const known = new Map<string, { readonly body: string; readonly good: Parsed<Asked> }>();

  return ({ messageId, body }) => {
    const before = known.get(messageId);
    if (before?.body === body) return before.good;
    const parsed = parseWatchBody(body, apis, closes);
    if (!parsed.ok) return parsed;
    const good = { ok: true, value: { watch: parsed.value, id: jobIdOf(parsed.value) } } as const;
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(messageId, { body, good });
    return good;
  };
}
