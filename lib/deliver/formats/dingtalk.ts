import { createHmac } from 'node:crypto';
import { fitted } from './fitted.ts';
import { byErrcode, type Format, type Judgement } from './format.ts';
import type { Message } from './message.ts';
import { utf8Bytes } from './text.ts';

/** Of the whole body; JSON's own escapes and the title have their share. */
const BODY_MAX_BYTES = 19_000;
/** Who was too fast is locked out for ten minutes. */
const REST_MS = 10 * 60_000;
const CODES: Readonly<Record<string, Judgement['kind']>> = {
  '130101': 'throttled',
  '300001': 'gone',
  '300005': 'gone',
  '40035': 'final',
  '460101': 'final',
  '101002': 'final',
};

/** DingTalk's custom robot. https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages */
export const dingtalk: Format = {
  name: 'DingTalk',
  // 20 a minute.
  pace: { intervalMs: 4000, lateMs: 10_000 },
  render: (message) => {
    const text = fitted(message, (whole) => utf8Bytes(JSON.stringify(whole)) <= BODY_MAX_BYTES, markdown);
    return { msgtype: 'markdown', markdown: { title: message.title, text }, at: { isAtAll: false } };
  },
  sign: ({ url, body }, secret, nowMs) => {
    const signed = new URL(url);
    const sign = createHmac('sha256', secret).update(`${nowMs}\n${secret}`).digest('base64');
    signed.searchParams.set('timestamp', String(nowMs));
    signed.searchParams.set('sign', sign);
    return { url: signed, body };
  },
  judge: byErrcode(CODES, REST_MS),
};

function markdown({ title, lines, link }: Message): string {
  const body = lines.map(({ name, text }) => (name === '' ? `- ${text}` : `- **${name}:** ${text}`));
  return [`### ${title}`, '', ...body, ...(link === null ? [] : ['', `[${link.text}](${link.url})`])].join('\n');
}
