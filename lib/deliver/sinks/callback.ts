import * as v from 'valibot';
import { asciiJson } from '../../base/ascii-json.ts';
import { type Clock, toIso } from '../../base/time.ts';
import type { CallbackTarget } from '../../events/callbacks.ts';
import type { CallbackApi, CallbackReply } from '../../job/callback-api.ts';
import type { Detail, OutgoingEvent, Sent, Sink } from './sink.ts';

export interface CallbackPorts {
  readonly api: Pick<CallbackApi, 'succeed' | 'fail'>;
  /** Of the hash of a callback, which is the id of the target; null: nobody keeps it any more. */
  readonly readToken: (hash: string) => Promise<string | null>;
  readonly clock: Clock;
}

const jobEnd = v.pipe(v.string(), v.parseJson(), v.object({ data: v.looseObject({ phase: v.string() }) }));

/**
 * Resumes a workflow that waits for a job: with what the event says if the job has succeeded, else with a failure. What
 * was closed before is canceled, unless an earlier attempt of ours may have closed it.
 */
export function makeCallback({ api, readToken, clock }: CallbackPorts, kind: CallbackTarget['kind']): Sink {
  return {
    check: () => [],
    send: async ({ id }, event) => {
      const token = await readToken(id);
      const beganMs = clock();
      const reply = token === null ? null : await close(api, kind, token, event);
      const detail = detailOf(reply, beganMs, clock());
      if (reply === null) return { kind: 'canceled', reason: 'its token is no longer stored', detail };
      return sentOf(reply, detail, event);
    },
  };
}

function close(api: CallbackPorts['api'], kind: CallbackTarget['kind'], token: string, { json }: OutgoingEvent) {
  const { data } = v.parse(jobEnd, json);
  const text = asciiJson(data);
  if (data.phase === 'succeeded') return api.succeed(kind, token, text);
  return api.fail(kind, token, { error: `jobwatch.${data.phase}`, cause: text });
}

function detailOf(reply: CallbackReply | null, beganMs: number, endedMs: number): Detail {
  const isDone = reply?.kind === 'done';
  const code = reply === null || isDone ? null : reply.code;
  return {
    at: toIso(beganMs),
    status: isDone ? 200 : (reply?.status ?? null),
    durationMs: Math.max(endedMs - beganMs, 0),
    error: isDone ? null : (code ?? 'no call was made'),
    answer: '',
    failure: reply?.kind === 'failed' && reply.status === null ? 'unanswered' : null,
    code,
  };
}

function sentOf(reply: CallbackReply, detail: Detail, { mayBeTaken }: OutgoingEvent): Sent {
  switch (reply.kind) {
    case 'done':
      return { kind: 'delivered', detail };
    case 'closed':
      if (mayBeTaken === true) return { kind: 'delivered', detail: { ...detail, error: null, answer: reply.code } };
      return {
        kind: 'canceled',
        reason: `the callback is completed, has timed out or never existed: ${reply.code}`,
        detail,
      };
    case 'failed':
      return {
        kind: 'failed',
        retryAfterMs: null,
        isGone: false,
        isTimeout: reply.isTimeout,
        isFinal: false,
        mayBeTaken: reply.isUnclear,
        detail,
      };
    default:
      return reply satisfies never;
  }
}
