import { makeDataFolder } from '../../cli/data-folder.ts';
import { runCli, type World } from '../../cli/run.ts';
import { jobView } from '../../lib/api/views.ts';
import { toIso } from '../../lib/base/time.ts';
import type { Job } from '../../lib/job/job.ts';
import type { Phase } from '../../lib/job/phase.ts';
import { fakeClock, START_MS } from '../fakes/clock.ts';
import { aJob } from '../fakes/records.ts';

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  /** The body as it stands, JSON or not. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Headers;
  /** Since the start. */
  readonly atMs: number;
}

/** null: the connection is refused. */
export type Server = (request: SentRequest, atMs: number) => Reply | null;

export interface FakeOptions {
  readonly server?: Server;
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** Permission bits of those files; else 0600. */
  readonly modes?: Readonly<Record<string, number>>;
  readonly stdin?: string;
  /** What the user types, by the question; none: there is no terminal. */
  readonly answers?: Readonly<Record<string, string>>;
  /** The user asks to stop at this time. */
  readonly interruptAfterMs?: number;
  /** Nobody reads the output any more from this time. */
  readonly unreadAfterMs?: number;
  /** By how much the machine's clock jumps while it sleeps at that time. */
  readonly clockJump?: (atMs: number) => number;
  /** By how much longer each sleep takes: real timers are late by fractions of a millisecond. Default 0. */
  readonly lateMs?: number;
  readonly hasBrowser?: boolean;
  /** What the runtime throws for a request before anything is sent. */
  readonly fault?: Error;
  /** How long an answer takes. */
  readonly answersAfterMs?: (request: SentRequest) => number;
}

const LONGEST_MS = 86_400_000;

export const URL = 'https://jobwatch.example';

/** The command line in this process: sleeping moves the clock, and the API is a function. */
export function makeWorld(options: FakeOptions = {}) {
  const clock = fakeClock();
  const stop = new AbortController();
  const unread = new AbortController();
  let ticks = 0;
  const requests: SentRequest[] = [];
  const opened: string[] = [];
  const saved = new Map<string, string>();
  let stdout = '';
  let stderr = '';
  const isTTY = options.columns !== undefined;
  const world: World = {
    env: { JOBWATCH_URL: URL, JOBWATCH_TOKEN: 'jw_good', HOME: '/home/nobody', ...options.env },
    stdout: {
      write: (text) => {
        stdout += text;
      },
      isTTY,
      columns: options.columns,
      rows: options.rows ?? 24,
    },
    stderr: {
      write: (text) => {
        stderr += text;
      },
      isTTY,
    },
    signal: stop.signal,
    signalled: () => (stop.signal.aborted ? 'SIGINT' : null),
    unread: unread.signal,
    clock,
    ticker: () => ticks,
    sleep: async (ms, signal) => {
      clock.advance(ms + (options.clockJump?.(ticks) ?? 0));
      ticks += ms + (options.lateMs ?? 0);
      // No timer runs here that could stop a command which never ends.
      if (ticks > LONGEST_MS) throw new Error('The command slept for a day.');
      if (ticks >= (options.interruptAfterMs ?? Infinity)) stop.abort();
      if (ticks >= (options.unreadAfterMs ?? Infinity)) unread.abort();
      signal.throwIfAborted();
    },
    fetch: async (input, init) => {
      const one = {
        method: init?.method ?? 'GET',
        path: String(input).slice(URL.length),
        body: typeof init?.body === 'string' ? JSON.parse(init.body) : undefined,
        headers: new Headers(init?.headers),
        atMs: ticks,
      };
      requests.push(one);
      ticks += options.answersAfterMs?.(one) ?? 0;
      init?.signal?.throwIfAborted();
      if (options.fault !== undefined) throw options.fault;
      const reply = options.server?.(one, ticks) ?? null;
      if (reply === null)
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) });
      const body = reply.body === undefined ? (reply.text ?? null) : JSON.stringify(reply.body);
      return new Response(body, { status: reply.status, headers: { ...reply.headers } });
    },
    readFile: (path) => options.files?.[path] ?? null,
    modeOf: (path) => options.modes?.[path] ?? 0o600,
    writeSecret: () => () => undefined,
    saveSecret: (path, text) => void saved.set(path, text),
    ask: async (question) => options.answers?.[question] ?? null,
    readStdin: async () => options.stdin ?? '',
    openUrl: async (url) => {
      opened.push(url);
      return options.hasBrowser !== false;
    },
    randomId: () => '00000000-0000-4000-8000-00000000000a',
    folder: makeDataFolder,
    randomBytes: (size) => new Uint8Array(size),
  };
  return {
    clock,
    requests,
    opened,
    saved,
    world,
    run: async (...args: string[]) => ({ code: await runCli(args, world), stdout, stderr, tookMs: ticks }),
  };
}

export const GOOD_HEALTH = {
  status: 'ok',
  lastTickAt: '2026-11-20T09:59:30.000Z',
  oldestDueAt: '2026-11-20T10:00:10.000Z',
  queues: {
    pending: aDepth(3),
    rejected: aDepth(0),
    deliveries: aDepth(0),
    deadDeliveries: aDepth(0),
  },
  deniedAccounts: [],
};

/** A subscription as the API sends it. */
export function aSubscription(fields: { readonly id: string; readonly url: string }) {
  return {
    types: [],
    filter: {},
    description: '',
    createdAt: '2026-11-20T09:00:00.000Z',
    state: 'active',
    disabled: null,
    openUntil: null,
    failingSince: null,
    ...fields,
  };
}

/** A queue's depth as the API sends it. */
export function aDepth(visible: number) {
  return { visible, inFlight: 0, delayed: 0 };
}

/** A job as the API answers it. */
export function shown(fields: Partial<Job>) {
  return jobView(aJob(fields));
}

/** `job_` and 26 of that letter. */
export function jobId(letter: string): string {
  return `job_${letter.repeat(26)}`;
}

/** A group as the API answers it: `shop/release 42`, with a member of each phase. */
export function aGroup(phases: readonly Phase[], outcome: string | null, size = phases.length) {
  const members = phases.map((phase, at) => ({
    id: jobId('abcdef'[at] ?? 'g'),
    api: 'alibaba.nlb',
    account: 'default',
    region: 'cn-hangzhou',
    projectId: null,
    jobId: `job-${at}`,
    phase,
    vendorStatus: 'X',
    operation: null,
    submittedAt: toIso(START_MS),
    endedAt: phase === 'running' ? null : toIso(START_MS + 9000),
    expectedEndAt: phase === 'running' ? toIso(START_MS + 90_000) : null,
    error: phase === 'failed' ? { code: '506', message: 'AllocateEipAddress Failed' } : null,
  }));
  const counts: Record<string, number> = {};
  for (const phase of phases) counts[phase] = (counts[phase] ?? 0) + 1;
  return {
    id: 'shop/release 42',
    size,
    joined: phases.length,
    createdAt: toIso(START_MS),
    outcome,
    failingAt: null,
    endedAt: outcome === null ? null : toIso(START_MS + 9000),
    deadlineAt: null,
    labels: {},
    submittedAt: toIso(START_MS),
    expectedEndAt: outcome === null ? toIso(START_MS + 90_000) : null,
    phases: counts,
    badEnds: [],
    members,
  };
}
