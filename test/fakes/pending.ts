import { LEASE_SECONDS } from '../../lib/adapters/sqs/limits.ts';
import type { JobIdentity } from '../../lib/job/identity.ts';
import type { WakeQueue } from '../../lib/job/store.ts';
import type { PendingMessage, PendingQueue } from '../../lib/watch/ports.ts';
import type { FakeClock } from './clock.ts';

interface Entry {
  readonly messageId: string;
  readonly body: string;
  readonly reattach: string | null;
  readonly attributesJson: string;
  readonly sentMs: number;
  visibleMs: number;
  receives: number;
  /** Of the latest receive. */
  handle: string | null;
}

export interface PendingOptions {
  readonly clock: FakeClock;
  readonly random?: () => number;
  /** Probability that a received message is delivered a second time at once, with another handle. */
  readonly twinRate?: number;
  /** Probability that a handle still works though its lease is over or the message was received again. */
  readonly staleRate?: number;
  readonly leaseSeconds?: number;
  /** A receive samples: it returns each visible message with this probability only, in no order. */
  readonly sampleRate?: number;
  /** An empty receive lets all else settle and moves the clock on by what it would have waited. */
  readonly movesClock?: boolean;
}

export interface FakePending extends PendingQueue, WakeQueue {
  /** A deployer's message. Answers its message id. */
  send(body: string, options?: { reattach?: string; attributesJson?: string; delayMs?: number }): string;
  purge(): void;
  size(): number;
  /** Whatever has not been removed. */
  alive(): readonly { readonly messageId: string; readonly body: string; readonly visibleMs: number }[];
  visible(): number;
}

/** Lets everything that is under way on fakes come to its end: time passes only while nobody works. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

const LEASE_MARGIN_MS = 10_000;

/**
 * The pending queue in memory, nastier than the embedded one: it may deliver twice, samples and shuffles, and refuses
 * stale handles or obeys them, as SQS says it may do either.
 */
export function fakePending(options: PendingOptions): FakePending {
  const { clock, random = () => 0.5, twinRate = 0, sampleRate = 1, staleRate = 0, movesClock = true } = options;
  const leaseMs = (options.leaseSeconds ?? LEASE_SECONDS) * 1000;
  const entries = new Map<string, Entry>();
  const byHandle = new Map<string, Entry>();
  const waiting = new Set<() => void>();
  let serial = 0;

  const visible = () => [...entries.values()].filter((entry) => entry.visibleMs <= clock());

  /** A long poll: until something is visible, or so long. What is sent or delayed meanwhile is seen. */
  async function wait(seconds: number): Promise<void> {
    const endMs = clock() + seconds * 1000;
    while (visible().length === 0 && clock() < endMs) {
      const nextMs = [...entries.values()].reduce((next, { visibleMs }) => Math.min(next, visibleMs), endMs);
      const timer = clock.timer(nextMs - clock());
      waiting.add(timer.cancel);
      await timer.done;
      waiting.delete(timer.cancel);
    }
  }

  function changed(): void {
    for (const lookAgain of waiting) lookAgain();
  }

  function take(entry: Entry): PendingMessage {
    serial += 1;
    entry.handle = `handle-${serial}`;
    byHandle.set(entry.handle, entry);
    entry.visibleMs = clock() + leaseMs;
    entry.receives += 1;
    return {
      messageId: entry.messageId,
      receiptHandle: entry.handle,
      body: entry.body,
      reattach: entry.reattach,
      attributesJson: entry.attributesJson,
      sentMs: entry.sentMs,
      receivedMs: clock(),
      receives: entry.receives,
      leaseEndsMono: clock() + leaseMs - LEASE_MARGIN_MS,
    };
  }

  function held(handle: string): Entry | undefined {
    const entry = byHandle.get(handle);
    if (entry === undefined || !entries.has(entry.messageId)) return undefined;
    const isFresh = entry.handle === handle && entry.visibleMs > clock();
    return isFresh || (staleRate > 0 && random() < staleRate) ? entry : undefined;
  }

  function send(body: string, extra: { reattach?: string; attributesJson?: string; delayMs?: number } = {}): string {
    serial += 1;
    const messageId = `message-${serial}`;
    const { reattach = null, attributesJson = '{}', delayMs = 0 } = extra;
    entries.set(messageId, {
      messageId,
      body,
      reattach,
      attributesJson,
      sentMs: clock(),
      visibleMs: clock() + delayMs,
      receives: 0,
      handle: null,
    });
    changed();
    return messageId;
  }

  return {
    send,
    async receive(max, waitSeconds) {
      if (movesClock) await settled();
      if (movesClock && visible().length === 0) await wait(waitSeconds);
      const shuffled = visible()
        .filter(() => random() < sampleRate)
        .sort(() => random() - 0.5)
        .slice(0, max);
      const messages = shuffled.map(take);
      const twins = shuffled.filter(() => random() < twinRate).slice(0, max - messages.length);
      return [...messages, ...twins.map(take)];
    },
    async delay(message, seconds) {
      const entry = held(message.receiptHandle);
      if (entry === undefined) return 'gone';
      entry.visibleMs = clock() + seconds * 1000;
      changed();
      return 'done';
    },
    async remove(message) {
      const entry = held(message.receiptHandle);
      if (entry === undefined) return 'gone';
      entries.delete(entry.messageId);
      return 'done';
    },
    isEmpty: async () => entries.size === 0,
    async wake(id: string, identity: JobIdentity) {
      send(JSON.stringify(identity), { reattach: id });
    },
    purge: () => entries.clear(),
    size: () => entries.size,
    alive: () => [...entries.values()],
    visible: () => visible().length,
  };
}
