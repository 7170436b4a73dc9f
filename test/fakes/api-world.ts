import { makeApi } from '../../lib/api/http/app.ts';
import { makeAuthenticate } from '../../lib/api/http/auth.ts';
import { makeRandomId } from '../../lib/api/http/ids.ts';
import type { ApiResponse } from '../../lib/api/http/types.ts';
import type { ApiPorts, HealthFacts } from '../../lib/api/ports.ts';
import type { Send } from '../../lib/base/http.ts';
import type { Log } from '../../lib/base/log.ts';
import { toIso } from '../../lib/base/time.ts';
import { makeCloseCallbacks } from '../../lib/deliver/callbacks.ts';
import type { DeliveryMessage } from '../../lib/deliver/delivery.ts';
import { makePublish } from '../../lib/deliver/outbox.ts';
import type { Sink, Target } from '../../lib/deliver/sinks/sink.ts';
import { makeWebhook } from '../../lib/deliver/sinks/webhook.ts';
import type { Event } from '../../lib/events/event.ts';
import type { ApiFacts } from '../../lib/job/api-facts.ts';
import { CALLBACK_KINDS } from '../../lib/job/callbacks.ts';
import { memoryCallbackTokens } from './callback-tokens.ts';
import { fakeClock, seededRandom } from './clock.ts';
import { memoryDeliveries } from './deliveries.ts';
import { fakeGroups } from './groups.ts';
import { memoryIdempotency } from './idempotency.ts';
import { fakeJobs } from './jobs.ts';
import { fakeRejected } from './rejected.ts';
import { memorySecrets } from './secrets.ts';
import { memorySlots } from './slots.ts';
import { memorySubscriptions } from './subscriptions.ts';
import { fakeTokens, TOKENS } from './tokens.ts';
import type { LogLine } from './world.ts';

export const APIS: ReadonlyMap<string, ApiFacts> = new Map<string, ApiFacts>([
  ['alibaba.nlb', { api: 'alibaba.nlb', cloud: 'alibaba', needsProject: false }],
  ['huawei.elb.v3', { api: 'huawei.elb.v3', cloud: 'huawei', needsProject: true }],
]);

