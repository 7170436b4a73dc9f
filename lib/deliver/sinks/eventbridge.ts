import * as v from 'valibot';
import type { HttpFailure } from '../../base/http.ts';
import { type Clock, parseTime, toIso } from '../../base/time.ts';
import type { Detail, OutgoingEvent, Sent, Sink } from './sink.ts';

/** One event on a bus, and what the bus made of it: `code` is null if it was taken. Never rejects. */
export type PutEvent = (entry: {
  readonly source: string;
  readonly type: string;
  readonly timeMs: number;
  /** JSON, below 256 kB. */
  readonly detail: string;
}) => Promise<{
  readonly status: number | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly failure: HttpFailure['error'] | null;
}>;

const SOURCE = 'jobwatch';
/** What no later attempt can mend: the event is the same then. */
const FINAL: ReadonlySet<string> = new Set(['MalformedDetail', 'InvalidArgument', 'InvalidJson']);
const told = v.pipe(v.string(), v.parseJson(), v.object({ type: v.string(), time: v.string() }));

/** The bus of the stack, for rules of people's own. `putEvent` is null where the stack has none. */
export function makeEventBridge({ putEvent, clock }: { putEvent: PutEvent | null; clock: Clock }): Sink {
  return {
    check: () =>
      putEvent === null
        ? [{ field: 'kind', problem: 'not taken: this stack is deployed without the parameter eventBusArn' }]
        : [],
    preview: (_target, { json }) => ({ url: 'eventbridge:PutEvents', headers: {}, body: json }),
    send: async (_target, event) => {
      const beganMs = clock();
      const put = putEvent === null ? NO_BUS : await putEvent(entryOf(event));
      const detail: Detail = {
        at: toIso(beganMs),
        status: put.status,
        durationMs: Math.max(clock() - beganMs, 0),
        error: put.code === null ? null : `EventBridge refused it: ${put.code}`,
        answer: put.message === null ? '' : put.message.slice(0, 1024),
        failure: put.failure,
        code: put.code,
      };
      return sentOf(put, detail);
    },
  };
}

const NO_BUS = { status: null, code: 'the stack has no event bus', message: null, failure: 'blocked' } as const;

function entryOf({ json }: OutgoingEvent) {
  const { type, time } = v.parse(told, json);
  return { source: SOURCE, type, timeMs: parseTime(time) ?? 0, detail: json };
}

function sentOf({ code, failure }: Awaited<ReturnType<PutEvent>>, detail: Detail): Sent {
  if (code === null) return { kind: 'delivered', detail };
  return {
    kind: 'failed',
    retryAfterMs: null,
    isGone: false,
    isTimeout: failure === 'timeout',
    isFinal: FINAL.has(code),
    detail,
  };
}
