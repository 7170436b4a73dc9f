import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HttpRequest, HttpResponse } from '../../lib/base/http.ts';

/**
 * Robots as their vendors describe them, strict, and made without a look at the sender: sizes, signatures within an
 * hour, paces, the lock of ten minutes; and what somebody in the group would have been shown.
 */
export interface FakeRobot {
  readonly answer: (request: HttpRequest, atMs: number) => HttpResponse;
  /** Messages that were shown, in full, and when. */
  readonly shown: { readonly atMs: number; readonly texts: readonly string[] }[];
  /** Everything that was refused, and why. */
  readonly refused: { readonly atMs: number; readonly why: string }[];
  readonly locks: () => number;
}

interface Rules {
  readonly perMinute: number;
  readonly lockMs?: number;
  /** null: taken. */
  readonly look: (request: HttpRequest, atMs: number) => { why: string; body: unknown; status?: number } | string[];
  readonly tooFast: unknown;
  readonly tooFastStatus?: number;
  readonly good: unknown;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const respond = (status: number, body: unknown): HttpResponse => ({
  kind: 'response',
  status,
  headers: {},
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

function aRobot({ perMinute, lockMs = 0, look, tooFast, tooFastStatus = 200, good }: Rules): FakeRobot {
  const calls: number[] = [];
  const shown: FakeRobot['shown'] = [];
  const refused: FakeRobot['refused'] = [];
  let lockedUntilMs = 0;
  let locks = 0;
  return {
    shown,
    refused,
    locks: () => locks,
    answer: (request, atMs) => {
      calls.push(atMs);
      const isTooFast = calls.filter((at) => at > atMs - MINUTE_MS).length > perMinute;
      if (isTooFast && lockMs > 0 && lockedUntilMs <= atMs) {
        lockedUntilMs = atMs + lockMs;
        locks += 1;
      }
      if (isTooFast || lockedUntilMs > atMs) {
        refused.push({ atMs, why: 'too fast' });
        return respond(tooFastStatus, tooFast);
      }
      const found = look(request, atMs);
      if (!Array.isArray(found)) {
        refused.push({ atMs, why: found.why });
        return respond(found.status ?? 200, found.body);
      }
      shown.push({ atMs, texts: found });
      return respond(200, good);
    },
  };
}

function bodyOf({ method, headers, body = '' }: HttpRequest): { bytes: number; json: unknown } | null {
  if (method !== 'POST' || !/^application\/json/.test(headers['content-type'] ?? '')) return null;
  try {
    return { bytes: Buffer.byteLength(body), json: JSON.parse(body) };
  } catch {
    return null;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a robot reads what it is sent as it comes.
type Any = any;

const isSame = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

export function fakeDingTalk({ secret, keyword }: { secret?: string; keyword?: string } = {}): FakeRobot {
  const refuse = (errcode: number, errmsg: string) => ({ why: `${errcode} ${errmsg}`, body: { errcode, errmsg } });
  return aRobot({
    perMinute: 20,
    lockMs: 10 * MINUTE_MS,
    tooFast: { errcode: 130101, errmsg: 'send too fast, exceed 20 times per minute' },
    good: { errcode: 0, errmsg: 'ok' },
    look: (request, atMs) => {
      const { searchParams } = request.url;
      if (!/^[0-9a-f]{64}$/.test(searchParams.get('access_token') ?? '')) return refuse(300001, 'token is not exist');
      if (secret !== undefined) {
        const ms = searchParams.get('timestamp') ?? '';
        if (!/^\d{13}$/.test(ms) || Math.abs(Number(ms) - atMs) > HOUR_MS) return refuse(310000, 'invalid timestamp');
        const wanted = createHmac('sha256', secret).update(`${ms}\n${secret}`).digest('base64');
        if (!isSame(searchParams.get('sign') ?? '', wanted)) return refuse(310000, 'sign not match');
      }
      const read = bodyOf(request);
      const { msgtype, markdown, at } = (read?.json ?? {}) as Any;
      if (read === null || msgtype !== 'markdown' || !markdown?.title || !markdown?.text)
        return refuse(40035, 'bad json');
      if (read.bytes > 20_000) return refuse(460101, 'message too long');
      if (at?.isAtAll !== false || at?.atMobiles?.length > 0 || at?.atUserIds?.length > 0) return ['@everyone'];
      if (keyword !== undefined && !`${markdown.title}${markdown.text}`.includes(keyword))
        return refuse(310000, 'keywords not in content');
      return [markdown.title, markdown.text];
    },
  });
}

export function fakeFeishu({ secret, keyword }: { secret?: string; keyword?: string } = {}): FakeRobot {
  const refuse = (code: number, msg: string, status = 200) => ({ why: `${code} ${msg}`, body: { code, msg }, status });
  return aRobot({
    perMinute: 100,
    tooFast: { code: 11232, msg: 'frequency limited' },
    tooFastStatus: 400,
    good: { StatusCode: 0, StatusMessage: 'success' },
    look: (request, atMs) => {
      if (!/^\/open-apis\/bot\/v2\/hook\/[0-9a-f-]{36}$/.test(request.url.pathname))
        return refuse(19001, 'no bot', 400);
      const read = bodyOf(request);
      const { timestamp, sign, msg_type, card } = (read?.json ?? {}) as Any;
      if (secret !== undefined) {
        if (typeof timestamp !== 'string' || Math.abs(Number(timestamp) * 1000 - atMs) > HOUR_MS)
          return refuse(19021, 'timestamp is not within one hour');
        const wanted = createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64');
        if (!isSame(String(sign), wanted)) return refuse(19021, 'sign match fail');
      }
      const title = card?.header?.title;
      const elements = card?.body?.elements;
      const isCard =
        msg_type === 'interactive' && card?.schema === '2.0' && title?.tag === 'plain_text' && title.content;
      if (!isCard || !['red', 'green', 'blue'].includes(card.header.template)) return refuse(9499, 'Bad Request', 400);
      if (!Array.isArray(elements) || elements.some(({ tag, content }: Any) => tag !== 'markdown' || !content))
        return refuse(9499, 'Bad Request', 400);
      if ((read?.bytes ?? 0) > 20_000) return refuse(9499, 'Bad Request: too long', 400);
      const texts = [title.content, ...elements.map(({ content }: Any) => content)];
      if (keyword !== undefined && !texts.join('').includes(keyword)) return refuse(19024, 'Key Words Not Found');
      return texts;
    },
  });
}

export function fakeWeCom(): FakeRobot {
  const refuse = (errcode: number, errmsg: string) => ({ why: `${errcode} ${errmsg}`, body: { errcode, errmsg } });
  return aRobot({
    perMinute: 20,
    tooFast: { errcode: 45009, errmsg: 'api freq out of limit' },
    good: { errcode: 0, errmsg: 'ok' },
    look: (request) => {
      if (!/^[0-9a-f-]{36}$/.test(request.url.searchParams.get('key') ?? ''))
        return refuse(93000, 'invalid webhook url');
      const { msgtype, markdown } = (bodyOf(request)?.json ?? {}) as Any;
      if (msgtype !== 'markdown' || !markdown?.content) return refuse(40008, 'invalid message type');
      const bytes = Buffer.byteLength(markdown.content);
      if (bytes > 4096) return refuse(40058, `markdown.content exceed max length 4096. invalid length ${bytes}`);
      return [markdown.content];
    },
  });
}

export function fakeSlack(): FakeRobot {
  const refuse = (status: number, word: string) => ({ why: word, body: word, status });
  return aRobot({
    perMinute: 60,
    tooFast: 'rate_limited',
    tooFastStatus: 429,
    good: 'ok',
    look: (request) => {
      if (!/^\/services\/T[A-Z0-9]+\/B[A-Z0-9]+\/[A-Za-z0-9]{24}$/.test(request.url.pathname))
        return refuse(404, 'no_service');
      const { text, blocks } = (bodyOf(request)?.json ?? {}) as Any;
      if (!text) return refuse(400, 'no_text');
      if (!Array.isArray(blocks) || blocks.length > 50) return refuse(400, 'invalid_payload');
      for (const { type, text: inner } of blocks) {
        if (type === 'header' && (inner?.type !== 'plain_text' || !inner.text || inner.text.length > 150))
          return refuse(400, 'invalid_blocks');
        if (type === 'section' && (inner?.type !== 'mrkdwn' || !inner.text || inner.text.length > 3000))
          return refuse(400, 'invalid_blocks');
      }
      return [text, ...blocks.map((block: Any) => block.text.text)];
    },
  });
}

export const ROBOT_URLS = {
  dingtalk: `https://oapi.dingtalk.com/robot/send?access_token=${'c0ffee12'.repeat(8)}`,
  feishu: 'https://open.feishu.cn/open-apis/bot/v2/hook/0f7c8a91-3b2d-4e5f-8a6b-7c9d0e1f2a3b',
  wecom: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7abc-4bc4-97a0-0ec2f1fa5aaa',
  slack: 'https://hooks.slack.com/services/T00000000/B00000000/XxXxXxXxXxXxXxXxXxXxXxXx',
} as const;

export const FAKES = { dingtalk: fakeDingTalk, feishu: fakeFeishu, wecom: fakeWeCom, slack: fakeSlack } as const;
export type Robot = keyof typeof FAKES;

/**
 * Whoever of the group such a text would call: what each client takes for a mention. `isMarkup` finds links, images,
 * emphasis, headings, HTML and code that were not written by jobwatch itself.
 */
export const MENTIONS: Readonly<Record<Robot, RegExp>> = {
  dingtalk: /@/,
  feishu: /<\s*\/?\s*at\b|@/i,
  wecom: /<\s*@|@/,
  slack: /<[!@#]|@/,
};
