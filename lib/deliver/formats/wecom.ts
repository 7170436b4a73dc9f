import { fitted } from './fitted.ts';
import { byErrcode, type Format, type Judgement } from './format.ts';
import type { Message } from './message.ts';
import { utf8Bytes } from './text.ts';

const CONTENT_MAX_BYTES = 4096;
const REST_MS = 60_000;
const CODES: Readonly<Record<string, Judgement['kind']>> = { '45009': 'throttled', '40058': 'final' };
const COLORS: Readonly<Record<Message['tone'], string>> = { good: 'info', bad: 'warning', plain: 'comment' };

/** WeCom's group robot; its key is all there is. https://developer.work.weixin.qq.com/document/path/91770 */
export const wecom: Format = {
  name: 'WeCom',
  // 20 a minute.
  pace: { intervalMs: 4000, lateMs: 10_000 },
  render: (message) => {
    const content = fitted(message, (whole) => utf8Bytes(whole) <= CONTENT_MAX_BYTES, markdown);
    return { msgtype: 'markdown', markdown: { content } };
  },
  judge: byErrcode(CODES, REST_MS),
};

function markdown({ title, tone, lines, link }: Message): string {
  const body = lines.map(({ name, text }) =>
    name === '' ? `> ${text}` : `> <font color="comment">${name}:</font> ${text}`,
  );
  const heading = `**<font color="${COLORS[tone]}">${title}</font>**`;
  return [heading, ...body, ...(link === null ? [] : ['', `[${link.text}](${link.url})`])].join('\n');
}
