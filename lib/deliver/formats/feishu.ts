import { createHmac } from 'node:crypto';
import { fitted } from './fitted.ts';
import { byCode, type Format, type Judgement, jsonOf } from './format.ts';
import type { Message } from './message.ts';
import { utf8Bytes } from './text.ts';

/** Of 20 kB; the rest is the card around it. */
const TEXT_MAX_BYTES = 18_000;
const REST_MS = 60_000;
const CODES: Readonly<Record<string, Judgement['kind']>> = { '11232': 'throttled', '9499': 'final' };
const TEMPLATES: Readonly<Record<Message['tone'], string>> = { good: 'green', bad: 'red', plain: 'blue' };

/** Feishu's and Lark's custom bot. https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot */
export const feishu: Format = {
  name: 'Feishu',
  // 100 a minute, 5 a second.
  pace: { intervalMs: 1000, lateMs: 3000 },
  render: (message) => {
    const content = fitted(message, (whole) => utf8Bytes(JSON.stringify(whole)) <= TEXT_MAX_BYTES, markdown);
    const header = { title: { tag: 'plain_text', content: message.title }, template: TEMPLATES[message.tone] };
    const card = { schema: '2.0', header, body: { elements: [{ tag: 'markdown', content }] } };
    return { msg_type: 'interactive', card };
  },
  // Not as DingTalk's: time and secret are the key, and nothing is signed with it.
  sign: ({ url, body }, secret, nowMs) => {
    const timestamp = String(Math.floor(nowMs / 1000));
    const sign = createHmac('sha256', `${timestamp}\n${secret}`).digest('base64');
    return { url, body: { timestamp, sign, ...body } };
  },
  judge: (answer) => {
    const { code, StatusCode, msg, StatusMessage } = jsonOf(answer) ?? {};
    const judgement = byCode(code ?? StatusCode, msg ?? StatusMessage, CODES, REST_MS);
    // One code for a bad request and for too many.
    const isTooFast = judgement?.code === '9499' && /too many|frequency/i.test(judgement.words);
    return judgement !== null && isTooFast ? { ...judgement, kind: 'throttled' } : judgement;
  },
};

function markdown({ lines, link }: Message): string {
  const body = lines.map(({ name, text }) => (name === '' ? text : `**${name}:** ${text}`));
  const whole = [...body, ...(link === null ? [] : [`[${link.text}](${link.url})`])].join('\n');
  // A card without any text is refused.
  return whole === '' ? '–' : whole;
}
