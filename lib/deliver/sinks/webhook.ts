import type { Send } from '../../base/http.ts';
import { toMs } from '../../base/time.ts';
import { contextOf, labelsOf } from '../../events/context.ts';
import { ROBOTS } from '../formats/formats.ts';
import type { Secrets } from '../ports.ts';
import { detailOf, type HttpOutcome, type HttpSinkPorts, judgeStatus, notSent } from './http-outcome.ts';
import { fillLabels, labelPathProblems, withoutLabels } from './label-path.ts';
import { MASK, redact } from './redact.ts';
import { makeRobot } from './robot.ts';
import type { OutgoingEvent, PreviewingSink, Sent, Sink, Target } from './sink.ts';
import { steadyHeaders, webhookHeaders } from './webhook-signature.ts';

/** An endpoint that is called by HTTP: with the event itself, or as its `format` asks for. */
export function makeWebhook(ports: HttpSinkPorts): Sink {
  const events = makeEventWebhook(ports);
  const robots = new Map(Object.entries(ROBOTS).map(([name, format]) => [name, makeRobot(format, ports)]));
  const sinkOf = ({ format }: Target) => robots.get(format) ?? events;
  return {
    check: (target) => sinkOf(target).check(target),
    send: (target, event) => sinkOf(target).send(target, event),
    pace: (target) => sinkOf(target).pace?.(target) ?? null,
    preview: (target, event) => sinkOf(target).preview(target, event),
  };
}

/** Signs the event with the subscription's secrets and posts it. */
function makeEventWebhook({ send, secrets, clock, checkUrl }: HttpSinkPorts): PreviewingSink {
  return {
    check: ({ url }) =>
      [...checkUrl(withoutLabels(url)), ...labelPathProblems(url)].map((problem) => ({ field: 'url', problem })),
    send: async (target, event) => {
      const { id } = target;
      const filled = fillLabels(target.url, () => labelsOf(event.json));
      if (filled.kind === 'unfit') return unfit(filled.reason, clock());
      const stored = await secrets.get(id);
      const beganMs = clock();
      const signed = { secrets: signing(stored, beganMs), timestampMs: beganMs };
      const own = stored?.headers ?? {};
      const outcome = await post(send, filled.url, event, { ...signed, own });
      return judgeStatus(unsaid(outcome, Object.values(own)), { beganMs, endedMs: clock() });
    },
    preview: ({ url, headerNames = [] }, { id, json }) => {
      const filled = fillLabels(url, () => labelsOf(json));
      const own = Object.fromEntries(headerNames.map((name) => [name, MASK]));
      const headers = { ...steadyHeaders(id), ...own };
      return { url: filled.kind === 'filled' ? filled.url : url, headers, body: json };
    },
  };
}

interface Signing {
  readonly secrets: readonly string[];
  readonly timestampMs: number;
  /** Headers of the subscription's own. */
  readonly own: Readonly<Record<string, string>>;
}

/** Where the labels of this job do not lead there is nobody to be told. */
function unfit(reason: string, nowMs: number): Sent {
  const times = { beganMs: nowMs, endedMs: nowMs };
  return { kind: 'canceled', reason, detail: detailOf(notSent(reason), times, reason) };
}

/** An endpoint that repeats what it was sent would show it to whoever may read attempts. */
function unsaid(outcome: HttpOutcome, values: readonly string[]): HttpOutcome {
  if (outcome.kind === 'failure' || values.length === 0) return outcome;
  // `Bearer …`: the part that is secret may be repeated alone.
  const parts = values.flatMap((value) => [value, ...value.split(' ').filter((part) => part.length >= 8)]);
  return { ...outcome, body: redact(outcome.body, parts) };
}

async function post(
  send: Send,
  address: string,
  { id, json }: OutgoingEvent,
  { secrets, timestampMs, own }: Signing,
): Promise<HttpOutcome> {
  const url = URL.parse(address);
  if (url === null) return notSent('the subscription has no valid URL');
  if (secrets.length === 0) return notSent('the subscription has no secret to sign with');
  const signed = webhookHeaders({ id, timestampMs, body: json, secrets });
  const { traceparent } = contextOf(json);
  const headers = traceparent === null ? signed : { ...signed, traceparent };
  return await send({ method: 'POST', url, headers: { ...headers, ...own }, body: json });
}

function signing(secrets: Secrets | null, nowMs: number): readonly string[] {
  if (secrets === null || secrets.current === null) return [];
  const { current, previous, older = [] } = secrets;
  const old = previous === null ? older : [previous, ...older];
  return [current, ...old.filter(({ until }) => toMs(until) > nowMs).map(({ secret }) => secret)];
}
