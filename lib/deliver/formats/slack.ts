import { fitted } from './fitted.ts';
import type { Format, Judgement } from './format.ts';
import type { Message } from './message.ts';
import { cut } from './text.ts';

/** Of one section. https://docs.slack.dev/reference/block-kit/blocks/section-block */
const SECTION_MAX_CHARS = 3000;
/** https://docs.slack.dev/reference/block-kit/blocks/header-block */
const HEADER_MAX_CHARS = 150;
const REST_MS = 60_000;
const WORDS: Readonly<Record<string, Judgement['kind']>> = {
  invalid_payload: 'final',
  no_text: 'final',
  no_service: 'gone',
  invalid_token: 'gone',
  channel_not_found: 'gone',
  channel_is_archived: 'gone',
};

/** Slack's incoming webhook. https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
export const slack: Format = {
  name: 'Slack',
  // About one a second.
  pace: { intervalMs: 1200, lateMs: 3000 },
  render: (message) => {
    const text = fitted(message, (whole) => whole.length <= SECTION_MAX_CHARS, mrkdwn);
    const header = { type: 'header', text: { type: 'plain_text', text: cut(message.title, HEADER_MAX_CHARS) } };
    const section = { type: 'section', text: { type: 'mrkdwn', text, verbatim: true } };
    return { text: message.title, blocks: text === '' ? [header] : [header, section] };
  },
  judge: ({ status, body }) => {
    const word = body.trim();
    if (status === 200) return { kind: word === 'ok' ? 'delivered' : 'refused', code: '200', words: word };
    // Its own Retry-After says how long.
    if (status === 429) return { kind: 'throttled', code: '429', words: word, restMs: REST_MS };
    return /^[a-z_]{2,60}$/.test(word) ? { kind: WORDS[word] ?? 'refused', code: String(status), words: word } : null;
  },
};

function mrkdwn({ lines, link }: Message): string {
  const body = lines.map(({ name, text }) => (name === '' ? text : `*${name}:* ${text}`));
  return [...body, ...(link === null ? [] : [`<${link.url}|${link.text}>`])].join('\n');
}
