import type { HttpResponse } from '../../base/http.ts';
import { retryAfterMs } from '../../base/http-headers.ts';
import { VERSION } from '../../base/version.ts';
import type { Format, Judgement, RobotRequest } from '../formats/format.ts';
import { messageOf } from '../formats/message.ts';
import { type CallTimes, detailOf, failed, type HttpSinkPorts, judgeStatus, notSent } from './http-outcome.ts';
import { redact } from './redact.ts';
import { secretsOfUrl } from './secret-url.ts';
import type { Detail, PreviewingSink, Sent, Target } from './sink.ts';

const REST_MS = 60_000;
const TOO_FAST: Judgement = { kind: 'throttled', code: '429', words: '' };
/** `Retry-After: 0` for ever would be an attempt a second for days. */
const REST_MIN_MS = 10_000;
const REST_MAX_MS = 24 * 3_600_000;
const HEADERS = { 'content-type': 'application/json; charset=utf-8', 'user-agent': `jobwatch/${VERSION}` };

/** Tells the robot of a group in words. It refuses with 200 and a code of its own: that decides, not the status. */
export function makeRobot(format: Format, ports: HttpSinkPorts): PreviewingSink {
  const render = ({ language }: Target, json: string) =>
    format.render(messageOf(json, { language: language ?? 'en', consoleUrl: ports.consoleUrl }));
  return {
    check: ({ url }) => ports.checkUrl(url).map((problem) => ({ field: 'url', problem })),
    pace: ({ robot }) => (robot === undefined ? null : { ...format.pace, key: `robot#${robot}` }),
    preview: (target, { json }) => ({ url: target.url, headers: HEADERS, body: JSON.stringify(render(target, json)) }),
    send: async (target, { json }) => {
      const stored = await ports.secrets.get(target.id);
      const beganMs = ports.clock();
      const times = (): CallTimes => ({ beganMs, endedMs: ports.clock() });
      const url = URL.parse(stored?.url ?? '');
      if (url === null) return judgeStatus(notSent('the URL of the robot is not there'), times());
      const secret = stored?.robotSecret ?? null;
      const unsigned: RobotRequest = { url, body: render(target, json) };
      const signed = secret === null ? unsigned : (format.sign?.(unsigned, secret, beganMs) ?? unsigned);
      const body = JSON.stringify(signed.body);
      const outcome = await ports.send({ method: 'POST', url: signed.url, headers: HEADERS, body });
      const hidden = [...secretsOfUrl(signed.url), ...secretsOfUrl(url), ...(secret === null ? [] : [secret])];
      const sent =
        outcome.kind === 'failure'
          ? judgeStatus(outcome, times())
          : judged(format, { ...outcome, body: redact(outcome.body, hidden) }, times());
      return { ...sent, detail: clean(sent.detail, hidden) };
    },
  };
}

/** A code that was escaped in the answer is plain in the words that were read from it. */
function clean(detail: Detail, hidden: readonly string[]): Detail {
  return { ...detail, error: detail.error === null ? null : redact(detail.error, hidden) };
}

function judged(format: Format, answer: HttpResponse, times: CallTimes): Sent {
  // A gateway before the robot says with the status alone that it is too fast.
  const judgement = format.judge(answer) ?? (answer.status === 429 ? TOO_FAST : null);
  if (judgement === null) {
    const error = `the endpoint answered ${answer.status}, but the answer is not from ${format.name}`;
    return failed(answer, times, error);
  }
  const { kind, code, words, restMs = REST_MS } = judgement;
  if (kind === 'delivered') return { kind, detail: detailOf(answer, times, null) };
  const error = `${format.name} answered ${code}${words === '' ? '' : `: ${words.slice(0, 200)}`}`;
  const failure = { ...failed(answer, times, error), isGone: kind === 'gone', isFinal: kind === 'final' };
  if (kind !== 'throttled') return failure;
  const askedMs = retryAfterMs(answer, times.endedMs, REST_MAX_MS);
  return { kind, retryAfterMs: Math.max(askedMs ?? restMs, REST_MIN_MS), detail: failure.detail };
}
