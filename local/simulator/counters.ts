/** What the simulator saw: for tests that hold a client to its promises. */
export interface Counters {
  /** api → action → outcome → requests. An outcome is `ok`, the vendor's error code, or `fault:<kind>`. */
  readonly requests: Record<string, Record<string, Record<string, number>>>;
  /** `<api>/<project or ->/<job id>` → answers that showed the job. */
  readonly polls: Record<string, number>;
  readonly keys: Record<string, KeyCounters>;
}

export interface KeyCounters {
  readonly requests: number;
  readonly signatureFailures: number;
  readonly consecutiveSignatureFailures: number;
  readonly maxConsecutiveSignatureFailures: number;
  /** The most failures in any five minutes. */
  readonly maxSignatureFailuresIn5Minutes: number;
  /** The most requests that were open at one time. */
  readonly maxConcurrentRequests: number;
  /** api → the most requests that arrived in any one second. */
  readonly maxRequestsPerSecond: Record<string, number>;
}

export interface CounterBook {
  /** A request has arrived; the function that is returned says that its answer is over. */
  begin(key: string, api: string, nowMs: number): () => void;
  outcome(api: string, action: string, outcome: string): void;
  signature(key: string, isGood: boolean, nowMs: number): void;
  read(polls: Record<string, number>): Counters;
  clear(): void;
}

interface KeyBook {
  counters: Writable<KeyCounters>;
  open: number;
  failuresAtMs: number[];
  arrivalsAtMs: Map<string, number[]>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const FIVE_MINUTES_MS = 300_000;

export function makeCounterBook(): CounterBook {
  let requests: Record<string, Record<string, Record<string, number>>> = {};
  const keys = new Map<string, KeyBook>();

  function bookOf(key: string): KeyBook {
    const book = keys.get(key) ?? emptyBook();
    keys.set(key, book);
    return book;
  }

  return {
    begin(key, api, nowMs) {
      const book = bookOf(key);
      arrive(book, api, nowMs);
      return onceOnly(() => {
        book.open -= 1;
      });
    },
    outcome(api, action, outcome) {
      requests[api] ??= {};
      const actions = requests[api];
      actions[action] ??= {};
      const outcomes = actions[action];
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    },
    signature(key, isGood, nowMs) {
      const book = bookOf(key);
      if (isGood) book.counters.consecutiveSignatureFailures = 0;
      else fail(book, nowMs);
    },
    read(polls) {
      const perKey = [...keys].map(([key, book]) => [key, book.counters] as const);
      return structuredClone({ requests, polls, keys: Object.fromEntries(perKey) });
    },
    clear() {
      requests = {};
      keys.clear();
    },
  };
}

function arrive(book: KeyBook, api: string, nowMs: number): void {
  const { counters } = book;
  counters.requests += 1;
  book.open += 1;
  counters.maxConcurrentRequests = Math.max(counters.maxConcurrentRequests, book.open);
  const recent = (book.arrivalsAtMs.get(api) ?? []).filter((atMs) => atMs > nowMs - 1000);
  recent.push(nowMs);
  book.arrivalsAtMs.set(api, recent);
  counters.maxRequestsPerSecond[api] = Math.max(counters.maxRequestsPerSecond[api] ?? 0, recent.length);
}

function fail(book: KeyBook, nowMs: number): void {
  const { counters } = book;
  counters.signatureFailures += 1;
  counters.consecutiveSignatureFailures += 1;
  counters.maxConsecutiveSignatureFailures = Math.max(
    counters.maxConsecutiveSignatureFailures,
    counters.consecutiveSignatureFailures,
  );
  book.failuresAtMs = [...book.failuresAtMs.filter((atMs) => atMs > nowMs - FIVE_MINUTES_MS), nowMs];
  counters.maxSignatureFailuresIn5Minutes = Math.max(counters.maxSignatureFailuresIn5Minutes, book.failuresAtMs.length);
}

function emptyBook(): KeyBook {
  return {
    counters: {
      requests: 0,
      signatureFailures: 0,
      consecutiveSignatureFailures: 0,
      maxConsecutiveSignatureFailures: 0,
      maxSignatureFailuresIn5Minutes: 0,
      maxConcurrentRequests: 0,
      maxRequestsPerSecond: {},
    },
    open: 0,
    failuresAtMs: [],
    arrivalsAtMs: new Map(),
  };
}

function onceOnly(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    action();
  };
}