export interface RequestOptions {
  readonly query?: string;
  readonly body?: unknown;
  /** The body as it stands, JSON or not. */
  readonly rawBody?: string;
  /** null: without a token. */
  readonly token?: string | null;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Responded {
  readonly status: number;
  readonly headers: ApiResponse['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field.
  readonly body: any;
  readonly text: string;
}

/** The API on fakes. `overrides` may break a port. */
export function makeApiWorld(overrides: (ports: ApiPorts) => Partial<ApiPorts> = () => ({})) {
  const clock = fakeClock();
  const random = seededRandom(7);
  const randomBytes = (size: number) => Uint8Array.from({ length: size }, () => Math.floor(random() * 256));
  const lines: LogLine[] = [];
  const log: Log = {
    info: (message, fields = {}) => void lines.push({ level: 'info', message, fields }),
    warn: (message, fields = {}) => void lines.push({ level: 'warn', message, fields }),
    error: (message, fields = {}) => void lines.push({ level: 'error', message, fields }),
  };
  const tokens = fakeTokens();
  const callbackTokens = memoryCallbackTokens(clock);
  const jobs = fakeJobs(clock);
  const groups = fakeGroups(clock);
  const subscriptions = memorySubscriptions();
  const secrets = memorySecrets();
  const deliveries = memoryDeliveries(clock);
  const idempotency = memoryIdempotency();
  const rejected = fakeRejected();
  const effects: string[] = [];
  const watchBodies: string[] = [];
  const woken: string[] = [];
  const sentDeliveries: DeliveryMessage[] = [];
  const tried: { subscription: Target; event: Event }[] = [];
  const sendDeliveries = async (messages: readonly DeliveryMessage[]) => {
    sentDeliveries.push(...messages);
    return messages.map(() => true);
  };
  let serial = 0;
  let emptyDays: readonly string[] = [];
  const health: HealthFacts = {
    lastTickAt: async () => toIso(clock() - 30_000),
    oldestDueAt: async () => toIso(clock() - 1000),
    queues: async () => ({ pending: { visible: 1, inFlight: 2, delayed: 0 } }),
    deniedAccounts: async () => [{ account: 'default', since: toIso(clock() - 60_000), denials: [] }],
    unreadableItems: async () => 0,
  };
  const send: Send = async () => ({ kind: 'failure', error: 'connect', code: null, reason: 'nobody is there' });
  const real = makeWebhook({ send, secrets, clock, checkUrl: () => [], consoleUrl: 'https://jobwatch.example' });
  const webhook: Sink = {
    ...real,
    check: ({ url }) => (url.startsWith('https://') ? [] : [{ field: 'url', problem: 'the scheme has to be https' }]),
    send: async (subscription, { json }) => {
      tried.push({ subscription, event: JSON.parse(json) });
      const at = toIso(clock());
      const error = 'the endpoint answered 418';
      const detail = { at, status: 418, durationMs: 12, error, answer: 'short and stout', failure: null, code: null };
      return { kind: 'failed', retryAfterMs: null, isGone: false, isTimeout: false, isFinal: false, detail };
    },
  };
  const whole: ApiPorts = {
    stage: 'test',
    apis: APIS,
    jobs: {
      ...jobs,
      create: async (job) => {
        effects.push(`record ${job.jobId}`);
        return jobs.create(job);
      },
    },
    groups: {
      ...groups,
      join: async (group, member, now) => {
        effects.push(`join ${member.jobId}`);
        return groups.join(group, member, now);
      },
    },
    emptyDays: {
      load: async () => emptyDays,
      save: async (days) => {
        emptyDays = days;
      },
    },
    pending: {
      submit: async (body) => {
        effects.push(`send ${String(JSON.parse(body).jobId)}`);
        watchBodies.push(body);
      },
      wake: async (id) => {
        effects.push('wake');
        woken.push(id);
      },
    },
    rejected,
    subscriptions,
    secrets,
    deliveries,
    idempotency,
    sendDeliveries,
    publish: makePublish({ subscriptions, deliveries, send: sendDeliveries, clock }),
    callbacks: {
      kinds: new Set(CALLBACK_KINDS),
      keep: callbackTokens.keep,
      close: makeCloseCallbacks({ deliveries, send: sendDeliveries, clock }),
    },
    sinks: new Map([['webhook', webhook]]),
    slots: memorySlots(),
    durations: async () => [],
    health,
    authenticate: makeAuthenticate({ readTokens: tokens.read, clock, log }),
    makeSecret: () => {
      serial += 1;
      return `whsec_${serial}`;
    },
    randomId: makeRandomId(randomBytes),
    clock,
    log,
  };
  const api = makeApi({ ...whole, ...overrides(whole) });

  async function request(
    method: string,
    path: string,
    { query = '', body, rawBody, token = TOKENS.all, headers = {} }: RequestOptions = {},
  ): Promise<Responded> {
    const response = await api({
      id: 'request-1',
      method,
      path,
      query: new URLSearchParams(query),
      headers: token === null ? headers : { ...headers, authorization: `Bearer ${token}` },
      body: rawBody ?? (body === undefined ? null : JSON.stringify(body)),
    });
    const parsed: unknown = response.body === '' ? null : JSON.parse(response.body);
    return { status: response.status, headers: response.headers, body: parsed, text: response.body };
  }

  return {
    request,
    clock,
    random,
    lines,
    tokens,
    jobs,
    groups,
    subscriptions,
    secrets,
    callbackTokens,
    deliveries,
    idempotency,
    effects,
    watchBodies,
    woken,
    rejected,
    sentDeliveries,
    tried,
    log,
  };
}

export const MESSAGE = { api: 'alibaba.nlb', region: 'eu-central-1', jobId: 'j-1' };
